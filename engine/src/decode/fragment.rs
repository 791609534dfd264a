//! Puts IP fragments together (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! Bounded three ways: datagrams at a time, bytes at a time, and seconds of frame time. The oldest goes first.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::ip::{Datagram, Part};
use super::{len32, Malformed};
use crate::packet::{Addr, Time};

/// As long as Linux waits.
const PATIENCE: u64 = 30 * Time::SECOND;
/// Datagrams that may be under way at once.
const MAX_DATAGRAMS: usize = 1024;
/// Bytes of fragments that may be held at once.
const MAX_BYTES: usize = 4 << 20;
/// Fragments of one datagram: 65,535 bytes in the smallest packets that every host must take (576 bytes) are 119.
const MAX_PARTS: usize = 128;
/// The longest payload that the lengths of IP allow.
const MAX_DATAGRAM: u32 = 65_535;

/// What became of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was the last one that was missing: here is the payload of the datagram.
    Whole(Vec<u8>),
    /// Others are missing. The ports, where the first one has come.
    Waiting(Option<[u16; 2]>),
    /// The capture cut it, so that the datagram can never be whole.
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: Addr,
    destination: Addr,
    id: u32,
    protocol: u8,
    vlan: [u16; 2],
}

#[derive(Debug)]
struct Piece {
    start: u32,
    bytes: Box<[u8]>,
}

impl Piece {
    fn end(&self) -> u32 {
        self.start.saturating_add(len32(&self.bytes))
    }
}

/// A datagram that is not whole yet.
#[derive(Debug)]
struct Pending {
    /// Tells it from an earlier one of the same key.
    serial: u64,
    /// In order of arrival.
    pieces: Vec<Piece>,
    /// Known since the last one came.
    end: Option<u32>,
    ports: Option<[u16; 2]>,
}

/// The datagrams that are not whole yet.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    pending: HashMap<Key, Pending, foldhash::fast::RandomState>,
    /// Oldest first; an entry whose serial is no longer pending was completed.
    order: VecDeque<(Time, u64, Key)>,
    held: usize,
    serial: u64,
}

impl Fragments {
    /// Bytes of fragments held.
    pub fn held_bytes(&self) -> usize {
        self.held
    }

    /// Takes a fragment in. Also says how many other datagrams were given up.
    pub fn add(
        &mut self,
        now: Time,
        vlan: [u16; 2],
        datagram: &Datagram<'_>,
        part: Part,
    ) -> (Result<Outcome, Malformed>, usize) {
        let given_up = self.make_room(now, datagram.payload.len());
        (self.insert(now, vlan, datagram, part), given_up)
    }

    fn insert(&mut self, now: Time, vlan: [u16; 2], datagram: &Datagram<'_>, part: Part) -> Result<Outcome, Malformed> {
        let end = part.offset.saturating_add(datagram.payload_len);
        let unaligned = part.more && (!datagram.payload_len.is_multiple_of(8) || datagram.payload_len == 0);
        if unaligned || end > MAX_DATAGRAM {
            return Err(Malformed::Fragment);
        }
        if len32(datagram.payload) < datagram.payload_len {
            return Ok(Outcome::Cut);
        }
        let key = Key {
            source: datagram.source,
            destination: datagram.destination,
            id: part.id,
            protocol: datagram.protocol,
            vlan,
        };
        let pending = self.pending.entry(key).or_insert_with(|| {
            self.serial += 1;
            self.order.push_back((now, self.serial, key));
            Pending { serial: self.serial, pieces: Vec::new(), end: None, ports: None }
        });
        if part.offset == 0 && pending.ports.is_none() {
            pending.ports = datagram.ports();
        }
        self.held += pending.take(part, datagram.payload)?;
        let Some(payload) = pending.joined() else {
            return Ok(Outcome::Waiting(pending.ports));
        };
        self.forget(&key);
        Ok(Outcome::Whole(payload))
    }

    /// Gives up what waited too long, and the oldest until there is room for `coming` bytes.
    fn make_room(&mut self, now: Time, coming: usize) -> usize {
        let mut given_up = 0;
        while let Some(&(since, serial, key)) = self.order.front() {
            let crowded = self.pending.len() >= MAX_DATAGRAMS || self.order.len() >= 4 * MAX_DATAGRAMS;
            let full = crowded || self.held + coming > MAX_BYTES;
            if !full && now.since(since) < PATIENCE {
                break;
            }
            self.order.pop_front();
            if self.pending.get(&key).is_some_and(|pending| pending.serial == serial) {
                self.forget(&key);
                given_up += 1;
            }
        }
        given_up
    }

    fn forget(&mut self, key: &Key) {
        if let Some(pending) = self.pending.remove(key) {
            self.held -= pending.pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>();
        }
    }
}

impl Pending {
    /// Keeps a part; how many bytes that takes.
    fn take(&mut self, part: Part, bytes: &[u8]) -> Result<usize, Malformed> {
        let piece_end = part.offset + len32(bytes);
        let contradicts = match self.end {
            Some(end) => piece_end > end || (!part.more && piece_end != end),
            None => !part.more && self.pieces.iter().any(|piece| piece.end() > piece_end),
        };
        if contradicts {
            return Err(Malformed::Fragment);
        }
        if !part.more {
            self.end = Some(piece_end);
        }
        // Sent twice.
        if self.pieces.iter().any(|piece| piece.start <= part.offset && piece.end() >= piece_end) {
            return Ok(0);
        }
        if self.pieces.len() == MAX_PARTS {
            return Err(Malformed::Fragment);
        }
        self.pieces.push(Piece { start: part.offset, bytes: bytes.into() });
        Ok(bytes.len())
    }

    /// The payload, once no part is missing. Where parts overlap, the one that came first holds.
    fn joined(&self) -> Option<Vec<u8>> {
        let end = self.end?;
        let mut spans: Vec<(u32, u32)> = self.pieces.iter().map(|piece| (piece.start, piece.end())).collect();
        spans.sort_unstable();
        let covered =
            spans.iter().fold(0, |covered, &(from, to)| if from <= covered { covered.max(to) } else { covered });
        if covered < end {
            return None;
        }
        let mut payload = vec![0; end as usize];
        for piece in self.pieces.iter().rev() {
            payload.get_mut(piece.start as usize..piece.end() as usize)?.copy_from_slice(&piece.bytes);
        }
        Some(payload)
    }
}
