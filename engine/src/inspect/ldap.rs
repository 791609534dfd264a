//! LDAP: a directory of people and machines is asked (RFC 4511), over TCP, and over UDP to find Active Directory's servers.
//!
//! Recognised by a message whose number, operation and lengths agree. Where both ends agree on StartTLS, TLS is read on.

use super::ber::{self, OCTETS, SEQUENCE};
use super::framed::{Framed, Step};
use super::single::{Heard, Single};
use super::tls::Tls;
use super::{Category, First, Layer, Next, Parser, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
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

    fn follow() -> Option<Box<dyn Parser>> {
        Some(Box::<Session>::default())
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

/// Messages after which nobody turns to TLS any more: it comes before the log-on.
const MOST_MESSAGES: u8 = 8;
/// The first byte of TLS, which no message has.
const HANDSHAKE: u8 = 0x16;

/// Passes over messages until TLS begins between two of them (RFC 4511 §4.14).
#[derive(Default)]
struct Session {
    sides: [Framed; 2],
    messages: u8,
}

impl Parser for Session {
    fn feed(&mut self, payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        let Some(side) = self.sides.get_mut(payload.side.index()).filter(|_| payload.transport == Transport::Tcp)
        else {
            return Next::Done;
        };
        let mut reader = Reader::new(payload.bytes);
        loop {
            if side.is_between() && reader.peek_u8() == Some(HANDSHAKE) {
                return Next::Becomes(&Tls, reader.position());
            }
            match side.next(&mut reader, |head| ber::head(&mut Reader::new(head)).map(|(_, length)| length)) {
                None => return Next::More,
                Some(Step::Body(_)) => {}
                Some(Step::Head) if side.head().first() == Some(&SEQUENCE) && self.messages < MOST_MESSAGES => {
                    self.messages += 1;
                }
                Some(Step::Head | Step::Broken) => return Next::Done,
            }
        }
    }

    fn turned(&mut self) {
        self.sides.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::inspect::tls::samples::{client_hello, record};
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

    #[test]
    fn tls_begins_where_both_agreed_on_it_wherever_the_hello_is_split() {
        let words = b"1.3.6.1.4.1.1466.20037";
        let asked = [&[0x30, 29, 2, 1, 1, 0x77, 24, 0x80, 22][..], words].concat();
        let agreed = [0x30, 12, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0];
        let hello = record(22, &client_hello("directory.example.com"));
        let talk = [(Side::Client, &asked[..]), (Side::Server, &agreed), (Side::Client, &hello[..1])];
        let told = tell(&Ldap, Transport::Tcp, &talk);
        assert!(matches!(told.last, Next::Becomes(next, 0) if next.profile().name == "tls"));
        let together = [&asked[..], &hello].concat();
        let told = tell(&Ldap, Transport::Tcp, &[(Side::Client, &together)]);
        assert!(matches!(told.last, Next::Becomes(_, 31)));
    }
}
