//! NetBIOS over TCP/IP: old Windows names (port 137), datagrams (138) and sessions (139) (RFC 1001, RFC 1002).
//!
//! Recognised by names of sixteen characters, each written as two letters from A to P. What a session carries is SMB,
//! and told by its own file.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The NetBIOS protocols.
pub struct Netbios;

const NAMES: u16 = 137;
const DATAGRAMS: u16 = 138;
const SESSIONS: u16 = 139;
/// Letters of a name on the wire.
const LETTERS: u8 = 32;
/// Bytes of a datagram before its first name (RFC 1002 §4.4.1).
const DATAGRAM_HEADER: usize = 14;

static NAME: Field = Field::text("netbios.name", "the first name that was asked for, registered or told");

// 32 letters of 16 out of 256 each: 32 x 12 dB. Any port is as good.
static ENCODED_NAME: Sign = Sign::new("a NetBIOS name in its two-letter writing", 96);

static PROFILE: Profile = Profile {
    name: "netbios",
    title: "NetBIOS",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[NAMES, DATAGRAMS, SESSIONS],
    first: First::Shapes(&[Shape::datagram().on(&[NAMES, DATAGRAMS]), Shape::stream().at(0, Bytes::Of(&[0x81]))]),
    fields: &[&NAME],
    signs: &[&ENCODED_NAME],
};

impl Protocol for Netbios {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if name(opening).is_some() {
            return Match::Yes(&ENCODED_NAME);
        }
        let begun = opening.transport == Transport::Tcp && opening.on_port(&[SESSIONS]) && opening.bytes.len() < 37;
        if begun && opening.bytes.first() == Some(&0x81) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Netbios)
    }
}

impl Parser for Netbios {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = name(payload) {
            facts.text(&NAME, &name);
        }
        if payload.transport == Transport::Tcp {
            // The called and the calling name; then the session begins, after the other's consent.
            return Next::Inside(payload.bytes.len());
        }
        Next::Done
    }
}

/// The first name of a message, by the service that its port stands for.
fn name(payload: &Payload<'_>) -> Option<Vec<u8>> {
    let mut reader = Reader::new(payload.bytes);
    if payload.transport == Transport::Tcp {
        // Session request, no flags, and two names of 34 bytes (RFC 1002 §4.3.2).
        return (reader.array()? == [0x81, 0, 0, 68]).then(|| decoded(&mut reader))?;
    }
    if payload.on_port(&[DATAGRAMS]) {
        let kind = reader.u8()?;
        reader.skip(DATAGRAM_HEADER - 1)?;
        return (0x10..=0x16).contains(&kind).then(|| decoded(&mut reader))?;
    }
    if !payload.on_port(&[NAMES]) {
        return None;
    }
    reader.skip(4)?;
    let counts: [u8; 8] = reader.array()?;
    // At most one of each, and a question or an answer (RFC 1002 §4.2).
    let small = counts.chunks(2).all(|count| matches!(count, [0, 0 | 1]));
    small.then(|| decoded(&mut reader))?
}

/// Sixteen characters; the last one says what kind of service the name is of, and is left out.
fn decoded(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    if reader.u8()? != LETTERS {
        return None;
    }
    let letters = reader.take(LETTERS.into())?;
    let half = |letter: u8| letter.checked_sub(b'A').filter(|half| *half < 16);
    let mut name = Vec::new();
    for pair in letters.chunks_exact(2) {
        let [high, low] = pair else { return None };
        name.push(half(*high)? << 4 | half(*low)?);
    }
    name.pop();
    let end = name.iter().rposition(|byte| !matches!(byte, b' ' | 0)).map_or(0, |last| last + 1);
    name.truncate(end);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    fn written(name: &[u8; 16]) -> Vec<u8> {
        let mut bytes = vec![LETTERS];
        bytes.extend(name.iter().flat_map(|byte| [b'A' + (byte >> 4), b'A' + (byte & 15)]));
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_registration_is_told_with_its_name() {
        let server = Endpoint { port: NAMES, ..SERVER };
        let mut bytes = vec![0x12, 0x34, 0x29, 0x10, 0, 1, 0, 0, 0, 0, 0, 1];
        bytes.extend(written(b"WORKGROUP      \x1e"));
        bytes.extend([0, 0x20, 0, 1]);
        let told = tell_between(&Netbios, Transport::Udp, CLIENT, server, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&NAME).as_deref(), Some("WORKGROUP"));
        assert!(tell(&Netbios, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none());
    }

    #[test]
    fn a_session_request_opens_what_follows() {
        let bytes = [vec![0x81, 0, 0, 68], written(b"*SMBSERVER      "), written(b"PC              ")].concat();
        let told = tell(&Netbios, Transport::Tcp, &[(Side::Client, &bytes)]);
        assert_eq!(told.text(&NAME).as_deref(), Some("*SMBSERVER"));
        assert!(matches!(told.last, Next::Inside(72)));
    }
}
