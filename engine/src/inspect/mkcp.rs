//! mKCP: V2Ray's and Xray's own transport over UDP, bare or disguised as something else.
//!
//! Without a word that both sides know, every datagram is a checksum, its length and the segment, each byte mixed with the
//! one four before it (`transport/internet/kcp/crypt.go`): no secret is in that, so that it is undone and checked. Before it
//! there may be a disguise (`transport/internet/headers`): the beginnings of SRTP, µTP, DTLS, `WireGuard` or `WeChat`'s video.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::byte;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The mKCP protocol.
pub struct Mkcp;

static DISGUISE: Field =
    Field::text("mkcp.disguise", "what its datagrams pretend to be: srtp, utp, dtls, wireguard, wechat");

// A checksum of 32 bits and a length of 16 (144 dB), looked for at three places; FNV is weak on few bytes.
static SEALED: Sign = Sign::new("a datagram of V2Ray's mKCP, whose checksum and length are right", 110);

static PROFILE: Profile = Profile {
    name: "mkcp",
    title: "mKCP",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    // Mixed bytes look like any; what is asked first is two of them.
    first: First::Shapes(&[Shape::datagram().long(SHORTEST, LONGEST)]),
    fields: &[&DISGUISE],
    signs: &[&SEALED],
};

/// Checksum, length, and the shortest segment: conversation, kind, options and one number.
const SHORTEST: u32 = 6 + 12;
/// What fits a packet of the Internet.
const LONGEST: u32 = 1500;
const CHECKSUM: usize = 4;
const HEAD: usize = 6;

/// What may come before, by its first bytes, how long it is, and its name.
const DISGUISES: [(&[u8], usize, &str); 4] = [
    (&[0xb5, 0xe8], 4, "srtp"),
    (&[4, 0, 0, 0], 4, "wireguard"),
    (&[0x17, 0xfe, 0xfd], 13, "dtls"),
    (&[0xa1, 8], 13, "wechat"),
];

impl Protocol for Mkcp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.is_whole() && disguise(opening.bytes).is_some() {
            Match::Yes(&SEALED)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Mkcp)
    }
}

/// The name of what comes before a right segment; empty where nothing does.
fn disguise(bytes: &[u8]) -> Option<&'static str> {
    let right = |skipped: usize| bytes.get(skipped..).is_some_and(is_sealed);
    if right(0) {
        return Some("");
    }
    let known = DISGUISES.iter().find(|(start, skipped, _)| bytes.starts_with(start) && right(*skipped));
    // A number of the conversation, then version and kind of µTP the other way round.
    let utp = || bytes.get(2..4) == Some(&[1, 0]) && right(4);
    known.map(|(_, _, name)| *name).or_else(|| utp().then_some("utp"))
}

/// Whether length and checksum are right once the mixing is undone.
fn is_sealed(mixed: &[u8]) -> bool {
    let plain = |at: usize| Some(byte(mixed, at)? ^ at.checked_sub(4).map_or(Some(0), |before| byte(mixed, before))?);
    let (Some(high), Some(low)) = (plain(CHECKSUM), plain(CHECKSUM + 1)) else { return false };
    if usize::from(u16::from_be_bytes([high, low])) + HEAD != mixed.len() {
        return false;
    }
    let said = mixed.get(..CHECKSUM).unwrap_or_default();
    let pairs = mixed.iter().zip(mixed.get(CHECKSUM..).unwrap_or_default());
    fnv(pairs.map(|(before, byte)| before ^ byte)).to_be_bytes() == said
}

/// The checksum FNV-1a of 32 bits (draft-eastlake-fnv).
fn fnv(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Parser for Mkcp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(name) = disguise(payload.bytes).filter(|name| !name.is_empty()) {
            facts.text(&DISGUISE, name.as_bytes());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    /// As the sender makes it.
    fn sealed(segment: &[u8]) -> Vec<u8> {
        let length = u16::try_from(segment.len()).unwrap().to_be_bytes();
        let rest = [&length[..], segment].concat();
        let mut bytes = [&fnv(rest.iter().copied()).to_be_bytes()[..], &rest].concat();
        for at in 4..bytes.len() {
            bytes[at] ^= bytes[at - 4];
        }
        bytes
    }

    #[test]
    fn a_segment_is_recognised_bare_and_disguised() {
        let segment = sealed(&[0x12, 0x34, 1, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 9, 9]);
        let disguises: [(&[u8], Option<&str>); 5] = [
            (&[], None),
            (&[0xb5, 0xe8, 0, 9], Some("srtp")),
            (&[0x77, 0x1c, 1, 0], Some("utp")),
            (&[0x17, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 2, 0, 34], Some("dtls")),
            (&[0xa1, 8, 0, 0, 0, 5, 0, 0x10, 0x11, 0x18, 0x30, 0x22, 0x30], Some("wechat")),
        ];
        for (start, name) in disguises {
            let bytes = [start, &segment].concat();
            let told = tell(&Mkcp, Transport::Udp, &[(Side::Client, &bytes)]);
            assert!(told.saw(&SEALED), "{name:?}");
            assert_eq!(told.text(&DISGUISE).as_deref(), name);
        }
    }

    #[test]
    fn a_wrong_byte_anywhere_is_seen() {
        let whole = sealed(&[9; 30]);
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert!(tell(&Mkcp, Transport::Udp, &[(Side::Client, &broken)]).matched.is_none(), "{at}");
        }
    }
}
