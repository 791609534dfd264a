//! SOCKS: asks a proxy to connect to somewhere (RFC 1928; version 4 before it).
//!
//! Recognised by the client's greeting or request when it fits its payload exactly, and held against the proxy's answer.
//! Told is where it leads to; what is inside the tunnel is recognised on its own.

mod talk;
#[cfg(test)]
mod tests;

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};
use talk::{read, Progress};

/// The SOCKS protocols.
pub struct Socks;

static VERSION: Field = Field::number("socks.version", "version, 4 or 5");
static HOST: Field = Field::text("socks.host", "host that the proxy is asked to connect to, by name or address");
static PORT: Field = Field::number("socks.port", "port that the proxy is asked to connect to");
static USER: Field = Field::text("socks.user", "who asks, where a name was sent");

// Version, a count that is the exact length, methods that exist: 1 of 2^20. The proxy's answer must agree.
static GREETING: Sign = Sign::new("a SOCKS greeting that fits its length", 45);
// Version, command, an address and an end where they should be, among small numbers.
static REQUEST: Sign = Sign::new("a SOCKS request that fits its length", 37);
// What was asked and what was answered agree; an answer begins with small numbers, so that half is claimed.
static AGREED: Sign = Sign::new("a SOCKS proxy that answers what was asked", 30);

static PROFILE: Profile = Profile {
    name: "socks",
    title: "SOCKS",
    category: Category::Tunnel,
    layer: Layer::Carrier,
    transports: &[Transport::Tcp],
    ports: &[1080, 9050, 9150],
    first: First::Of(&[4, 5]),
    fields: &[&VERSION, &HOST, &PORT, &USER],
    signs: &[&GREETING, &REQUEST, &AGREED],
};

impl Protocol for Socks {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match opening.bytes {
            [5] | [5, 1..=MOST_METHODS] => Match::Unsure,
            [5, count @ 1..=MOST_METHODS, methods @ ..] => match methods.len().cmp(&usize::from(*count)) {
                std::cmp::Ordering::Less => Match::Unsure,
                std::cmp::Ordering::Equal if methods.iter().all(|method| exists(*method)) => Match::Yes(&GREETING),
                _ => Match::No,
            },
            [4, ..] => match read(opening.bytes, &[]) {
                Progress::Asked(_) if ends_request(opening.bytes) => Match::Yes(&REQUEST),
                Progress::Waiting if opening.bytes.len() < LONGEST_REQUEST => Match::Unsure,
                _ => Match::No,
            },
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<SocksParser>::default()
    }
}

/// More methods than any client offers.
const MOST_METHODS: u8 = 9;
/// A version 4 request with a long name of a user and of a host.
const LONGEST_REQUEST: usize = 512;

/// Whether a request of version 4 ends where the payload does: behind the user's name, or behind the host's where the address
/// is none.
fn ends_request(bytes: &[u8]) -> bool {
    let by_name = matches!(bytes.get(4..8), Some([0, 0, 0, last]) if *last != 0);
    let names = bytes.get(8..).unwrap_or_default();
    let ends = memchr::memchr_iter(0, names).count();
    names.last() == Some(&0) && ends == if by_name { 2 } else { 1 }
}

/// Whether a method of authentication has a meaning, or may have a private one (RFC 1928 §3).
const fn exists(method: u8) -> bool {
    matches!(method, 0..=9 | 0x80..=0xfe)
}

/// Most bytes of either side before the tunnel begins.
const MOST_BYTES: usize = 1024;

/// Reads one conversation up to where the tunnel begins.
#[derive(Default)]
struct SocksParser {
    said: [Vec<u8>; 2],
}

impl Parser for SocksParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(said) = self.said.get_mut(payload.side.index()) else { return Next::Done };
        let before = said.len();
        let room = MOST_BYTES.saturating_sub(before);
        said.extend_from_slice(payload.bytes.get(..payload.bytes.len().min(room)).unwrap_or_default());
        let [client, server] = &self.said;
        match read(client, server) {
            Progress::Wrong => Next::NotMine,
            Progress::Waiting => Next::More,
            Progress::Asked(request) => {
                request.tell(facts);
                Next::More
            }
            Progress::Refused(request) => {
                request.tell(facts);
                facts.sign(&AGREED);
                Next::Done
            }
            Progress::Open(request, answered) => {
                request.tell(facts);
                facts.sign(&AGREED);
                // Only the proxy's answer can end the talk.
                let used = if payload.side == Side::Server { answered.saturating_sub(before) } else { 0 };
                Next::Inside(used)
            }
        }
    }

    fn turned(&mut self) {
        self.said.reverse();
    }

    fn kept(&self) -> usize {
        self.said.iter().map(Vec::capacity).sum()
    }
}

impl talk::Request<'_> {
    fn tell(&self, facts: &mut Facts<'_>) {
        facts.number(&VERSION, self.version.into());
        facts.text(&HOST, self.host().as_bytes());
        facts.number(&PORT, self.port.into());
        if !self.user.is_empty() {
            facts.text(&USER, self.user);
        }
    }
}
