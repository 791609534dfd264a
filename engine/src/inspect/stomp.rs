//! STOMP: messages to and from a queue server, in lines (STOMP 1.2).
//!
//! Recognised by the frame that connects, with a header that only it has.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The STOMP protocol.
pub struct Stomp;

/// The frame's first line and headers.
const NEAR: usize = 128;

// The command and its line's end (190 dB at best), and a header's name.
static CONNECT: Sign = Sign::new("a client connects to a queue server (STOMP)", 95);

static PROFILE: Profile = Profile {
    name: "stomp",
    title: "STOMP",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[61613],
    first: First::Of(b"CS"),
    fields: &[],
    signs: &[&CONNECT],
};

impl Single for Stomp {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let headers =
            [&b"CONNECT\n"[..], b"STOMP\n"].iter().find_map(|command| opening.bytes.strip_prefix(*command))?;
        let near = headers.get(..headers.len().min(NEAR))?;
        let known =
            [&b"accept-version:"[..], b"login:", b"host:"].iter().any(|name| memmem::find(near, name).is_some());
        if known {
            return Some(Heard::by(&CONNECT));
        }
        (near.len() < NEAR).then_some(Heard::Part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_frame_that_connects_is_told() {
        let talk: [(Side, &[u8]); 2] =
            [(Side::Client, b"CONNECT\naccept-ver"), (Side::Client, b"sion:1.2\nhost:q\n\n\0")];
        assert!(tell(&Stomp, Transport::Tcp, &talk).saw(&CONNECT));
        assert!(tell(&Stomp, Transport::Tcp, &[(Side::Client, b"CONNECT a:443 HTTP/1.1\r\n")]).matched.is_none());
    }
}
