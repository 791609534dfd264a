//! T.38: faxes over UDP in the framing of UDPTL (ITU-T T.38 §9.1).
//!
//! Recognised where numbers count up and each datagram's parts, the new one and repeats of older ones, end exactly where
//! it does. Mostly a call's description announced it before.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::{Side, Transport};

/// The T.38 protocol.
pub struct T38;

/// Datagrams that must count up.
const STEPS: u8 = 5;
/// Datagrams of others before the suspicion is dropped.
const MOST_STRAY: u8 = 4;

// The empty mark of repeats (24 dB) and an exact chain (16 dB), less what zeros are worth.
static DATAGRAM: Sign = Sign::new("what could be a fax over UDP", 15);
// Five steps of 48 dB, each with an exact chain.
static RUN: Sign = Sign::new("a run of fax datagrams counted in order", 40);

static PROFILE: Profile = Profile {
    name: "t38",
    title: "T.38",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Shapes(&[Shape::datagram().at(2, Bytes::Range(1, 127))]),
    fields: &[],
    signs: &[&DATAGRAM, &RUN],
};

impl Protocol for T38 {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if number(opening.bytes).is_some() && opening.is_whole() {
            Match::Yes(&DATAGRAM)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Fax>::default()
    }
}

/// One flow.
#[derive(Default)]
struct Fax {
    last: [Option<u16>; 2],
    steps: u8,
    stray: u8,
}

impl Parser for Fax {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let [client, server] = &mut self.last;
        let last = if payload.side == Side::Client { client } else { server };
        let Some(number) = number(payload.bytes) else {
            self.stray += 1;
            return if self.stray > MOST_STRAY { Next::Done } else { Next::NotMine };
        };
        if last.replace(number).is_some_and(|before| before.wrapping_add(1) == number) {
            self.steps += 1;
        }
        if self.steps >= STEPS {
            facts.sign(&RUN);
            return Next::Done;
        }
        Next::More
    }
}

/// Number, the new part, and the older parts that it repeats against loss: their mark is 0, then their count.
fn number(bytes: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(bytes);
    let number = reader.be16()?;
    let length = reader.u8().filter(|length| (1..128).contains(length))?;
    reader.skip(length.into())?;
    if reader.u8()? != 0 {
        return None;
    }
    for _ in 0..reader.u8().filter(|count| *count <= 8)? {
        let length = reader.u8().filter(|length| *length < 128)?;
        reader.skip(length.into())?;
    }
    reader.is_empty().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn a_run_with_repeats_is_told() {
        let packets: Vec<Vec<u8>> = (0..8u8).map(|n| vec![0, n, 1, 6, 0, 1, 1, 0]).collect();
        let talk: Vec<_> = packets.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect();
        assert!(tell(&T38, Transport::Udp, &talk).saw(&RUN));
        let still: Vec<_> = (0..8).map(|_| (Side::Client, packets[0].as_slice())).collect();
        assert!(!tell(&T38, Transport::Udp, &still).saw(&RUN));
    }
}
