//! Zabbix: machines tell a server how they are (Zabbix protocol, its header).
//!
//! Recognised by the mark and the flags before every message.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Zabbix protocol.
pub struct Zabbix;

// Mark (96 dB), flags (18 dB), and the high bytes of the length.
static HEADER: Sign = Sign::new("a machine tells Zabbix how it is", 110);

static PROFILE: Profile = Profile {
    name: "zabbix",
    title: "Zabbix",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[10050, 10051],
    first: First::Of(b"Z"),
    fields: &[],
    signs: &[&HEADER],
};

impl Single for Zabbix {
    const LEAST: usize = 5;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Plain, compressed, large.
        matches!(opening.bytes, [b'Z', b'B', b'X', b'D', 1..=7, ..]).then(|| Heard::by(&HEADER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_header_is_told() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, b"ZB"), (Side::Client, b"XD\x01\x0a\0\0\0\0\0\0\0agent.ping")];
        assert!(tell(&Zabbix, Transport::Tcp, &talk).saw(&HEADER));
        assert!(tell(&Zabbix, Transport::Tcp, &[(Side::Client, b"ZBXDX")]).matched.is_none());
    }
}
