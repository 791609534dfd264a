//! MPEG transport stream: television in packets of 188 bytes, some of them in one datagram (ISO/IEC 13818-1), alone or
//! behind a header of RTP (RFC 2250 §2).
//!
//! Recognised by the mark at the start of every packet in a datagram of at least two. Behind RTP's header it is no call.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::byte;
use crate::facts::{Announcement, Facts, Sign};
use crate::packet::{Endpoint, Transport};

/// The MPEG-TS protocol.
pub struct MpegTs;

/// Bytes of a packet, and its first.
const PACKET: usize = 188;
const MARK: u8 = 0x47;
/// Bytes of RTP's header, and its number for transport streams (33: RFC 3551 §6), without the marker and with it.
const RTP_HEADER: usize = 12;
const RTP_TYPES: [u8; 2] = [0x21, 0xa1];

// The mark of each packet (24 dB) and a size that is a multiple (23 dB); seven is usual, two the least.
static PACKETS: Sign = Sign::new("packets of an MPEG transport stream", 70);

static PROFILE: Profile = Profile {
    name: "mpegts",
    title: "MPEG-TS",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[MARK, 0x80]),
    fields: &[],
    signs: &[&PACKETS],
};

impl Protocol for MpegTs {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let head = header(opening.bytes);
        let packet = |start: usize| byte(opening.bytes, head + start).is_none_or(|first| first == MARK);
        let length = (opening.wire_len as usize).saturating_sub(head);
        let count = length / PACKET;
        let whole = length == count * PACKET && opening.bytes.len() > head + PACKET;
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

/// Bytes before the first packet: a header of RTP, or none.
fn header(bytes: &[u8]) -> usize {
    let rtp = byte(bytes, 0) == Some(0x80) && byte(bytes, 1).is_some_and(|kind| RTP_TYPES.contains(&kind));
    if rtp {
        RTP_HEADER
    } else {
        0
    }
}

impl Parser for MpegTs {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Endpoint { addr, port } = payload.destination();
        // Reports of who receives it go to the next port (RFC 3550 §11).
        if let Some(port) = port.checked_add(1).filter(|_| header(payload.bytes) > 0) {
            let endpoint = Endpoint { addr, port };
            facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol: "mpegts" });
        }
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
        let header = [0x80, 33, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9];
        let in_rtp = [&header[..], &bytes].concat();
        assert!(tell(&MpegTs, Transport::Udp, &[(Side::Client, &in_rtp)]).saw(&PACKETS));
        bytes[3 * PACKET] = 0;
        assert!(tell(&MpegTs, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
