//! NATS: programs leave each other messages, in lines (NATS client protocol).
//!
//! Recognised by the server's first line.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The NATS protocol.
pub struct Nats;

/// Where the first of its names stands.
const NEAR: usize = 64;

// Six letters (144 dB), and a name that a server always tells.
static GREETING: Sign = Sign::new("the greeting of a NATS server", 110);

static PROFILE: Profile = Profile {
    name: "nats",
    title: "NATS",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4222],
    first: First::Of(b"I"),
    fields: &[],
    signs: &[&GREETING],
};

impl Single for Nats {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let object = opening.bytes.strip_prefix(b"INFO {")?;
        let near = object.get(..object.len().min(NEAR))?;
        if memmem::find(near, b"\"server_id\"").is_some() {
            return Some(Heard::by(&GREETING));
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
    fn the_greeting_is_told() {
        let greeting = b"INFO {\"server_id\":\"NAB\",\"version\":\"2.10\"}\r\n";
        assert!(tell(&Nats, Transport::Tcp, &[(Side::Server, &greeting[..9]), (Side::Server, &greeting[9..])])
            .saw(&GREETING));
        assert!(tell(&Nats, Transport::Tcp, &[(Side::Server, b"INFO {\"a\":1}")]).matched.is_none());
    }
}
