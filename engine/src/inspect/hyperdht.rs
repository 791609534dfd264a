//! `HyperDHT`: the distributed table by which the programs of Holepunch (Keet, Pear) find each other, and the streams between
//! them (dht-rpc, `lib/io.js`; libudx, `udx.h`).
//!
//! Recognised by a question or an answer that names the address and port that it is sent to; and by the head of a stream's
//! packet, whose counters still are small.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::{Addr, Endpoint, Transport};

/// The `HyperDHT` protocol.
pub struct HyperDht;

// Kind and flags (33 dB), an address and a port that are those of the receiver (144 dB).
static LOOKUP: Sign =
    Sign::new("a message of the table by which Keet's and Pear's peers meet, with its receiver's address", 120);
// Two fixed bytes (48 dB), a kind (9 dB), two counters whose upper halves are empty (96 dB, but small numbers are common).
static STREAM: Sign = Sign::new("a packet of the streams between Keet's and Pear's peers (UDX)", 70);

static PROFILE: Profile = Profile {
    name: "hyperdht",
    title: "HyperDHT",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[49_737],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[QUESTION, ANSWER])).at(1, Bytes::Range(0, MOST_FLAGS)),
        Shape::datagram().at(0, Bytes::Of(&[0xff])).at(1, Bytes::Of(&[1])).at(2, Bytes::Range(0, MOST_FLAGS)),
    ]),
    fields: &[],
    signs: &[&LOOKUP, &STREAM],
};

/// Version 3 in the lower four bits.
const QUESTION: u8 = 0x03;
const ANSWER: u8 = 0x13;
/// Five flags: which of the fields are there; of a stream's packet, what it holds.
const MOST_FLAGS: u8 = 0x1f;
/// Receiver's windows are powers of two, or all that there is.
const LEAST_WINDOW: u32 = 1 << 12;
/// Counters of packets begin at 0.
const EARLY: u32 = 1 << 16;

impl Single for HyperDht {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (first, flags) = (reader.u8()?, reader.u8()?);
        if first == 0xff {
            let (_kind, _offset, _stream, window) = (reader.u8()?, reader.u8()?, reader.le32()?, reader.le32()?);
            let early = reader.le32()? < EARLY && reader.le32()? < EARLY;
            let sound = window >= LEAST_WINDOW && (window.is_power_of_two() || window == u32::MAX);
            return (flags == 1 && early && sound).then(|| Heard::by(&STREAM));
        }
        reader.skip(2)?;
        let addr = Addr::v4(reader.take(4)?.try_into().ok()?);
        let to = Endpoint { addr, port: reader.le16()? };
        // A question also says what is asked; an answer may be bare.
        (to == opening.destination()).then(|| Heard::by(&LOOKUP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_question_counts_if_it_names_its_receiver() {
        let question =
            |last: u8| [&[QUESTION, 8, 0x8d, 0x10, 198, 51, 100, last, 0xbb, 0x01, 2][..], &[7; 32]].concat();
        assert!(tell(&HyperDht, Transport::Udp, &[(Side::Client, &question(1))]).saw(&LOOKUP));
        assert!(tell(&HyperDht, Transport::Udp, &[(Side::Client, &question(2))]).matched.is_none());
    }

    #[test]
    fn a_stream_is_known_by_its_first_packets() {
        let packet =
            |ack: u8| [&[0xff, 1, 1, 0][..], &[9; 4], &[0, 0, 0x40, 0], &[0; 4], &[1, 0, 0, ack], &[7; 40]].concat();
        assert!(tell(&HyperDht, Transport::Udp, &[(Side::Client, &packet(0))]).saw(&STREAM));
        assert!(tell(&HyperDht, Transport::Udp, &[(Side::Client, &packet(1))]).matched.is_none());
    }
}
