//! AMQP: programs leave each other messages in queues (AMQP 0-9-1, and ISO/IEC 19464 for 1.0).
//!
//! Recognised by the header that a client begins with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The AMQP protocol.
pub struct Amqp;

static VERSION: Field = Field::text("amqp.version", "0-9-1 and the like, or 1.0");

// Eight bytes, nearly all fixed.
static HEADER: Sign = Sign::new("a client greets a queue server (AMQP)", 150);

static PROFILE: Profile = Profile {
    name: "amqp",
    title: "AMQP",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5672, 5671],
    first: First::Of(b"A"),
    fields: &[&VERSION],
    signs: &[&HEADER],
};

impl Single for Amqp {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let version: &[u8] = match opening.bytes.get(..Self::LEAST)?.strip_prefix(b"AMQP")? {
            [0, 0, 9, 1] => b"0-9-1",
            [1, 1, 0, 8..=10] | [1, 1, 8, 0] => b"0-9 or older",
            // Plain, in TLS, with a log-on first.
            [0 | 2 | 3, 1, 0, 0] => b"1.0",
            _ => return None,
        };
        Some(Heard::by(&HEADER).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_header_tells_its_version() {
        let told = tell(&Amqp, Transport::Tcp, &[(Side::Client, b"AMQ"), (Side::Client, b"P\0\0\x09\x01")]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("0-9-1"));
        assert!(tell(&Amqp, Transport::Tcp, &[(Side::Client, b"AMQP and others")]).matched.is_none());
    }
}
