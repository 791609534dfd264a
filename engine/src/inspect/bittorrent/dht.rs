//! The distributed hash table (BEP 5): questions and answers in bencoding.

use super::{announce_peers, announce_peers_6, find, EXCHANGE, INFO_HASH, QUERY};
use crate::facts::{Facts, Sign};
use crate::inspect::{Next, Payload};

// A dozen fixed bytes at the beginning, and the kind of message near the end.
pub(super) static MESSAGE: Sign = Sign::new("a message of BitTorrent's distributed hash table", 90);

/// How messages begin: arguments, an answer, an error, or one's own address before an answer (BEP 42).
const BEGINNINGS: [&[u8]; 6] = [b"d1:ad2:id20:", b"d1:rd2:id20:", b"d1:eli20", b"d2:ip6:", b"d2:ip4:", b"d2:ip18:"];
/// An identifier, which all but errors have, as near the beginning as this where a program does not sort its words.
const IDENTIFIER: &[u8] = b"d2:id20:";
const NEAR: usize = 96;
const COMPACT_PEER: &[u8] = b"6:";
const COMPACT_PEER_6: &[u8] = b"18:";
/// Most peers taken from one answer: a datagram holds hardly more.
const MOST_PEERS: usize = 32;

pub(super) fn is_message(payload: &Payload<'_>) -> bool {
    let near = payload.bytes.get(..payload.bytes.len().min(NEAR)).unwrap_or_default();
    let begins = BEGINNINGS.iter().any(|beginning| payload.bytes.starts_with(beginning))
        || matches!(near, [b'd', b'1', b':', b'a' | b'q' | b'r' | b't' | b'v' | b'y', ..])
            && find(near, IDENTIFIER).is_some();
    begins && (!payload.is_whole() || find(payload.bytes, b"1:y1:").is_some())
}

/// Each of a flow's messages may name peers, so that the flow is read on.
pub(super) fn tell(bytes: &[u8], facts: &mut Facts<'_>) -> Next {
    facts.sign(&MESSAGE);
    facts.text(&EXCHANGE, b"dht");
    let after = |key: &[u8], length: usize| bytes.get(find(bytes, key)?..)?.get(..length);
    if let Some(torrent) = after(b"9:info_hash20:", 20) {
        facts.bytes(&INFO_HASH, torrent);
    }
    if let Some(query) = find(bytes, b"1:q").and_then(|at| text(bytes.get(at..)?)) {
        facts.text(&QUERY, query);
    }
    if let Some(values) = find(bytes, b"6:valuesl").and_then(|at| bytes.get(at..)) {
        let peers = values.chunks_exact(8).map_while(|peer| peer.strip_prefix(COMPACT_PEER));
        peers.take(MOST_PEERS).for_each(|peer| announce_peers(peer, facts));
        let peers = values.chunks_exact(21).map_while(|peer| peer.strip_prefix(COMPACT_PEER_6));
        peers.take(MOST_PEERS).for_each(|peer| announce_peers_6(peer, facts));
    }
    Next::More
}

/// A short bencoded text: its length in digits, a colon, its bytes.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    let colon = bytes.iter().take(3).position(|byte| *byte == b':')?;
    let (digits, rest) = bytes.split_at_checked(colon)?;
    let length: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    rest.get(1..)?.get(..length)
}
