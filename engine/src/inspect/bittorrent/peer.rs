//! Two peers (BEP 3): the handshake, of a name, eight bytes of options, the torrent, and who speaks; and behind it messages with
//! their length, by which a stream that was joined late is told.

use super::{client, CLIENT, EXCHANGE, INFO_HASH, PEER_CLIENT};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::inspect::{Next, Payload};
use crate::packet::Side;

// Twenty fixed bytes are beyond any chance.
pub(super) static HANDSHAKE: Sign = Sign::new("BitTorrent's handshake between two peers", 100);

// A length of four bytes and a kind, a length or two and a place that are round: 100 dB and more.
pub(super) static PART: Sign = Sign::new("BitTorrent peers that ask for a part or send one", 80);

pub(super) const NAME: &[u8; 20] = b"\x13BitTorrent protocol";
pub(super) const LENGTH: usize = 68;

pub(super) fn handshake(bytes: &[u8]) -> Option<&'static Sign> {
    bytes.starts_with(NAME).then_some(&HANDSHAKE)
}

/// Bytes of a part as all programs ask for it.
const PART_SIZE: u32 = 1 << 14;
/// More pieces than any torrent has.
const MOST_PIECES: u32 = 1 << 20;
/// Kinds of message that say what one has or wants, with their lengths.
const SHORT: [(u32, u8); 6] = [(1, 0), (1, 1), (1, 2), (1, 3), (5, 4), (3, 9)];

/// Whether a payload begins with messages of which one asks for a part, or sends one.
pub(super) fn part(bytes: &[u8]) -> Option<&'static Sign> {
    let mut reader = Reader::new(bytes);
    for _ in 0..MOST_SHORT {
        let length = reader.be32()?;
        if length == 0 {
            continue;
        }
        let kind = reader.u8()?;
        if SHORT.contains(&(length, kind)) {
            reader.skip(usize::try_from(length - 1).ok()?)?;
            continue;
        }
        let (piece, begins) = (reader.be32()?, reader.be32()?);
        let round = piece < MOST_PIECES && begins.is_multiple_of(PART_SIZE);
        let fits = match (length, kind) {
            // Asked for, or no longer.
            (13, 6 | 8) => reader.be32()? == PART_SIZE,
            (length, 7) => length == PART_SIZE + 9,
            _ => false,
        };
        return (round && fits).then_some(&PART);
    }
    None
}

/// Short messages that may come first.
const MOST_SHORT: usize = 16;

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
