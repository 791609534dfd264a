//! FastCGI: a web server asks the programs that make its pages (FastCGI 1.0).
//!
//! Recognised by the record that begins a request.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The FastCGI protocol.
pub struct FastCgi;

// Twelve of sixteen bytes are fixed, most of them empty.
static BEGIN: Sign = Sign::new("a web server asks a program for a page (FastCGI)", 95);

static PROFILE: Profile = Profile {
    name: "fastcgi",
    title: "FastCGI",
    category: Category::Web,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[9000],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[1]))
        .at(1, Bytes::Of(&[1]))
        .at(4, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[8]))]),
    fields: &[],
    signs: &[&BEGIN],
};

impl Single for FastCgi {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Version, kind, number, length 8, no padding, role of three, whether to stay.
        let begins = matches!(opening.bytes, [1, 1, _, _, 0, 8, 0, _, 0, 1..=3, 0 | 1, 0, 0, 0, 0, 0, ..]);
        begins.then(|| Heard::by(&BEGIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_beginning_of_a_request_is_told() {
        let begin = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        assert!(tell(&FastCgi, Transport::Tcp, &[(Side::Client, &begin[..3]), (Side::Client, &begin[3..])]).saw(&BEGIN));
        assert!(tell(&FastCgi, Transport::Tcp, &[(Side::Client, &[1; 16])]).matched.is_none());
    }
}
