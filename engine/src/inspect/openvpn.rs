//! OpenVPN: a private network over TLS of its own, on UDP or TCP.
//!
//! Recognised by the packets that open and answer a session (its "network protocol" documentation): kind, session,
//! acknowledgements and packet number in the clear; or, where a shared key hides those, the counter and the clock that
//! guard against replays; where a session was joined late, by a packet of its control with a TLS record inside. Over TCP each
//! packet has its length before it.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Time, Transport};

/// The OpenVPN protocol.
pub struct OpenVpn;

static GUARD: Field = Field::text("openvpn.guard", "what guards the handshake: plain, tls-auth or tls-crypt");

// Kind, exact length, no acknowledgement and packet 0, or one acknowledgement of packet 0: small numbers but the first.
static PLAIN: Sign = Sign::new("an OpenVPN packet that opens a session", 52);
// The same behind a seal, with a replay counter that begins and a clock that is right.
static SEALED: Sign = Sign::new("an OpenVPN packet that opens a session, behind a shared key's seal", 90);
// Kind, length, a counter that begins, a clock that is right to a month.
static HIDDEN: Sign = Sign::new("an OpenVPN packet that opens a session, hidden by a shared key", 53);
// Kind and counts (60 dB of small numbers), and the first three bytes of a TLS record (60 dB) at the place that they lead to.
static CONTROL: Sign = Sign::new("a packet of OpenVPN's control, with a TLS record inside", 60);
// The kind, a low counter, and the port that it is usually on.
static DATA: Sign = Sign::new("what may be OpenVPN's data, on its port", 30);

static PROFILE: Profile = Profile {
    name: "openvpn",
    title: "OpenVPN",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[PORT],
    // Kinds with key 0 and data with any; the high byte of a short length.
    first: First::Of(&[
        0, 1, 2, 3, 4, 8, 0x10, 0x20, 0x21, 0x22, 0x23, 0x38, 0x40, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f,
        0x50,
    ]),
    fields: &[&GUARD],
    signs: &[&PLAIN, &SEALED, &HIDDEN, &CONTROL, &DATA],
};

const PORT: u16 = 1194;

mod kind {
    pub const CLIENT_RESET_V1: u8 = 1;
    pub const SERVER_RESET_V1: u8 = 2;
    pub const CONTROL: u8 = 4;
    pub const CLIENT_RESET: u8 = 7;
    pub const SERVER_RESET: u8 = 8;
    pub const DATA: u8 = 9;
    /// With a client's own key, wrapped, at its end (tls-crypt-v2).
    pub const CLIENT_RESET_V3: u8 = 10;
}

/// Kind and session.
const HEAD: usize = 9;
/// Lengths of the seals that are in use: MD5, SHA-1, SHA-2.
const SEALS: [usize; 6] = [16, 20, 28, 32, 48, 64];
/// The seal of tls-crypt.
const CRYPT_SEAL: usize = 32;
/// What a reset holds after its guard: acknowledgements, packet number.
const CLIENT_BODY: usize = 5;
const SERVER_BODY: usize = 17;
/// How wrong a client's clock may be.
const CLOCK: u64 = 30 * 86_400;
/// A counter that has just begun; early negotiation sets the high byte.
const LOW: u32 = 1 << 8;
const EARLY: u32 = 0x0f00_0000;

impl Protocol for OpenVpn {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport != Transport::Tcp {
            return judge(opening.bytes, opening.wire_len, opening).map_or(Match::No, Match::Yes);
        }
        let mut reader = Reader::new(opening.bytes);
        let Some(length) = reader.be16() else { return Match::Unsure };
        let opens = |first| is_reset(first) || first >> 3 == kind::CONTROL;
        if !(14..=1500).contains(&length) || reader.peek_u8().is_some_and(|first| !opens(first)) {
            return Match::No;
        }
        match reader.take(length.into()) {
            Some(packet) => judge(packet, length.into(), opening).map_or(Match::No, Match::Yes),
            None => Match::Unsure,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Opening)
    }
}

/// Whether a packet opens or answers a session, with the first of its keys.
const fn is_reset(first: u8) -> bool {
    // Shifted down and up again: nothing in the three bits of the key.
    first >> 3 << 3 == first
        && matches!(
            first >> 3,
            kind::CLIENT_RESET_V1
                | kind::SERVER_RESET_V1
                | kind::CLIENT_RESET
                | kind::SERVER_RESET
                | kind::CLIENT_RESET_V3
        )
}

fn judge(packet: &[u8], length: u32, payload: &Payload<'_>) -> Option<&'static Sign> {
    let first = *packet.first()?;
    let length = usize::try_from(length).ok()?;
    if is_reset(first) {
        let body =
            if matches!(first >> 3, kind::SERVER_RESET | kind::SERVER_RESET_V1) { SERVER_BODY } else { CLIENT_BODY };
        return judge_reset(packet, length, body, payload.time);
    }
    if first >> 3 == kind::CONTROL {
        return holds_tls(packet).map(|()| &CONTROL);
    }
    let on_port = payload.transport == Transport::Udp && payload.on_port(&[PORT]);
    let mut reader = Reader::new(packet);
    reader.skip(4)?;
    (on_port && first >> 3 == kind::DATA && reader.be32()? < 1 << 24).then_some(&DATA)
}

fn judge_reset(packet: &[u8], length: usize, body: usize, now: Time) -> Option<&'static Sign> {
    if length == HEAD + body && body_fits(packet.get(HEAD..)?) {
        return Some(&PLAIN);
    }
    let sealed = SEALS.into_iter().find(|seal| length == HEAD + seal + 8 + body);
    if let Some(seal) = sealed {
        let mut reader = Reader::new(packet.get(HEAD + seal..)?);
        if counter_fits(&mut reader, now)? && body_fits(reader.rest()) {
            return Some(&SEALED);
        }
    }
    let own_key = packet.first()? >> 3 == kind::CLIENT_RESET_V3;
    let hidden = HEAD + 8 + CRYPT_SEAL + body;
    // The server's answer may also carry options; a client's own key follows its packet.
    let fits = length == hidden || (length > hidden && (own_key || body == SERVER_BODY));
    (fits && counter_fits(&mut Reader::new(packet.get(HEAD..)?), now)?).then_some(&HIDDEN)
}

/// Kind, session, acknowledgements with the other's session behind them, packet number, and a TLS record.
fn holds_tls(packet: &[u8]) -> Option<()> {
    let mut reader = Reader::new(packet);
    reader.skip(HEAD)?;
    let acknowledged = reader.u8().filter(|count| *count <= MOST_ACKNOWLEDGED)?;
    for _ in 0..acknowledged {
        reader.be32().filter(|number| *number < MOST_CONTROL)?;
    }
    if acknowledged > 0 {
        reader.skip(8)?;
    }
    reader.be32().filter(|number| *number < MOST_CONTROL)?;
    matches!(reader.rest(), [0x14..=0x17, 3, 0..=4, ..]).then_some(())
}

/// Packets that one may acknowledge, and that a handshake may take.
const MOST_ACKNOWLEDGED: u8 = 8;
const MOST_CONTROL: u32 = 1 << 12;

/// No acknowledgement and packet 0; or one acknowledgement, the other's session, and packet 0.
fn body_fits(body: &[u8]) -> bool {
    match body {
        [0, 0, 0, 0, 0] => true,
        [1, rest @ ..] => rest.len() == SERVER_BODY - 1 && rest.ends_with(&[0; 4]),
        _ => false,
    }
}

/// A replay counter that begins, and the sender's clock.
fn counter_fits(reader: &mut Reader<'_>, now: Time) -> Option<bool> {
    let (counter, clock) = (reader.be32()?, u64::from(reader.be32()?));
    let low = (1..LOW).contains(&(counter & !EARLY));
    Some(low && clock.abs_diff(now.0 / Time::SECOND) < CLOCK)
}

/// Tells how the first packet was guarded.
struct Opening;

impl Parser for Opening {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let skip = if payload.transport == Transport::Tcp { 2 } else { 0 };
        let packet = payload.bytes.get(skip..).unwrap_or_default();
        let length = payload.wire_len.saturating_sub(if skip == 0 { 0 } else { 2 });
        let Some(sign) = judge(packet, length, payload) else { return Next::Done };
        let guards = [(&PLAIN, "plain"), (&SEALED, "tls-auth"), (&HIDDEN, "tls-crypt")];
        let Some((_, guard)) = guards.into_iter().find(|(opens, _)| std::ptr::eq(*opens, sign)) else {
            return Next::Done;
        };
        facts.text(&GUARD, guard.as_bytes());
        let by_server =
            packet.first().is_some_and(|first| matches!(first >> 3, kind::SERVER_RESET | kind::SERVER_RESET_V1));
        facts.client_is(if by_server { payload.side.other() } else { payload.side });
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, Told};
    use crate::packet::Side;

    const SESSION: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    fn play(transport: Transport, bytes: &[u8]) -> Told {
        tell(&OpenVpn, transport, &[(Side::Client, bytes)])
    }

    #[test]
    fn a_plain_session_opens_with_fourteen_bytes() {
        let reset = [&[0x38][..], &SESSION, &[0; 5]].concat();
        let told = play(Transport::Udp, &reset);
        assert!(told.saw(&PLAIN));
        assert_eq!(told.text(&GUARD).as_deref(), Some("plain"));
        assert!(play(Transport::Udp, &reset[..13]).matched.is_none());
        let stream = [&[0, 14][..], &reset].concat();
        assert!(play(Transport::Tcp, &stream).saw(&PLAIN));
    }

    #[test]
    fn a_sealed_session_counts_from_one_and_knows_the_time() {
        // The tests' clock starts at 0.
        let guard = [0, 0, 0, 1, 0, 0, 0, 9];
        let reset = [&[0x38][..], &SESSION, &[0xaa; 20], &guard, &[0; 5]].concat();
        assert!(play(Transport::Udp, &reset).saw(&SEALED));
        let hidden = [&[0x38][..], &SESSION, &guard, &[0xaa; 32], &[0xbb; 5]].concat();
        assert!(play(Transport::Udp, &hidden).saw(&HIDDEN));
        let late = [&[0x38][..], &SESSION, &[0xaa; 20], &[0, 0, 0, 1, 0x60, 0, 0, 0], &[0; 5]].concat();
        assert!(play(Transport::Udp, &late).matched.is_none());
    }

    #[test]
    fn a_session_that_was_joined_late_is_told_by_the_tls_in_it() {
        let control = [&[0x20][..], &SESSION, &[1, 0, 0, 0, 1], &SESSION, &[0, 0, 0, 2, 0x16, 3, 1, 0, 9]].concat();
        assert!(play(Transport::Udp, &control).saw(&CONTROL));
        let stream = [&[0, u8::try_from(control.len()).unwrap()][..], &control].concat();
        assert!(play(Transport::Tcp, &stream).saw(&CONTROL));
        let other = [&control[..26], &[0x55; 5]].concat();
        assert!(play(Transport::Udp, &other).matched.is_none());
    }

    #[test]
    fn a_servers_answer_acknowledges_the_first_packet() {
        let answer = [&[0x40][..], &SESSION, &[1, 0, 0, 0, 0], &SESSION, &[0; 4]].concat();
        assert!(play(Transport::Udp, &answer).saw(&PLAIN));
    }

    #[test]
    fn data_is_a_guess_on_its_port_only() {
        let data = [&[0x48, 0, 0, 0, 0, 0, 6, 0x1b][..], &[0x77; 60]].concat();
        assert!(play(Transport::Udp, &data).matched.is_none());
    }
}
