//! The handshake of two peers (BEP 3): a name, eight bytes of options, the torrent, and who speaks.

use super::{client, CLIENT, EXCHANGE, INFO_HASH, PEER_CLIENT};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::inspect::{Next, Payload};
use crate::packet::Side;

// Twenty fixed bytes are beyond any chance.
pub(super) static HANDSHAKE: Sign = Sign::new("BitTorrent's handshake between two peers", 100);

pub(super) const NAME: &[u8; 20] = b"\x13BitTorrent protocol";
pub(super) const LENGTH: usize = 68;

pub(super) fn handshake(bytes: &[u8]) -> Option<&'static Sign> {
    bytes.starts_with(NAME).then_some(&HANDSHAKE)
}

pub(super) fn may_be_handshake(bytes: &[u8]) -> bool {
    NAME.starts_with(bytes)
}

/// Tells torrent and program from a handshake, as far as it has come; whether all of it had.
pub(super) fn tell(bytes: &[u8], side: Side, facts: &mut Facts<'_>) -> bool {
    facts.sign(&HANDSHAKE);
    facts.text(&EXCHANGE, b"peer");
    let mut reader = Reader::new(bytes);
    let torrent = reader.skip(NAME.len() + 8).and_then(|()| reader.take(20));
    let (Some(torrent), Some(peer_id)) = (torrent, reader.take(20)) else { return false };
    facts.bytes(&INFO_HASH, torrent);
    let field = if side == Side::Client { &CLIENT } else { &PEER_CLIENT };
    if let Some(name) = client::name(peer_id) {
        facts.text(field, name.as_bytes());
    }
    true
}

/// Both sides' handshakes on a stream.
#[derive(Default)]
pub(super) struct Handshakes {
    first: [Vec<u8>; 2],
}

impl Handshakes {
    pub(super) fn kept(&self) -> usize {
        self.first.iter().map(Vec::capacity).sum()
    }

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(first) = self.first.get_mut(payload.side.index()) else { return Next::Done };
        let room = LENGTH.saturating_sub(first.len()).min(payload.bytes.len());
        first.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        if first.starts_with(NAME) {
            tell(first, payload.side, facts);
        }
        if self.first.iter().all(|first| first.len() >= LENGTH) {
            Next::Done
        } else {
            Next::More
        }
    }
}
