//! MPEG transport stream: television in packets of 188 bytes, some of them in one datagram (ISO/IEC 13818-1).
//!
//! Recognised by the mark at the start of every packet in a datagram of at least two.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::byte;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The MPEG-TS protocol.
pub struct MpegTs;

/// Bytes of a packet, and its first.
const PACKET: usize = 188;
const MARK: u8 = 0x47;

// The mark of each packet (24 dB) and a size that is a multiple (23 dB); seven is usual, two the least.
static PACKETS: Sign = Sign::new("packets of an MPEG transport stream", 70);

static PROFILE: Profile = Profile {
    name: "mpegts",
    title: "MPEG-TS",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[0x47]),
    fields: &[],
    signs: &[&PACKETS],
};

impl Protocol for MpegTs {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let packet = |start: usize| byte(opening.bytes, start).is_none_or(|first| first == MARK);
        let count = opening.wire_len as usize / PACKET;
        let whole = opening.wire_len as usize == count * PACKET && opening.bytes.len() > PACKET;
        if whole && (2..=64).contains(&count) && (0..count).all(|nth| packet(nth * PACKET)) {
            Match::Yes(&PACKETS)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(MpegTs)
    }
}

impl Parser for MpegTs {
    fn feed(&mut self, _payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn every_packet_must_have_its_mark() {
        let mut bytes = vec![0xff; 7 * PACKET];
        for start in (0..bytes.len()).step_by(PACKET) {
            bytes[start] = MARK;
        }
        assert!(tell(&MpegTs, Transport::Udp, &[(Side::Client, &bytes)]).saw(&PACKETS));
        bytes[3 * PACKET] = 0;
        assert!(tell(&MpegTs, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
