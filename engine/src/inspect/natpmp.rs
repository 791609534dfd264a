//! NAT-PMP and PCP: a program asks the router for an open port (RFC 6886, RFC 6887).
//!
//! Recognised on its port by messages of exact sizes. Peer-to-peer programs ask so, and consoles and tunnels; what was
//! asked for is told.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::{be16, byte};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The NAT-PMP protocol.
pub struct NatPmp;

const PORT: u16 = 5351;
/// Ends of messages by PCP are words; it has no longer ones.
const LONGEST: u32 = 1100;
/// Before an address of IPv4 in the place of one of IPv6 (RFC 4291 §2.5.5.2).
const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

static MAPS: Field = Field::number("nat_pmp.port", "the port of its own that the program wants opened");

// Version and operation (40 dB), exact size (20 dB), empty fields, the port (6 dB); zeros are common.
static MESSAGE: Sign = Sign::new("a program wants the router to open a port, or hears of it (NAT-PMP)", 45);
// Two empty bytes (48 dB, common), that there are no more, the port (6 dB).
static QUESTION: Sign = Sign::new("a program asks the router for its address (NAT-PMP)", 28);

static PROFILE: Profile = Profile {
    name: "nat-pmp",
    title: "NAT-PMP (PCP)",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT, 5350],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[0, 2])).on(&[PORT, 5350])]),
    fields: &[&MAPS],
    signs: &[&MESSAGE, &QUESTION],
};

impl Single for NatPmp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let (bytes, length) = (opening.bytes, opening.wire_len);
        let (sign, maps) = match (byte(bytes, 0)?, byte(bytes, 1)?, length) {
            // Which address.
            (0, 0, 2) => (&QUESTION, None),
            // Its answer, refusals and answers to a wish: a result of six. A wish has nothing there.
            (0, 128, 12) | (0, 129 | 130, 16) | (0, 128..=130, 8) if be16(bytes, 2)? <= 5 => (&MESSAGE, None),
            (0, 1 | 2, 12) if be16(bytes, 2)? == 0 => (&MESSAGE, be16(bytes, 4)),
            // Of the newer one a wish, with the address of who wishes, in the form that holds both kinds.
            (2, operation @ 0..=2, 24..=LONGEST) if length % 4 == 0 && be16(bytes, 2)? == 0 => {
                let mapped = bytes.get(8..20)? == MAPPED;
                let own = matches!(byte(bytes, 8)?, 0x20..=0x3f | 0xfc..=0xfe);
                let fits = length >= [24, 60, 80].get(usize::from(operation)).copied()?;
                ((mapped || own) && fits).then_some(())?;
                // The port stands behind header, number and protocol.
                (&MESSAGE, be16(bytes, 40).filter(|_| operation == 1))
            }
            _ => return None,
        };
        let heard = Heard::by(sign);
        let heard = if let Some(port) = maps { heard.number(&MAPS, port) } else { heard };
        opening.on_port(PROFILE.ports).then_some(heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_wish_for_a_port_is_told_with_the_port() {
        let router = Endpoint { port: PORT, ..SERVER };
        let wish: [(Side, &[u8]); 1] = [(Side::Client, &[0, 1, 0, 0, 0x1a, 0xe1, 0x1a, 0xe1, 0, 0, 14, 16])];
        assert_eq!(tell_between(&NatPmp, Transport::Udp, CLIENT, router, &wish).number(&MAPS), Some(6881));
        assert!(tell(&NatPmp, Transport::Udp, &wish).matched.is_none());
        let mut newer = [&[2, 1, 0, 0, 0, 0, 0, 60][..], &MAPPED].concat();
        newer.resize(40, 0);
        newer.extend([0x1a, 0xe1]);
        newer.resize(60, 0);
        assert_eq!(
            tell_between(&NatPmp, Transport::Udp, CLIENT, router, &[(Side::Client, &newer)]).number(&MAPS),
            Some(6881)
        );
    }
}
