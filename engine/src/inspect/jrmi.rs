//! Java RMI: programs in Java call each other (Java Remote Method Invocation, wire protocol).
//!
//! Recognised by the header that a client begins with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Java RMI protocol.
pub struct Jrmi;

// Mark (96 dB), version and way (60 dB).
static HEADER: Sign = Sign::new("a program in Java calls another (RMI)", 110);

static PROFILE: Profile = Profile {
    name: "jrmi",
    title: "Java RMI",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1099],
    first: First::Of(b"J"),
    fields: &[],
    signs: &[&HEADER],
};

impl Single for Jrmi {
    const LEAST: usize = 7;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Version 1 or 2; a stream, one call, or many in one.
        matches!(opening.bytes, [b'J', b'R', b'M', b'I', 0, 1 | 2, 0x4b..=0x4d, ..]).then(|| Heard::by(&HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_header_is_told() {
        assert!(tell(&Jrmi, Transport::Tcp, &[(Side::Client, b"JRMI\0"), (Side::Client, b"\x02K")]).saw(&HEADER));
        assert!(tell(&Jrmi, Transport::Tcp, &[(Side::Client, b"JRMI\0\x09K")]).matched.is_none());
    }
}
