//! TDS: Microsoft SQL Server is asked (MS-TDS).
//!
//! Recognised by the packet that opens a session; one that was opened before the capture by the headers that every request
//! repeats. The handshake of TLS travels inside packets (MS-TDS §2.2.6.5) and is read there.

use super::framed::{Framed, Step};
use super::single::{Heard, Single};
use super::tls::Tls;
use super::{Bytes, Category, First, Layer, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::{be16, Reader};
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The TDS protocol.
pub struct Tds;

/// Kinds of packet that clients send.
const BATCH: u8 = 1;
const CALL: u8 = 3;
const LOG_ON: u8 = 16;
const OPENING: u8 = 18;
/// Length of the headers that tell of a transaction, all of them and the one (MS-TDS §2.2.5.3).
const HEADERS: [u8; 10] = [0x16, 0, 0, 0, 0x12, 0, 0, 0, 2, 0];

static KIND: Field = Field::number("tds.kind", "the first packet: 1 question, 3 call, 16 log-on, 18 opening");

// Kind, empty fields (72 dB), length, and the table of contents or the version behind (40 dB and more).
static PACKET: Sign = Sign::new("a packet to a Microsoft SQL Server", 95);

static PROFILE: Profile = Profile {
    name: "tds",
    title: "TDS (Microsoft SQL Server)",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1433],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[BATCH, CALL, LOG_ON, OPENING]))
        .at(1, Bytes::Of(&[0, 1]))
        .at(4, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[0]))]),
    fields: &[&KIND],
    signs: &[&PACKET],
};

impl Single for Tds {
    const LEAST: usize = 18;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn follow() -> Option<Box<dyn Parser>> {
        Some(Box::new(Session { sides: Default::default(), tls: Tls.parser(), agrees: true }))
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (kind, status, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let (process, _number, window) = (reader.be16()?, reader.u8()?, reader.u8()?);
        let start: [u8; 10] = reader.array()?;
        let fits = match kind {
            // The first option is the version: behind the table, six bytes (MS-TDS §2.2.6.5).
            OPENING => matches!(start, [0, 0, _, 0, 6, ..]),
            // Its own length again, then the version, 7.x.
            LOG_ON => matches!(start, [_, _, 0, 0, _, _, _, 0x70..=0x74, ..]),
            // Before version 7.2 a question had no headers: its words follow, two bytes a letter.
            BATCH if start != HEADERS => {
                start.chunks(2).all(|letter| matches!(letter, [b'\t' | b'\n' | b'\r' | 0x20..=0x7e, 0]))
            }
            _ => start == HEADERS,
        };
        // Last of its message, and whether the session is as new (MS-TDS §2.2.3.1.2).
        let plain = status & !0x19 == 0 && process == 0 && window == 0 && usize::from(length) >= Self::LEAST;
        (plain && fits).then(|| Heard::by(&PACKET).number(&KIND, kind))
    }
}

/// Bytes of a packet's head, with its own length in the middle.
const HEAD: usize = 8;
/// The first byte of TLS; what else is in such packets begins with the kind of an option, or with its end.
const HANDSHAKE: u8 = 0x16;
/// What a server answers in.
const ANSWER: u8 = 4;

/// Takes the handshake of TLS out of the packets around it.
struct Session {
    sides: [Framed; 2],
    tls: Box<dyn Parser>,
    /// Options are still agreed on: TLS has not begun.
    agrees: bool,
}

impl Parser for Session {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Self { sides, tls, agrees } = self;
        let Some(side) = sides.get_mut(payload.side.index()) else { return Next::Done };
        let mut reader = Reader::new(payload.bytes);
        let length =
            |head: &[u8]| (head.len() == HEAD).then(|| usize::from(be16(head, 2).unwrap_or(0)).saturating_sub(HEAD));
        while let Some(step) = side.next(&mut reader, length) {
            match step {
                Step::Head if matches!(side.head(), [OPENING | ANSWER, ..]) => {}
                // Asked in the clear, or encrypted without packets around.
                Step::Head | Step::Broken => return Next::Done,
                Step::Body(part) => {
                    *agrees &= part.first() != Some(&HANDSHAKE);
                    let inside = Payload { bytes: part, wire_len: payload.wire_len, ..*payload };
                    if !*agrees && !matches!(tls.feed(&inside, facts), Next::More) {
                        return Next::Done;
                    }
                }
            }
        }
        Next::More
    }

    fn turned(&mut self) {
        self.sides.reverse();
        self.tls.turned();
    }

    fn kept(&self) -> usize {
        self.tls.kept()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::inspect::tls::samples::{client_hello, record};
    use crate::packet::Side;

    #[test]
    fn what_opens_a_session_and_what_goes_on_with_one_are_told() {
        let opening = [18, 1, 0, 47, 0, 0, 1, 0, 0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0];
        let call = [&[CALL, 1, 0, 60, 0, 0, 1, 0][..], &HEADERS, &[0; 30]].concat();
        for (kind, bytes) in [(OPENING, &opening[..]), (CALL, &call)] {
            let told = tell(&Tds, Transport::Tcp, &[(Side::Client, &bytes[..5]), (Side::Client, &bytes[5..])]);
            assert_eq!(told.number(&KIND), Some(kind.into()));
        }
        assert!(tell(
            &Tds,
            Transport::Tcp,
            &[(Side::Client, &[18, 1, 0, 47, 0, 0, 1, 0, 9, 0, 26, 0, 6, 1, 0, 0, 0, 0])]
        )
        .matched
        .is_none());
    }

    #[test]
    fn the_hello_inside_packets_tells_the_server_s_name_wherever_it_is_split() {
        let opening = [18, 1, 0, 20, 0, 0, 1, 0, 0, 0, 6, 0, 6, 0xff, 16, 0, 0, 0, 0, 0];
        let answer = [4, 1, 0, 20, 0, 0, 1, 0, 0, 0, 6, 0, 6, 0xff, 16, 0, 0, 0, 0, 0];
        let hello = record(22, &client_hello("books.example.com"));
        let length = u16::try_from(hello.len() + HEAD).unwrap().to_be_bytes();
        let packed = [&[18, 1][..], &length, &[0, 0, 2, 0], &hello].concat();
        for split in 1..packed.len() {
            let (one, two) = packed.split_at(split);
            let talk =
                [(Side::Client, &opening[..]), (Side::Server, &answer), (Side::Client, one), (Side::Client, two)];
            let told = tell(&Tds, Transport::Tcp, &talk);
            assert_eq!(told.number(&KIND), Some(OPENING.into()));
            assert!(told.has(&crate::inspect::tls::SERVER_NAME), "{split}");
        }
    }
}
