//! LDAP: a directory of people and machines is asked (RFC 4511), over TCP, and over UDP to find Active Directory's servers.
//!
//! Recognised by a message whose number, operation and lengths agree.

use super::ber::{self, OCTETS, SEQUENCE};
use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The LDAP protocol.
pub struct Ldap;

/// Asks to log on.
const BIND: u8 = 0x60;
/// Longest name that is waited for.
const LONGEST_NAME: usize = 255;

static NAME: Field = Field::text("ldap.name", "who logs on, as the directory names them; empty for anybody");

// Three fixed bytes (72 dB), an operation of twenty (11 dB), and three lengths one inside the other.
static MESSAGE: Sign = Sign::new("a message to or from a directory (LDAP)", 90);

static PROFILE: Profile = Profile {
    name: "ldap",
    title: "LDAP",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[389, 636, 3268],
    first: First::Of(&[SEQUENCE]),
    fields: &[&NAME],
    signs: &[&MESSAGE],
};

impl Single for Ldap {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let whole = ber::enter(&mut reader, SEQUENCE)?;
        let start = reader.position();
        ber::number(&mut reader)?;
        let (operation, length) = ber::head(&mut reader)?;
        // Controls may follow the operation.
        let fits = reader.position() - start + length <= whole && whole < 1 << 24;
        let known = matches!(operation, 0x42 | 0x4a | 0x60 | 0x61 | 0x63..=0x69 | 0x6b..=0x6f | 0x73 | 0x77..=0x79);
        let exact = opening.transport == Transport::Tcp || opening.wire_len as usize == start + whole;
        if !(fits && known && exact) {
            return None;
        }
        if operation != BIND {
            // An operation that is a list begins with an element; deleting and giving up on one have bare contents.
            let begins = matches!(reader.peek_u8(), None | Some(0x02 | 0x04 | 0x0a | 0x80..=0xa9));
            return (begins || operation < BIND).then(|| Heard::by(&MESSAGE));
        }
        let version = ber::number(&mut reader)?;
        let name = ber::enter(&mut reader, OCTETS)?;
        let told = (2..=3).contains(&version) && name <= LONGEST_NAME;
        told.then(|| reader.take(name).map_or(Heard::Part, |name| Heard::by(&MESSAGE).text(&NAME, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_log_on_is_told_wherever_it_is_split() {
        let bind = [&[0x30, 22, 2, 1, 1, 0x60, 17, 2, 1, 3, 4, 8][..], b"cn=admin", &[0x80, 2, b'p', b'w']].concat();
        for split in 1..bind.len() {
            let (one, two) = bind.split_at(split);
            let told = tell(&Ldap, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&NAME).as_deref(), Some("cn=admin"), "{split}");
        }
    }

    #[test]
    fn other_elements_are_not_messages() {
        // A certificate: a list that begins with a list. SNMP: a number, then words.
        for other in
            [&[0x30, 0x82, 4, 0, 0x30, 0x82, 3, 0, 2, 1, 0, 0, 0, 0, 0, 0][..], &[0x30, 20, 2, 1, 1, 4, 6, 1, 1, 1]]
        {
            assert!(tell(&Ldap, Transport::Tcp, &[(Side::Client, &[other, &[0; 16]].concat())]).matched.is_none());
        }
    }
}
