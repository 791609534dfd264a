//! NoMachine: the screen of another computer (NX).
//!
//! Recognised by the line that either side begins with. NoMachine publishes no format; seen in captures.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The NX protocol.
pub struct NoMachine;

// Four letters and more, and a digit.
static HELLO: Sign = Sign::new("the line that NoMachine begins with", 110);

static PROFILE: Profile = Profile {
    name: "nomachine",
    title: "NoMachine",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4000],
    first: First::Of(b"N"),
    fields: &[],
    signs: &[&HELLO],
};

impl Single for NoMachine {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let rest = [&b"NXSH-"[..], b"NXD-"].iter().find_map(|mark| opening.bytes.strip_prefix(*mark))?;
        rest.first().is_none_or(u8::is_ascii_digit).then(|| Heard::by(&HELLO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_lines_are_told() {
        for line in [&b"NXSH-8.10.1\n"[..], b"NXD-8.10.1\n"] {
            assert!(tell(&NoMachine, Transport::Tcp, &[(Side::Client, line)]).saw(&HELLO));
        }
    }
}
