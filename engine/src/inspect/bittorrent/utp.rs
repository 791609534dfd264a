//! µTP (BEP 29): BitTorrent's own transport over UDP, which gives way to everything else.

use super::{peer, EXCHANGE};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::inspect::{Next, Payload};
use crate::packet::{Side, Time};

// 5 of 256 first bytes, few of 256 second ones; headers of others begin with small numbers too.
pub(super) static HEADER: Sign = Sign::new("a datagram shaped like a µTP packet", 18);
// Two bytes, and six that are zero in a first packet only.
pub(super) static SYN: Sign = Sign::new("a datagram shaped like µTP's first packet", 30);
// Two bytes of identifier and two of sequence number, 96, less for what echoes everything.
pub(super) static SYN_ANSWER: Sign =
    Sign::new("µTP's answer to a first packet: its identifier, and its number acknowledged", 70);
// A clock of 32 bits that agrees within a quarter of a second at most, tried on thirty packets: 1 in 10,000.
pub(super) static CLOCK: Sign = Sign::new("µTP's clock in microseconds, which agrees with when the packets passed", 40);
// Two bytes that differ by one, in the right direction.
pub(super) static IDENTIFIERS: Sign = Sign::new("the two connection identifiers of µTP, which differ by one", 40);

const SYN_KIND: u8 = 4;
const STATE_KIND: u8 = 2;
const LAST_KIND: u8 = 4;
const VERSION: u8 = 1;
/// Extensions in use: selective acknowledgement, options, close reason.
const LAST_EXTENSION: u8 = 3;
/// Packets closer together than this say nothing about a clock; farther apart, the path changes too much.
const CLOCK_BASE: u64 = 10 * Time::MILLI;
const CLOCK_LIMIT: u64 = 60 * Time::SECOND;
/// How far the two clocks may go apart, of the time passed and at most: queues and a jittery path.
const CLOCK_SHARE: u32 = 4;
const CLOCK_TOLERANCE_US: u32 = 250_000;
const PATIENCE: u8 = 30;
const DNS: [u16; 2] = [53, 5353];

#[derive(Clone, Copy)]
struct Packet<'a> {
    kind: u8,
    connection: u16,
    clock: u32,
    delay: u32,
    sequence: u16,
    acknowledged: u16,
    payload: &'a [u8],
}

impl<'a> Packet<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let first = reader.u8()?;
        let mut extension = reader.u8()?;
        let (kind, version) = (first >> 4, first & 0xf);
        if kind > LAST_KIND || version != VERSION {
            return None;
        }
        let connection = reader.be16()?;
        let clock = reader.be32()?;
        let delay = reader.be32()?;
        reader.skip(4)?;
        let (sequence, acknowledged) = (reader.be16()?, reader.be16()?);
        while extension != 0 {
            if extension > LAST_EXTENSION {
                return None;
            }
            extension = reader.u8()?;
            let length = reader.u8()?;
            reader.skip(length.into())?;
        }
        Some(Self { kind, connection, clock, delay, sequence, acknowledged, payload: reader.rest() })
    }

    /// Nothing was received yet, so there is nothing to acknowledge and no delay to tell.
    fn is_first(&self) -> bool {
        self.kind == SYN_KIND && self.payload.is_empty() && self.acknowledged == 0 && self.delay == 0
    }
}

pub(super) fn opening(payload: &Payload<'_>) -> Option<&'static Sign> {
    let packet = Packet::read(payload.bytes)?;
    if peer::handshake(packet.payload).is_some() {
        return Some(&peer::HANDSHAKE);
    }
    // A DNS header is counts, mostly zero, and an identifier that may be anything.
    if payload.on_port(&DNS) || !may_be_others(payload.other) {
        return None;
    }
    let fits = match packet.kind {
        SYN_KIND => return packet.is_first().then_some(&SYN),
        // Acknowledgements and ends carry no data; data and its clock are never zero.
        0 => !packet.payload.is_empty() && packet.clock != 0,
        _ => packet.payload.is_empty() && packet.clock != 0,
    };
    fits.then_some(&HEADER)
}

/// Whether the other side's opening may be µTP too, or the hash table or a tracker, which share its socket.
fn may_be_others(other: &[u8]) -> bool {
    let carrying = matches!(other, [] | [b'd', b'1'..=b'2', ..] | [0, 0, ..]);
    carrying || Packet::read(other).is_some()
}

/// What is remembered of a side's last packet.
#[derive(Clone, Copy)]
struct Heard {
    connection: u16,
    sequence: u16,
    clock: u32,
    time: Time,
    first: bool,
}

/// One connection, from wherever it was joined.
#[derive(Default)]
pub(super) struct Connection {
    heard: [Option<Heard>; 2],
    packets: u8,
}

impl Connection {
    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.packets = self.packets.saturating_add(1);
        let Some(packet) = Packet::read(payload.bytes) else { return Next::NotMine };
        facts.text(&EXCHANGE, b"peer");
        facts.sign(if packet.is_first() { &SYN } else { &HEADER });
        if packet.payload.starts_with(peer::NAME) {
            peer::tell(packet.payload, payload.side, facts);
        }
        self.compare(&packet, payload, facts);
        // Handshakes come within the first packets of each side.
        if self.packets >= PATIENCE {
            Next::Done
        } else {
            Next::More
        }
    }

    fn compare(&mut self, packet: &Packet<'_>, payload: &Payload<'_>, facts: &mut Facts<'_>) {
        let heard = |side: Side| self.heard.get(side.index()).copied().flatten();
        if let Some(own) = heard(payload.side) {
            if clocks_agree(&own, packet, payload.time) {
                facts.sign(&CLOCK);
            }
        }
        if let Some(other) = heard(payload.side.other()) {
            let answers = packet.kind == STATE_KIND
                && packet.connection == other.connection
                && packet.acknowledged == other.sequence;
            if other.first && answers {
                facts.sign(&SYN_ANSWER);
            } else if packet.connection.abs_diff(other.connection) == 1 {
                facts.sign(&IDENTIFIERS);
            }
        }
        if let Some(own) = self.heard.get_mut(payload.side.index()) {
            *own = Some(Heard {
                connection: packet.connection,
                sequence: packet.sequence,
                clock: packet.clock,
                time: payload.time,
                first: packet.is_first(),
            });
        }
    }
}

fn clocks_agree(before: &Heard, packet: &Packet<'_>, time: Time) -> bool {
    let passed = time.since(before.time);
    if !(CLOCK_BASE..=CLOCK_LIMIT).contains(&passed) {
        return false;
    }
    let ticked = packet.clock.wrapping_sub(before.clock);
    u32::try_from(passed / 1000)
        .is_ok_and(|passed| passed.abs_diff(ticked) <= (passed / CLOCK_SHARE).min(CLOCK_TOLERANCE_US))
}
