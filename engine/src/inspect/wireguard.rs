//! WireGuard: a private network in four kinds of message over UDP (its paper, §5.4).
//!
//! Recognised by the message's kind, the three bytes that are always zero, and the length that each kind has. Cloudflare's
//! WARP writes the number of its user into those three bytes, or sets the two high bits of the kind. AmneziaWG draws other
//! words in place of the kinds and sends other sizes (its published description); what stays is the data: the receiver's
//! number, and a counter that goes up.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The WireGuard protocol.
pub struct WireGuard;

static MESSAGE: Field = Field::text("wireguard.message", "initiation, response, cookie or data: what was seen first");
static DISGUISED: Field = Field::flag("wireguard.disguised", "the kinds are hidden, as AmneziaWG does");
static WARP: Field = Field::flag("wireguard.warp", "the header is written as Cloudflare's WARP does");

// Four fixed bytes, though small numbers, and the exact length, which is one of some hundred.
static HANDSHAKE: Sign = Sign::new("a WireGuard handshake message: kind, zero bytes and exact length", 46);
// Four fixed bytes, and four that the other side drew (96 dB).
static ANSWER: Sign = Sign::new("a WireGuard answer that names who opened, whatever their sizes", 90);
// Four fixed bytes, a length in steps of 16 and a counter with three empty bytes: all small numbers.
static DATA: Sign = Sign::new("WireGuard data with a counter that is still low", 48);
// Five high bits of the kind, a length in steps of 16, four empty bytes of the counter, among small numbers.
static WARP_DATA: Sign = Sign::new("WireGuard data as Cloudflare's WARP writes it", 42);
// The kind, exact length and a second seal of 16 zero bytes, without a cookie: 1 of 2^140.
static WARP_HANDSHAKE: Sign =
    Sign::new("a WireGuard handshake with a user's number, as Cloudflare's WARP writes it", 110);

// Four empty bytes, two nearly so, a length in steps of 16: among small numbers not much.
static COUNTED: Sign = Sign::new("what could be WireGuard's data with its kind hidden: a low counter at its place", 10);
// The same receiver (96 dB) and the next numbers of the counter (170 dB): other protocols count and repeat too.
static STEP: Sign =
    Sign::new("data of WireGuard with its kind hidden: the same receiver, and a counter that goes up", 60);

static PROFILE: Profile = Profile {
    name: "wireguard",
    title: "WireGuard",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[51_820],
    first: First::Shapes(&[
        Shape::datagram().at(0, Bytes::Of(&[1, 2, 3, 4, 0xc1, 0xc2, 0xc4])),
        // The upper half of a counter.
        Shape::datagram()
            .at(12, Bytes::Of(&[0]))
            .at(13, Bytes::Of(&[0]))
            .at(14, Bytes::Of(&[0]))
            .at(15, Bytes::Of(&[0])),
    ]),
    fields: &[&MESSAGE, &DISGUISED, &WARP],
    signs: &[&HANDSHAKE, &DATA, &WARP_DATA, &WARP_HANDSHAKE, &COUNTED, &STEP, &ANSWER],
};

/// What WARP sets in the kind.
const WARP_BITS: u8 = 0xc0;
const SEAL: usize = 16;
/// Data as long as the smallest packet that IPv6 must be able to carry whole.
const FULL: u32 = 1280 + 32;
/// A session's keys are renewed long before (the paper's `Rekey-After-Messages` is 2^60; its time is two minutes).
const MOST_MESSAGES: u64 = 1 << 40;

/// What a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    Initiation,
    Response,
    Cookie,
    Data,
}

impl Message {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Initiation => b"initiation",
            Self::Response => b"response",
            Self::Cookie => b"cookie",
            Self::Data => b"data",
        }
    }
}

impl Protocol for WireGuard {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match judge(opening) {
            Some((_, sign)) => Match::Yes(sign),
            None if answers(opening) => Match::Yes(&ANSWER),
            None if counted(opening).is_some() => Match::Yes(&COUNTED),
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Messages>::default()
    }
}

/// The answer to an opening, which names its sender; some fill both up to sizes of their own.
fn answers(payload: &Payload<'_>) -> bool {
    let mut reader = Reader::new(payload.other);
    let opened = reader.le32() == Some(1);
    let sender = reader.le32();
    let mut reader = Reader::new(payload.bytes);
    let answer = reader.le32() == Some(2);
    let receiver = reader.skip(4).and_then(|()| reader.le32());
    opened && answer && sender.is_some_and(|sender| sender != 0) && sender == receiver && payload.wire_len >= 92
}

fn judge(payload: &Payload<'_>) -> Option<(Message, &'static Sign)> {
    let mut reader = Reader::new(payload.bytes);
    let kind = reader.u8()?;
    let reserved = reader.be24()?;
    if !matches!(kind & WARP_BITS, 0 | WARP_BITS) {
        return None;
    }
    let message = match (kind & !WARP_BITS, payload.wire_len) {
        (1, 148) => Message::Initiation,
        (2, 92) => Message::Response,
        (3, 64) => Message::Cookie,
        // Filled up to steps of 16, but not beyond what the line takes at once.
        (4, length) if length >= 32 && (length.is_multiple_of(16) || length >= FULL && reserved == 0) => Message::Data,
        // The handshake of WARP's own kind is longer than the paper's.
        (4, length) if kind & WARP_BITS != 0 && length >= 32 => Message::Data,
        _ => return None,
    };
    if message == Message::Data {
        reader.skip(4)?;
        let counter = reader.le64()?;
        return match (kind, reserved) {
            (4, 0) if counter < MOST_MESSAGES => Some((message, &DATA)),
            _ if counter < 1 << 32 => Some((message, &WARP_DATA)),
            _ => None,
        };
    }
    if reserved == 0 && kind & WARP_BITS == 0 {
        return Some((message, &HANDSHAKE));
    }
    let unsealed = payload.bytes.last_chunk::<SEAL>()?.iter().all(|byte| *byte == 0);
    (unsealed && message != Message::Cookie).then_some((message, &WARP_HANDSHAKE))
}

fn is_warps(sign: &'static Sign) -> bool {
    std::ptr::eq(sign, &raw const WARP_DATA) || std::ptr::eq(sign, &raw const WARP_HANDSHAKE)
}

/// Receiver and counter, where the kind may be any word.
fn counted(payload: &Payload<'_>) -> Option<(u32, u64)> {
    let mut reader = Reader::new(payload.bytes);
    let (kind, receiver, counter) = (reader.le32()?, reader.le32()?, reader.le64()?);
    // Drawn by lot, both; small numbers are another's.
    let drawn = kind > 0xffff && receiver > 0xffff;
    let long = payload.wire_len >= 32 && (payload.wire_len.is_multiple_of(16) || payload.wire_len >= FULL);
    (drawn && long && counter < 1 << 16).then_some((receiver, counter))
}

/// Datagrams after which data with a hidden kind is not expected any more: some of no meaning may come first.
const MOST_TRIED: u8 = 24;
/// Steps of the counter, and how many packets may be missing between two.
const STEPS: u8 = 2;
const WIDEST_GAP: u64 = 64;

/// Tells what was seen first.
#[derive(Default)]
struct Messages {
    /// Receiver and counter of each side's last data whose kind was hidden, and how often it went up.
    last: [Option<(u32, u64)>; 2],
    steps: u8,
    tried: u8,
}

impl Parser for Messages {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if answers(payload) {
            facts.text(&MESSAGE, Message::Response.name());
            facts.client_is(payload.side.other());
            return Next::Done;
        }
        let Some((message, sign)) = judge(payload) else { return self.disguised(payload, facts) };
        if self.tried > 0 && is_warps(sign) {
            // Behind a datagram that was only counted, WARP's own writing is too little to go by.
            return Next::More;
        }
        facts.text(&MESSAGE, message.name());
        if is_warps(sign) {
            facts.flag(&WARP);
        }
        // Either side may start anew at any time, but the first initiation of a flow is the client's.
        if message == Message::Initiation {
            facts.client_is(payload.side);
        } else if message == Message::Response && payload.side == Side::Client {
            facts.client_is(Side::Server);
        }
        Next::Done
    }
}

impl Messages {
    fn disguised(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.tried += 1;
        let over = if self.tried < MOST_TRIED { Next::NotMine } else { Next::Done };
        let Some((receiver, counter)) = counted(payload) else { return over };
        let Some(last) = self.last.get_mut(payload.side.index()) else { return over };
        let before = last.replace((receiver, counter));
        if before.is_some_and(|(same, low)| same == receiver && (low + 1..=low + WIDEST_GAP).contains(&counter)) {
            self.steps += 1;
        }
        if self.steps < STEPS {
            return if self.tried < MOST_TRIED { Next::More } else { Next::Done };
        }
        facts.sign(&STEP);
        facts.flag(&DISGUISED);
        facts.text(&MESSAGE, Message::Data.name());
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, Told};

    fn play(bytes: &[u8]) -> Told {
        tell(&WireGuard, Transport::Udp, &[(Side::Client, bytes)])
    }

    fn message(head: [u8; 4], length: usize) -> Vec<u8> {
        let mut bytes = head.to_vec();
        bytes.resize(length, 0x55);
        bytes
    }

    #[test]
    fn each_message_has_its_length() {
        for (kind, length, name) in [(1, 148, "initiation"), (2, 92, "response"), (3, 64, "cookie")] {
            let told = play(&message([kind, 0, 0, 0], length));
            assert!(told.saw(&HANDSHAKE));
            assert_eq!(told.text(&MESSAGE).as_deref(), Some(name));
            assert!(play(&message([kind, 0, 0, 0], length + 1)).matched.is_none());
        }
    }

    #[test]
    fn data_counts_from_zero() {
        let data = [&[4, 0, 0, 0, 9, 9, 9, 9, 7][..], &[0; 7], &[0x55; 16]].concat();
        assert!(play(&data).saw(&DATA));
        assert!(play(&message([4, 0, 0, 0], 32)).matched.is_none(), "a counter that high");
    }

    #[test]
    fn with_its_kind_hidden_data_is_told_by_receiver_and_counter() {
        let data = |counter: u8, receiver: u8| {
            [&[0x7e, 0x41, 0x5b, 0x2c, receiver, 9, 8, 7, counter][..], &[0; 7], &[0x55; 32]].concat()
        };
        let told = |receivers: [u8; 3]| {
            let talk: Vec<_> = (1..).zip(receivers).map(|(counter, receiver)| data(counter, receiver)).collect();
            let talk: Vec<_> = talk.iter().map(|bytes| (Side::Client, &bytes[..])).collect();
            tell(&WireGuard, Transport::Udp, &talk)
        };
        assert!(told([5, 5, 5]).has(&DISGUISED));
        assert!(!told([5, 6, 7]).has(&DISGUISED), "another receiver each time");
    }

    #[test]
    fn an_answer_names_who_opened_whatever_its_size() {
        let opening = [&[1, 0, 0, 0, 7, 8, 9, 1][..], &[0x55; 196]].concat();
        let answer = |receiver: u8| [&[2, 0, 0, 0, 1, 1, 1, 1, 7, 8, 9, receiver][..], &[0x55; 88]].concat();
        let told = |receiver: u8| {
            tell(&WireGuard, Transport::Udp, &[(Side::Client, &opening), (Side::Server, &answer(receiver))])
        };
        assert!(told(1).saw(&ANSWER));
        assert!(told(2).matched.is_none());
    }

    #[test]
    fn warp_writes_its_users_number() {
        let mut initiation = message([1, 9, 8, 7], 148);
        assert!(play(&initiation).matched.is_none());
        initiation[132..].fill(0);
        assert!(play(&initiation).has(&WARP));
    }
}
