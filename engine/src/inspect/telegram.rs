//! Telegram: messages in the transports of MTProto over TCP (core.telegram.org/mtproto/mtproto-transports), and the relays
//! of its calls over UDP (the published sources of libtgvoip).
//!
//! Recognised by the mark of a transport with a length that fits, by the twelve bytes of ones that ask a relay about itself,
//! and where a call was joined late by a STUN message behind a relay's tags (the published sources of tgcalls). The obfuscated
//! transport is made to look like chance, but its key lies open in the first 64 bytes, and what it hides there names the
//! transport. Behind a proxy with a secret (MTProxy) the key is mixed with that, and nothing shows.

use super::crypto::counter_mode;
use super::noise::{is_encrypted_opening, ENCRYPTED};
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The Telegram protocol.
pub struct Telegram;

static TRANSPORT: Field =
    Field::text("telegram.transport", "abridged, intermediate, padded, full, obfuscated, or reflector for a call");
static CALL: Field = Field::flag("telegram.call", "the relay of a call is asked");

// A word of 96 dB and a length that fits.
static MARKED: Sign = Sign::new("MTProto in its intermediate transport", 96);
// An empty key (192 dB), the request for a new one (96 dB).
static HANDSHAKE: Sign = Sign::new("the first request of MTProto, for a new key", 96);
// A first byte (24 dB) and an exact length (21 dB); encrypted streams of others begin so once in 32,000.
static ABRIDGED: Sign = Sign::new("MTProto in its abridged transport, with the exact length", 40);
// One of three words of four equal bytes where the key opens it: 1 of 2^30.
static OBFUSCATED: Sign = Sign::new("MTProto in its obfuscated transport, opened with the key that it brings", 90);
// Twelve bytes of ones at their place.
static RELAY: Sign = Sign::new("a request to the relay of a Telegram call, or its answer", 90);
// STUN's cookie at its place (96 dB), and two lengths that agree.
static RELAYED: Sign = Sign::new("a STUN message behind the tags of a Telegram call's relay", 90);

static PROFILE: Profile = Profile {
    name: "telegram",
    title: "Telegram",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[80, 443, 5222],
    first: First::Shapes(&[
        Shape::datagram().at(16, Bytes::Of(&[0xff])),
        Shape::datagram().at(20, Bytes::Of(&[0])).at(28, Bytes::Of(&[0x21])).at(29, Bytes::Of(&[0x12])),
        // What is obfuscated may begin with anything else than TLS, and so begins everything here.
        ENCRYPTED[0],
        ENCRYPTED[1],
    ]),
    fields: &[&TRANSPORT, &CALL],
    signs: &[&MARKED, &HANDSHAKE, &ABRIDGED, &OBFUSCATED, &RELAY, &RELAYED],
};

impl Protocol for Telegram {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Udp {
            return if asks_relay(opening.bytes) {
                Match::Yes(&RELAY)
            } else if is_relayed(opening) {
                Match::Yes(&RELAYED)
            } else {
                Match::No
            };
        }
        stream(opening.bytes).map_or(Match::No, |(_, said)| said)
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Telegram)
    }
}

impl Parser for Telegram {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Udp {
            facts.flag(&CALL);
            facts.text(&TRANSPORT, b"reflector");
        } else if let Some((name, _)) = stream(payload.bytes) {
            facts.text(&TRANSPORT, name.as_bytes());
            facts.client_is(payload.side);
        }
        Next::Done
    }
}

/// The transport that a stream begins with, and what is to be thought of it.
fn stream(bytes: &[u8]) -> Option<(&'static str, Match)> {
    let mut reader = Reader::new(bytes);
    match reader.peek_u8()? {
        0xef => {
            reader.skip(1)?;
            abridged(reader).map(|said| ("abridged", said))
        }
        mark @ (0xee | 0xdd) => {
            if bytes.len() < 8 {
                let only = bytes.iter().take(4).all(|byte| *byte == mark);
                return only.then_some(("", Match::Unsure));
            }
            let marked = reader.be32()? == u32::from_ne_bytes([mark; 4]);
            let length = reader.le32()?;
            let name = if mark == 0xee { "intermediate" } else { "padded" };
            // The top bit asks for a quick receipt; 2^20 bytes is the most that a server takes.
            (marked && (8..=1 << 20).contains(&(length & 0x7fff_ffff))).then_some((name, Match::Yes(&MARKED)))
        }
        _ => {
            let length = usize::try_from(reader.le32()?).ok()?;
            let first = reader.le32()? == 0;
            // Length, number, message and check sum; only the open handshake can be told from others.
            let handshake = length == bytes.len() && first && asks_for_key(&mut reader);
            if handshake {
                return Some(("full", Match::Yes(&HANDSHAKE)));
            }
            obfuscated(bytes).map(|said| ("obfuscated", said))
        }
    }
}

/// The first message of the obfuscated transport.
const INIT: usize = 64;

/// Eight bytes, a key, a counter; then a word that says which transport is hidden.
fn obfuscated(bytes: &[u8]) -> Option<Match> {
    if !is_encrypted_opening(bytes) {
        return None;
    }
    let Some(init) = bytes.get(..INIT) else { return Some(Match::Unsure) };
    let mut reader = Reader::new(init);
    reader.skip(8)?;
    let (key, counter) = (reader.array()?, reader.array()?);
    let hidden: [u8; 4] = reader.array()?;
    // Three blocks lie before this one, and half of it.
    let pad = counter_mode(key, counter, 3);
    let mut pad = pad.iter().skip(8);
    let word = hidden.map(|byte| byte ^ pad.next().copied().unwrap_or_default());
    [0xef, 0xee, 0xdd].into_iter().any(|mark| word == [mark; 4]).then_some(Match::Yes(&OBFUSCATED))
}

/// Length in words in one byte, or 127 and three bytes.
fn abridged(mut reader: Reader<'_>) -> Option<Match> {
    let Some(short) = reader.u8() else { return Some(Match::Unsure) };
    let words = match short & 0x7f {
        0x7f => {
            let Some([a, b, c]) = reader.array() else { return Some(Match::Unsure) };
            usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
        }
        short => usize::from(short),
    };
    let mut message = reader;
    if asks_for_key(&mut message) {
        return Some(Match::Yes(&HANDSHAKE));
    }
    // A key's name, a message's key, and at least one block.
    if words < FEWEST_WORDS {
        return None;
    }
    if reader.remaining() < words * 4 {
        return (words * 4 <= 16_384).then_some(Match::Unsure);
    }
    reader.skip(words * 4)?;
    ends_with_a_message(reader).then_some(Match::Yes(&ABRIDGED))
}

/// Words of the shortest message that is encrypted.
const FEWEST_WORDS: usize = 10;

/// Whether further messages, if any were sent along, lead to the exact end.
fn ends_with_a_message(mut reader: Reader<'_>) -> bool {
    while let Some(short) = reader.u8() {
        let words = usize::from(short & 0x7f);
        if !(FEWEST_WORDS..0x7f).contains(&words) || reader.skip(words * 4).is_none() {
            return false;
        }
    }
    true
}

/// Key 0, a time, a length, and `req_pq` or `req_pq_multi`.
fn asks_for_key(reader: &mut Reader<'_>) -> bool {
    let empty = reader.array() == Some([0; 8]);
    let request = reader.skip(12).and_then(|()| reader.le32());
    empty && matches!(request, Some(0x6046_9778 | 0xbe7e_8ef1))
}

/// A tag of sixteen bytes that both callers know, then ones where data would have another tag.
fn asks_relay(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let tag = reader.array::<16>();
    let ones = reader.array::<12>() == Some([0xff; 12]);
    let chosen = tag.is_some_and(|tag| tag.iter().any(|byte| !matches!(byte, 0 | 0xff)));
    ones && chosen && matches!(bytes.len(), 32..=96) && bytes.len().is_multiple_of(4)
}

/// The callee's tag, the caller's, a length, and that many bytes of STUN, filled up to words of four.
fn is_relayed(payload: &Payload<'_>) -> bool {
    let mut reader = Reader::new(payload.bytes);
    let Some(length) = reader.skip(16 + 4).and_then(|()| reader.be32()) else { return false };
    let Some((kind, inner)) = reader.be16().zip(reader.be16()) else { return false };
    let stun = kind >> 14 == 0 && reader.be32() == Some(STUN_COOKIE) && u32::from(inner) + 20 == length;
    stun && 24 + length.next_multiple_of(4) == payload.wire_len
}

/// RFC 8489 §5.
const STUN_COOKIE: u32 = 0x2112_a442;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::noise::tests::cipher;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn transports_are_told_by_mark_and_length() {
        let intermediate = [&[0xee; 4][..], &[40, 0, 0, 0], &[7; 40]].concat();
        let told =
            tell(&Telegram, Transport::Tcp, &[(Side::Client, &intermediate[..3]), (Side::Client, &intermediate[3..])]);
        assert_eq!(told.text(&TRANSPORT).as_deref(), Some("intermediate"));
        let abridged = [&[0xef, 10][..], &[0x5b; 40]].concat();
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &abridged)]).saw(&ABRIDGED));
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &[abridged, vec![1]].concat())]).matched.is_none());
        let request = [&[0xef, 10][..], &[0; 8], &[9; 8], &[20, 0, 0, 0], &[0xf1, 0x8e, 0x7e, 0xbe], &[3; 16]].concat();
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &request)]).saw(&HANDSHAKE));
    }

    #[test]
    fn the_obfuscated_transport_is_opened_with_its_own_key() {
        let mut init = cipher(7, INIT);
        let (key, counter) = (init[8..40].try_into().unwrap(), init[40..56].try_into().unwrap());
        let pad = counter_mode(key, counter, 3);
        for (byte, pad) in init[56..60].iter_mut().zip(&pad[8..]) {
            *byte = 0xee ^ pad;
        }
        let told = tell(&Telegram, Transport::Tcp, &[(Side::Client, &init[..20]), (Side::Client, &init[20..])]);
        assert!(told.saw(&OBFUSCATED));
        init[57] ^= 1;
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &init)]).matched.is_none());
    }

    #[test]
    fn the_relay_of_a_call_is_told_by_its_ones() {
        let bytes = [&[0xdc; 16][..], &[0xff; 12], &[0xff, 0xff, 0xff, 0xfe], &[1; 8]].concat();
        assert!(tell(&Telegram, Transport::Udp, &[(Side::Client, &bytes)]).has(&CALL));
        assert!(tell(&Telegram, Transport::Udp, &[(Side::Client, &[0xff; 40])]).matched.is_none());
    }

    #[test]
    fn a_call_that_was_joined_late_is_told_by_stun_behind_its_tags() {
        let stun = [&[0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42][..], &[7; 16]].concat();
        let relayed = |length: u8| [&[0xdc; 20][..], &[0, 0, 0, length], &stun].concat();
        assert!(tell(&Telegram, Transport::Udp, &[(Side::Server, &relayed(24))]).saw(&RELAYED));
        assert!(tell(&Telegram, Transport::Udp, &[(Side::Server, &relayed(25))]).matched.is_none());
    }

    #[test]
    fn messages_that_were_sent_along_must_lead_to_the_end() {
        let two = [&[0xef, 10][..], &[0x5b; 40], &[11], &[0x5c; 44]].concat();
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &two)]).saw(&ABRIDGED));
        assert!(tell(&Telegram, Transport::Tcp, &[(Side::Client, &two[..two.len() - 1])]).matched.is_none());
    }
}
