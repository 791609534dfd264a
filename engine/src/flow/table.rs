//! The table of live flows: bounded, found by key, expired by frame time.
//!
//! Flows lie in blocks that never move. A wheel of one-second slots says when to look at a flow again: looking is lazy,
//! so a packet costs the wheel nothing.

use hashbrown::HashTable;

use super::{Flow, FlowKey};
use crate::packet::Time;

/// Where a flow lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(u32);

/// How much the table may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most live flows; one more drives out another.
    pub flows: u32,
}

const BLOCK: usize = 1024;
/// Four cache lines, as long as the compiler finds room in a flow for "none".
const _: () = assert!(size_of::<Option<Flow>>() == 256);
/// Longer than any patience, so that every deadline has a slot of its own turn.
const SPOKES: usize = 2048;
/// Seconds after which a flow is looked at though its patience lasts: it may have closed, which is told soon after.
const LOOK_AGAIN: u64 = 60;
const NONE: u32 = u32::MAX;

/// Places for flows. A flow fills four cache lines, and whatever lay beside it would push the next one over a fifth.
struct Block {
    flows: Vec<Option<Flow>>,
    /// Of each place: the next in the same spoke of the wheel, or in the free list.
    next: [u32; BLOCK],
}

/// Live flows.
pub struct Table {
    index: HashTable<(u32, u32)>,
    blocks: Vec<Box<Block>>,
    free: u32,
    spokes: Vec<u32>,
    /// The wheel has turned up to this second.
    turned: u64,
    /// The first of those to look at in this second.
    due: u32,
    limits: Limits,
    seed: u64,
    hand: u32,
}

/// Spreads the stored 32 bits over the 64 that the index wants.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Table {
    /// An empty table; `seed` keeps outsiders from choosing keys that collide.
    #[must_use]
    pub fn new(limits: Limits, seed: u64) -> Self {
        Self {
            index: HashTable::new(),
            blocks: Vec::new(),
            free: NONE,
            spokes: vec![NONE; SPOKES],
            turned: 0,
            due: NONE,
            limits,
            seed,
            hand: 0,
        }
    }

    /// Live flows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Bytes on the heap for places and index, without what flows hold themselves.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.blocks.len() * (BLOCK * size_of::<Option<Flow>>() + size_of::<Block>()) + self.index.allocation_size()
    }

    /// The flow with this key.
    #[must_use]
    #[inline]
    pub fn find(&self, key: &FlowKey) -> Option<Slot> {
        let hash = key.hash(self.seed);
        let same =
            |&(known, at): &(u32, u32)| known == hash && self.look(Slot(at)).is_some_and(|flow| flow.key == *key);
        self.index.find(spread(hash), same).map(|&(_, at)| Slot(at))
    }

    /// The flow that lies there.
    #[inline]
    pub fn get(&mut self, slot: Slot) -> Option<&mut Flow> {
        self.place(slot.0)?.as_mut()
    }

    /// The flow that lies there, to look at.
    #[must_use]
    #[inline]
    pub fn look(&self, slot: Slot) -> Option<&Flow> {
        self.blocks.get(slot.0 as usize / BLOCK)?.flows.get(slot.0 as usize % BLOCK)?.as_ref()
    }

    /// Puts a flow in. A full table gives the one that had to go.
    pub fn insert(&mut self, flow: Flow) -> (Slot, Option<Flow>) {
        if self.len() >= self.limits.flows as usize {
            if let Some(slot) = self.least_worth() {
                return (slot, self.replace(slot, flow));
            }
        }
        let hash = flow.key.hash(self.seed);
        let second = due_second(&flow);
        let at = self.put(flow);
        self.index.insert_unique(spread(hash), (hash, at), |&(hash, _)| spread(hash));
        self.hang(at, second);
        (Slot(at), None)
    }

    /// Puts a flow in another's place and gives that one. The place hangs on the wheel where it did: it is looked at when
    /// the old flow was due, and hung anew then.
    pub fn replace(&mut self, slot: Slot, flow: Flow) -> Option<Flow> {
        let hash = flow.key.hash(self.seed);
        let old = self.place(slot.0)?.replace(flow);
        if let Some(old) = &old {
            self.forget(old.key.hash(self.seed), slot.0);
        }
        self.index.insert_unique(spread(hash), (hash, slot.0), |&(hash, _)| spread(hash));
        old
    }

    /// Whether [`Self::expired`] has anything to look at.
    #[must_use]
    #[inline]
    pub fn is_due(&self, now: Time) -> bool {
        now.0 / Time::SECOND > self.turned
    }

    /// The next flow whose patience is over; `None` when the wheel has turned up to `now`.
    pub fn expired(&mut self, now: Time) -> Option<Flow> {
        let second = now.0 / Time::SECOND;
        if self.turned == 0 || second > self.turned + SPOKES as u64 {
            self.turned = self.turned.max(second.saturating_sub(SPOKES as u64));
        }
        loop {
            while let Some(next) = self.next(self.due).copied() {
                let at = std::mem::replace(&mut self.due, next);
                match self.look(Slot(at)).map(due_second) {
                    Some(due) if due > self.turned => self.hang(at, due.min(self.turned + LOOK_AGAIN)),
                    Some(_) => return self.release(at),
                    None => {}
                }
            }
            if self.turned >= second {
                return None;
            }
            self.turned += 1;
            self.due = self.spokes.get_mut(spoke_of(self.turned)).map_or(NONE, |head| std::mem::replace(head, NONE));
        }
    }

    /// Every place that holds a flow, in their order: neighbours lie side by side.
    #[must_use]
    pub fn slots(&self) -> Vec<Slot> {
        let places = (0..).zip(self.blocks.iter().flat_map(|block| &block.flows));
        places.filter(|(_, flow)| flow.is_some()).map(|(at, _)| Slot(at)).collect()
    }

    /// Takes a flow out of its place. For whoever takes all of them, and then [clears](Self::clear) the table.
    pub fn take(&mut self, slot: Slot) -> Option<Flow> {
        self.place(slot.0)?.take()
    }

    /// Gives back all room.
    pub fn clear(&mut self) {
        self.index.clear();
        self.blocks.clear();
        (self.free, self.due) = (NONE, NONE);
        self.spokes.fill(NONE);
    }

    /// The clock's hand takes the first flow it meets that is not being read, or after some tries the last it met.
    fn least_worth(&mut self) -> Option<Slot> {
        const TRIES: u32 = 16;
        let places = self.blocks.iter().map(|block| block.flows.len()).sum::<usize>();
        let places = u32::try_from(places).ok().filter(|places| *places > 0)?;
        let mut met = None;
        for attempt in 0..places {
            self.hand = (self.hand + 1) % places;
            let Some(flow) = self.look(Slot(self.hand)) else { continue };
            met = Some(Slot(self.hand));
            if flow.reading.is_none() || attempt >= TRIES {
                break;
            }
        }
        met
    }

    fn forget(&mut self, hash: u32, at: u32) {
        if let Ok(entry) = self.index.find_entry(spread(hash), |&(_, known)| known == at) {
            entry.remove();
        }
    }

    fn put(&mut self, flow: Flow) -> u32 {
        let at = self.free;
        if let Some(next) = self.next(at).copied() {
            self.free = next;
            if let Some(empty) = self.place(at) {
                *empty = Some(flow);
            }
            return at;
        }
        if self.blocks.last().is_none_or(|block| block.flows.len() == BLOCK) {
            self.blocks.push(Box::new(Block { flows: Vec::with_capacity(BLOCK), next: [NONE; BLOCK] }));
        }
        let before = (self.blocks.len() - 1) * BLOCK;
        let Some(block) = self.blocks.last_mut() else { return NONE };
        block.flows.push(Some(flow));
        u32::try_from(before + block.flows.len() - 1).unwrap_or(NONE)
    }

    fn hang(&mut self, at: u32, second: u64) {
        // What is due already is looked at when the wheel next moves.
        let second = second.clamp(self.turned + 1, self.turned + SPOKES as u64 - 1);
        let Some(head) = self.spokes.get_mut(spoke_of(second)) else { return };
        let before = std::mem::replace(head, at);
        if let Some(next) = self.next(at) {
            *next = before;
        }
    }

    /// Takes the flow out, and its place goes to the free ones.
    fn release(&mut self, at: u32) -> Option<Flow> {
        let flow = self.place(at)?.take()?;
        let free = std::mem::replace(&mut self.free, at);
        if let Some(next) = self.next(at) {
            *next = free;
        }
        self.forget(flow.key.hash(self.seed), at);
        Some(flow)
    }

    #[inline]
    fn place(&mut self, at: u32) -> Option<&mut Option<Flow>> {
        self.blocks.get_mut(at as usize / BLOCK)?.flows.get_mut(at as usize % BLOCK)
    }

    fn next(&mut self, at: u32) -> Option<&mut u32> {
        self.blocks.get_mut(at as usize / BLOCK)?.next.get_mut(at as usize % BLOCK)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a remainder of SPOKES fits")]
fn spoke_of(second: u64) -> usize {
    (second % SPOKES as u64) as usize
}

fn due_second(flow: &Flow) -> u64 {
    flow.last.0.saturating_add(flow.state.patience(flow.transport())) / Time::SECOND + 1
}
