//! Syncthing: folders kept the same on many machines.
//!
//! Recognised by its announcements to the local network (Local Discovery Protocol v4: a fixed number, then the device's
//! identifier) and by its talk with relays (Relay Protocol v1: another fixed number before every message). What devices
//! say to each other is inside TLS, which names it in its ALPN.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Syncthing protocols.
pub struct Syncthing;

static DEVICE: Field = Field::bytes("syncthing.device", "identifier of the device that announces itself");
static ADDRESS: Field = Field::text("syncthing.address", "the first address where it can be reached");

// Four fixed bytes, 96; three more of the fields behind.
static ANNOUNCEMENT: Sign = Sign::new("Syncthing's announcement of a device", 95);
// Four fixed bytes, and a kind below eight in four more.
static RELAY: Sign = Sign::new("a message to a relay of Syncthing", 95);

static PROFILE: Profile = Profile {
    name: "syncthing",
    title: "Syncthing",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[21027, 22067, 22000],
    first: First::Of(&[0x2e, 0x9d, 0x9e]),
    fields: &[&DEVICE, &ADDRESS],
    signs: &[&ANNOUNCEMENT, &RELAY],
};

const ANNOUNCEMENT_MAGIC: u32 = 0x2ea7_d90b;
/// Before 2016 (Local Discovery Protocol v2 and v3).
const OLD_ANNOUNCEMENT_MAGIC: u32 = 0x9d79_bc39;
const RELAY_MAGIC: u32 = 0x9e79_bc40;
const RELAY_HEADER: usize = 12;
const LAST_RELAY_KIND: u32 = 7;
/// Tag and length of the fields, as protocol buffers write them: the identifier first, then addresses.
const IDENTIFIER: [u8; 2] = [0x0a, 32];
const ADDRESS_TAG: u8 = 0x12;

impl Protocol for Syncthing {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let mut reader = Reader::new(opening.bytes);
        match (opening.transport, reader.be32()) {
            (Transport::Udp, Some(ANNOUNCEMENT_MAGIC)) if reader.rest().starts_with(&IDENTIFIER) => {
                Match::Yes(&ANNOUNCEMENT)
            }
            // Then the length of an identifier of 32 bytes, as XDR writes it.
            (Transport::Udp, Some(OLD_ANNOUNCEMENT_MAGIC)) if reader.be32() == Some(32) => Match::Yes(&ANNOUNCEMENT),
            (Transport::Tcp, Some(RELAY_MAGIC)) => match reader.be32() {
                Some(0..=LAST_RELAY_KIND) => Match::Yes(&RELAY),
                Some(_) => Match::No,
                None => Match::Unsure,
            },
            (Transport::Tcp, None) if opening.bytes.len() < RELAY_HEADER => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Syncthing)
    }
}

impl Parser for Syncthing {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Udp {
            announcement(payload.bytes, facts);
        }
        Next::Done
    }
}

fn announcement(bytes: &[u8], facts: &mut Facts<'_>) -> Option<()> {
    let mut reader = Reader::new(bytes);
    if reader.be32()? == OLD_ANNOUNCEMENT_MAGIC {
        reader.skip(4)?;
        facts.bytes(&DEVICE, reader.take(IDENTIFIER[1].into())?);
        return Some(());
    }
    reader.skip(IDENTIFIER.len())?;
    facts.bytes(&DEVICE, reader.take(IDENTIFIER[1].into())?);
    if reader.u8()? == ADDRESS_TAG {
        let length = reader.u8()?;
        facts.text(&ADDRESS, reader.take(length.into())?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn an_announcement_tells_device_and_address() {
        let bytes =
            [&[0x2e, 0xa7, 0xd9, 0x0b, 0x0a, 32][..], &[5; 32], &[0x12, 19], b"tcp://192.0.2.1:2200", &[0x18, 1]]
                .concat();
        let told = tell(&Syncthing, Transport::Udp, &[(Side::Client, &bytes)]);
        assert!(told.saw(&ANNOUNCEMENT) && told.has(&DEVICE));
        assert_eq!(told.text(&ADDRESS).unwrap(), "tcp://192.0.2.1:220");
        let old = [&[0x9d, 0x79, 0xbc, 0x39, 0, 0, 0, 32][..], &[5; 32], &[0; 4]].concat();
        let told = tell(&Syncthing, Transport::Udp, &[(Side::Client, &old)]);
        assert!(told.saw(&ANNOUNCEMENT) && told.has(&DEVICE));
    }

    #[test]
    fn a_relay_is_told_by_its_number_and_a_known_kind() {
        let message = |kind: u8| [0x9e, 0x79, 0xbc, 0x40, 0, 0, 0, kind, 0, 0, 0, 0];
        assert!(tell(&Syncthing, Transport::Tcp, &[(Side::Client, &message(2))]).saw(&RELAY));
        assert!(tell(&Syncthing, Transport::Tcp, &[(Side::Client, &message(9))]).matched.is_none());
    }
}
