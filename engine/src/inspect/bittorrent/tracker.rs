//! Trackers, which know who has a torrent: over UDP (BEP 15) and over HTTP (BEP 3).

use super::{announce_peers, announce_peers_6, client, find, CLIENT, EXCHANGE, INFO_HASH};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::inspect::{Next, Payload};
use crate::packet::Side;

// Twelve fixed bytes.
pub(super) static CONNECT: Sign = Sign::new("the question for a connection to a BitTorrent tracker", 90);
// Four bytes that equal the question's, and four of the action.
pub(super) static TRANSACTION: Sign = Sign::new("a BitTorrent tracker's answer with the number of the question", 70);
// Words that hardly anybody else writes; heavier than HTTP itself, which this is too.
pub(super) static ANNOUNCE: Sign = Sign::new("a question to a BitTorrent tracker over HTTP", 110);
pub(super) static PEERS: Sign = Sign::new("a BitTorrent tracker's list of peers", 60);

const CONNECT_MAGIC: u64 = 0x0417_2710_1980;
/// What a whole request line, and an answer of fifty peers, fit in.
const MOST_KEPT: usize = 4096;

pub(super) fn connect(bytes: &[u8]) -> Option<&'static Sign> {
    let mut reader = Reader::new(bytes);
    (reader.be64()? == CONNECT_MAGIC && reader.be32()? == 0).then_some(&CONNECT)
}

/// The talk with a tracker over UDP.
#[derive(Default)]
pub(super) struct Exchange {
    /// Number of the last question, once there was one.
    asked: Option<[u8; 4]>,
}

impl Exchange {
    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let told = match payload.side {
            Side::Client => self.question(payload.bytes, facts),
            Side::Server => self.answer(payload, facts),
        };
        if told.is_some() {
            Next::More
        } else {
            Next::NotMine
        }
    }

    fn question(&mut self, bytes: &[u8], facts: &mut Facts<'_>) -> Option<()> {
        let mut reader = Reader::new(bytes);
        let connection = reader.be64()?;
        let action = reader.be32()?;
        let number = reader.array()?;
        match action {
            0 if connection == CONNECT_MAGIC => facts.sign(&CONNECT),
            // Only after a connection was asked for: the identifier may be anything.
            1 if self.asked.is_some() => {
                facts.bytes(&INFO_HASH, reader.take(20)?);
                if let Some(name) = client::name(reader.take(20)?) {
                    facts.text(&CLIENT, name.as_bytes());
                }
            }
            2 if self.asked.is_some() => {}
            _ => return None,
        }
        facts.text(&EXCHANGE, b"tracker");
        self.asked = Some(number);
        Some(())
    }

    fn answer(&self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<()> {
        let mut reader = Reader::new(payload.bytes);
        let action = reader.be32()?;
        let number: [u8; 4] = reader.array()?;
        if action > 3 || self.asked != Some(number) {
            return None;
        }
        facts.sign(&TRANSACTION);
        if action == 1 {
            // Interval, leechers, seeders.
            reader.skip(12)?;
            // Over IPv6 the peers are of IPv6 (BEP 15).
            if payload.client.addr.as_v4().is_some() {
                announce_peers(reader.rest(), facts);
            } else {
                announce_peers_6(reader.rest(), facts);
            }
        }
        Some(())
    }
}

/// Whether a request asks a tracker: by its line, which names the torrent and either the asker or that it is a scrape.
pub(super) fn request(opening: &Payload<'_>) -> Option<&'static Sign> {
    let line = request_line(opening.bytes)?;
    let has = |word: &[u8]| find(line, word).is_some();
    (has(b"info_hash=") && (has(b"peer_id=") || has(b"/scrape"))).then_some(&ANNOUNCE)
}

/// The request line, or what there is of it.
fn request_line(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.strip_prefix(b"GET ")?;
    line.split(|byte| *byte == b'\r').next()
}

/// Whether a request's line goes on.
pub(super) fn may_be_request(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GET ") && !bytes.contains(&b'\r') && bytes.len() < MOST_KEPT
}

/// The talk with a tracker over HTTP.
#[derive(Default)]
pub(super) struct Web {
    answer: Vec<u8>,
}

impl Web {
    pub(super) fn kept(&self) -> usize {
        self.answer.capacity()
    }

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.text(&EXCHANGE, b"tracker");
        if payload.side == Side::Client {
            request_line(payload.bytes).and_then(|line| tell_asker(line, facts));
            return Next::More;
        }
        let room = MOST_KEPT.saturating_sub(self.answer.len()).min(payload.bytes.len());
        self.answer.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        match self.peers() {
            Some(peers) => {
                facts.sign(&PEERS);
                announce_peers(peers, facts);
                Next::Done
            }
            None if self.answer.len() >= MOST_KEPT => Next::Done,
            None => Next::More,
        }
    }

    /// The compact list (BEP 23): its length in digits, a colon, six bytes each.
    fn peers(&self) -> Option<&[u8]> {
        let list = self.answer.get(find(&self.answer, b"5:peers")?..)?;
        let colon = list.iter().take(5).position(|byte| *byte == b':')?;
        let length: usize = std::str::from_utf8(list.get(..colon)?).ok()?.parse().ok()?;
        list.get(colon + 1..)?.get(..length.min(MOST_KEPT))
    }
}

fn tell_asker(line: &[u8], facts: &mut Facts<'_>) -> Option<()> {
    let parameter = |name: &[u8]| Some(unescaped(line.get(find(line, name)?..)?));
    facts.bytes(&INFO_HASH, &parameter(b"info_hash=")?);
    let name = client::name(&parameter(b"peer_id=")?)?;
    facts.text(&CLIENT, name.as_bytes());
    Some(())
}

/// A parameter's twenty bytes, `%` escapes undone.
fn unescaped(escaped: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(20);
    let mut reader = Reader::new(escaped);
    while let (0..20, Some(byte)) = (plain.len(), reader.u8()) {
        match byte {
            b'%' => {
                let digits = reader.take(2).and_then(|digits| std::str::from_utf8(digits).ok());
                let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else { break };
                plain.push(byte);
            }
            b'&' | b' ' => break,
            byte => plain.push(byte),
        }
    }
    plain
}
