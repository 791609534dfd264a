//! WireGuard: a private network in four kinds of message over UDP (its paper, §5.4).
//!
//! Recognised by the message's kind, the three bytes that are always zero, and the length that each kind has. Cloudflare's
//! WARP writes the number of its user into those three bytes, or sets the two high bits of the kind.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The WireGuard protocol.
pub struct WireGuard;

static MESSAGE: Field = Field::text("wireguard.message", "initiation, response, cookie or data: what was seen first");
static WARP: Field = Field::flag("wireguard.warp", "the header is written as Cloudflare's WARP does");

// Four fixed bytes, though small numbers, and the exact length, which is one of some hundred.
static HANDSHAKE: Sign = Sign::new("a WireGuard handshake message: kind, zero bytes and exact length", 46);
// Four fixed bytes, a length in steps of 16 and a counter with three empty bytes: all small numbers.
static DATA: Sign = Sign::new("WireGuard data with a counter that is still low", 48);
// Five high bits of the kind, a length in steps of 16, four empty bytes of the counter, among small numbers.
static WARP_DATA: Sign = Sign::new("WireGuard data as Cloudflare's WARP writes it", 42);
// The kind, exact length and a second seal of 16 zero bytes, without a cookie: 1 of 2^140.
static WARP_HANDSHAKE: Sign =
    Sign::new("a WireGuard handshake with a user's number, as Cloudflare's WARP writes it", 110);

static PROFILE: Profile = Profile {
    name: "wireguard",
    title: "WireGuard",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[51_820],
    first: First::Of(&[1, 2, 3, 4, 0xc1, 0xc2, 0xc4]),
    fields: &[&MESSAGE, &WARP],
    signs: &[&HANDSHAKE, &DATA, &WARP_DATA, &WARP_HANDSHAKE],
};

/// What WARP sets in the kind.
const WARP_BITS: u8 = 0xc0;
const SEAL: usize = 16;
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
        judge(opening).map_or(Match::No, |(_, sign)| Match::Yes(sign))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Messages)
    }
}

fn judge(payload: &Payload<'_>) -> Option<(Message, &'static Sign)> {
    let mut reader = Reader::new(payload.bytes);
    let kind = reader.u8()?;
    let reserved = reader.be24()?;
    let message = match (kind & !WARP_BITS, payload.wire_len) {
        (1, 148) => Message::Initiation,
        (2, 92) => Message::Response,
        (3, 64) => Message::Cookie,
        (4, length) if length >= 32 && length.is_multiple_of(16) => Message::Data,
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

/// Tells what was seen first.
struct Messages;

impl Parser for Messages {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some((message, sign)) = judge(payload) else { return Next::NotMine };
        facts.text(&MESSAGE, message.name());
        if std::ptr::eq(sign, &raw const WARP_DATA) || std::ptr::eq(sign, &raw const WARP_HANDSHAKE) {
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
    fn warp_writes_its_users_number() {
        let mut initiation = message([1, 9, 8, 7], 148);
        assert!(play(&initiation).matched.is_none());
        initiation[132..].fill(0);
        assert!(play(&initiation).has(&WARP));
    }
}
