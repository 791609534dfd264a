//! The PROXY protocol: a load balancer tells the server who really asks, before what was asked (HAProxy, proxy-protocol.txt).
//!
//! Recognised by its line, or by the signature of its binary form. What follows is recognised on its own.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::be16;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The PROXY protocol.
pub struct HaProxy;

const LINE: &[u8] = b"PROXY ";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Longest line (proxy-protocol.txt §2.1).
const LONGEST_LINE: usize = 107;
/// Signature, version and command, family, length.
const HEADER: usize = 16;
/// Longest binary header that is waited for: addresses and a few additions.
const LONGEST: usize = 536;

static CLIENT: Field = Field::text("haproxy.client", "who really asks: the address, where it is told in words");

// Six letters and a family; twelve fixed bytes and a version.
static HEAD: Sign = Sign::new("a load balancer tells who really asks (PROXY protocol)", 150);

static PROFILE: Profile = Profile {
    name: "haproxy",
    title: "PROXY protocol",
    category: Category::Network,
    layer: Layer::Carrier,
    transports: &[Transport::Tcp],
    ports: &[],
    first: First::Of(b"P\r"),
    fields: &[&CLIENT],
    signs: &[&HEAD],
};

impl Protocol for HaProxy {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        let least = |mark: &[u8]| bytes.iter().zip(mark).all(|(byte, fixed)| byte == fixed);
        match bytes {
            _ if bytes.starts_with(b"PROXY TCP") || bytes.starts_with(b"PROXY UNKNOWN") => Match::Yes(&HEAD),
            // Version 2, from the balancer itself or for somebody.
            _ if bytes.starts_with(SIGNATURE) && matches!(bytes.get(12), Some(0x20 | 0x21)) => Match::Yes(&HEAD),
            _ if bytes.len() <= SIGNATURE.len() && (least(LINE) || least(SIGNATURE)) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Head>::default()
    }
}

/// The head, until it is whole.
#[derive(Default)]
struct Head {
    begun: Vec<u8>,
}

impl Parser for Head {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let before = self.begun.len();
        let room = LONGEST.saturating_sub(before).min(payload.bytes.len());
        self.begun.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        match end(&self.begun) {
            Some(end) if end <= self.begun.len() => {
                if let Some(words) = self.begun.strip_prefix(LINE) {
                    let client = words.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
                    facts.text(&CLIENT, client);
                }
                Next::Inside(end.saturating_sub(before))
            }
            Some(end) if end > LONGEST => Next::Done,
            None if self.begun.len() >= LONGEST_LINE => Next::Done,
            _ => Next::More,
        }
    }

    fn kept(&self) -> usize {
        self.begun.capacity()
    }
}

/// Where the head ends.
fn end(begun: &[u8]) -> Option<usize> {
    if begun.starts_with(LINE) {
        return memchr::memchr(b'\n', begun).map(|at| at + 1);
    }
    be16(begun, HEADER - 2).map(|length| HEADER + usize::from(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn what_follows_is_inside_wherever_the_head_is_split() {
        let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 4000 443\r\n".to_vec();
        let binary = [SIGNATURE, &[0x21, 0x11, 0, 12], &[7; 12]].concat();
        for head in [line, binary] {
            let all = [&head[..], b"GET /"].concat();
            for split in 13..head.len() {
                let (one, two) = all.split_at(split);
                let told = tell(&HaProxy, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
                assert!(told.saw(&HEAD));
                assert!(matches!(told.last, Next::Inside(used) if used == head.len() - split));
            }
        }
    }

    #[test]
    fn the_line_tells_who_asks() {
        let told = tell(&HaProxy, Transport::Tcp, &[(Side::Client, b"PROXY TCP4 192.0.2.7 198.51.100.1 4000 443\r\n")]);
        assert_eq!(told.text(&CLIENT).as_deref(), Some("192.0.2.7"));
    }
}
