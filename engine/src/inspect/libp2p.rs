//! libp2p: the peers of IPFS, Filecoin, Polkadot and many others.
//!
//! Recognised by the first words of both sides on a stream (multistream-select 1.0.0): each is a length, a path and a
//! line's end. The same words are inside QUIC and TLS where nobody sees them; there the ALPN `libp2p` names it.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The libp2p protocol.
pub struct Libp2p;

static SECURITY: Field = Field::text("libp2p.security", "how the peers encrypt: /noise, /tls/1.0.0, /plaintext/2.0.0");

// Twenty fixed bytes.
static GREETING: Sign = Sign::new("libp2p's greeting, which says how to agree on a protocol", 95);

static PROFILE: Profile = Profile {
    name: "libp2p",
    title: "libp2p",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[4001],
    first: First::Of(&[0x13]),
    fields: &[&SECURITY],
    signs: &[&GREETING],
};

const WORDS: &[u8; 20] = b"\x13/multistream/1.0.0\n";
/// The greeting, and the longest proposal that is sent with it.
const MOST_KEPT: usize = 256;

impl Protocol for Libp2p {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.bytes.starts_with(WORDS) {
            Match::Yes(&GREETING)
        } else if WORDS.starts_with(opening.bytes) {
            Match::Unsure
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Agreement>::default()
    }
}

/// Each side's greeting and what it proposes.
#[derive(Default)]
struct Agreement {
    said: [Vec<u8>; 2],
}

impl Parser for Agreement {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(said) = self.said.get_mut(payload.side.index()) else { return Next::Done };
        let room = MOST_KEPT.saturating_sub(said.len()).min(payload.bytes.len());
        said.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        match proposal(said) {
            Some(path) => {
                facts.text(&SECURITY, path);
                Next::Done
            }
            None if said.len() >= MOST_KEPT => Next::Done,
            None => Next::More,
        }
    }

    fn kept(&self) -> usize {
        self.said.iter().map(Vec::capacity).sum()
    }
}

/// The line behind the greeting.
fn proposal(said: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(said.strip_prefix(WORDS)?);
    let length = reader.u8()?;
    reader.take(length.into())?.strip_suffix(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_greeting_tells_how_the_peers_encrypt() {
        let said = [&WORDS[..], b"\x07/noise\n"].concat();
        for size in [1, 20, 28] {
            let cut: Vec<_> = said.chunks(size).map(|bytes| (Side::Client, bytes)).collect();
            let told = tell(&Libp2p, Transport::Tcp, &cut);
            assert!(told.saw(&GREETING));
            assert_eq!(told.text(&SECURITY).unwrap(), "/noise");
        }
    }
}
