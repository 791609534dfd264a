//! SCCP ("Skinny"): Cisco's telephones and their call manager, over TCP.
//!
//! Recognised on its port by messages whose lengths follow each other, with known versions and kinds; on any port by a
//! telephone's registration. (Documented by Wireshark's and Asterisk's readers; Cisco publishes no format.)

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The SCCP protocol.
pub struct Sccp;

const PORTS: [u16; 2] = [2000, 2443];
/// The kind of message by which a telephone logs on.
const REGISTRATION: u32 = 1;
/// Where the telephone's name is in it, behind length, version and kind.
const NAME_BEGINS: usize = 12;
const NAME_ENDS: usize = 28;

static DEVICE: Field = Field::text("sccp.device", "the telephone's name: SEP and its hardware address");

// Twelve nearly fixed bytes and "SEP".
static REGISTER: Sign = Sign::new("a Cisco telephone's registration", 96);
// Nine of twelve bytes small or empty, which is common, and the port.
static MESSAGE: Sign = Sign::new("an SCCP message of known kind on its port", 38);

static PROFILE: Profile = Profile {
    name: "sccp",
    title: "SCCP",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &PORTS,
    first: First::Shapes(&[
        Shape::stream().on(&PORTS),
        Shape::stream().at(2, Bytes::Of(&[0])).at(3, Bytes::Of(&[0])).at(5, Bytes::Of(&[0])).at(6, Bytes::Of(&[0])),
    ]),
    fields: &[&DEVICE],
    signs: &[&REGISTER, &MESSAGE],
};

impl Protocol for Sccp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match message(opening.bytes) {
            Some(REGISTRATION) if opening.bytes.len() < NAME_ENDS => Match::Unsure,
            Some(kind) if kind == REGISTRATION && device(opening.bytes).is_some() => Match::Yes(&REGISTER),
            Some(_) if opening.on_port(&PORTS) => Match::Yes(&MESSAGE),
            None if opening.bytes.len() < 12 && opening.on_port(&PORTS) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Sccp)
    }
}

impl Parser for Sccp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if message(payload.bytes) == Some(REGISTRATION) {
            if let Some(device) = device(payload.bytes) {
                facts.text(&DEVICE, device);
                facts.client_is(payload.side);
            }
        }
        Next::Done
    }
}

/// Length of what follows the version, version, kind: each four bytes, least significant first.
fn message(bytes: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(bytes);
    let (length, version, kind) = (reader.le32()?, reader.le32()?, reader.le32()?);
    let known = matches!(version, 0 | 0x11..=0x16) && matches!(kind, 0..=0x50 | 0x81..=0x160);
    ((4..=2048).contains(&length) && known).then_some(kind)
}

fn device(bytes: &[u8]) -> Option<&[u8]> {
    let name = bytes.get(NAME_BEGINS..NAME_ENDS)?;
    let end = name.iter().position(|byte| *byte == 0)?;
    name.get(..end).filter(|name| name.starts_with(b"SEP") && name.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_registration_is_told_on_any_port_with_the_telephone() {
        let bytes = [&[0x2c, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0][..], b"SEP001122334455\0", &[0; 20]].concat();
        let told = tell(&Sccp, Transport::Tcp, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&DEVICE).as_deref(), Some("SEP001122334455"));
        let other = [0x10, 0, 0, 0, 0x14, 0, 0, 0, 0x26, 0, 0, 0];
        assert!(tell(&Sccp, Transport::Tcp, &[(Side::Client, &other)]).matched.is_none());
    }
}
