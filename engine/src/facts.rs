//! What parsers tell: facts (fields with values), signs (evidence with a weight), and what they announce of other flows.
//!
//! A field or a sign is one `static` in its protocol's file. The registry gives each a small number at start, so that a
//! flow keeps only numbers and values, in one compact block.

use std::sync::atomic::{AtomicU16, Ordering};

use smallvec::SmallVec;

use crate::calls::Coding;
use crate::packet::{Addr, Endpoint, Side, Transport};

/// Longest value kept of one text; a name of the DNS fits (RFC 1035 §2.3.4).
pub const LONGEST_TEXT: usize = 255;
/// Most bytes of facts that one flow keeps; what comes later is left out.
pub const MOST_FACT_BYTES: usize = 1200;
/// Facts come in handfuls: room is made for so many bytes at least, then for as many again, and given back by
/// [`FactStore::shrink`].
const GROWS_BY: usize = 32;
/// Less than this is not worth giving back.
const SPARE: usize = 32;
/// Bytes before a fact's value.
const HEAD: usize = 3;
/// Signs that most flows show, at most.
pub const USUAL_SIGNS: usize = 2;
/// Most signs that one flow keeps.
pub const MOST_SIGNS: usize = 12;

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words from the wire; shown with what is not UTF-8 replaced.
    Text,
    /// A number.
    Number,
    /// Bytes, shown in hexadecimal.
    Bytes,
    /// True where present.
    Flag,
}

/// A fact's name and meaning: `tls.server_name`.
#[derive(Debug)]
pub struct Field {
    /// Protocol, dot, word.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// One line for the reference page.
    pub what: &'static str,
    id: AtomicU16,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, what: &'static str) -> Self {
        Self { name, kind, what, id: AtomicU16::new(0) }
    }

    /// A field of words.
    #[must_use]
    pub const fn text(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Text, what)
    }

    /// A field of numbers.
    #[must_use]
    pub const fn number(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Number, what)
    }

    /// A field of bytes.
    #[must_use]
    pub const fn bytes(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Bytes, what)
    }

    /// A field that is there or not.
    #[must_use]
    pub const fn flag(name: &'static str, what: &'static str) -> Self {
        Self::new(name, Kind::Flag, what)
    }

    /// The small number that the registry gave it; 0 before that.
    #[must_use]
    #[inline]
    pub fn id(&self) -> u16 {
        self.id.load(Ordering::Relaxed)
    }

    pub(crate) fn set_id(&self, id: u16) {
        self.id.store(id, Ordering::Relaxed);
    }
}

/// One kind of evidence: what was seen, and how much it weighs.
#[derive(Debug)]
pub struct Sign {
    /// In words that an administrator understands; completes "Seen: …".
    pub what: &'static str,
    /// Log-likelihood ratio in decibans, from the rule's chance level: 1 in 65,536 is 48.
    pub weight: i16,
    id: AtomicU16,
}

impl Sign {
    /// `weight` is in decibans: ten times the decimal logarithm of one over the rule's chance level.
    #[must_use]
    pub const fn new(what: &'static str, weight: i16) -> Self {
        Self { what, weight, id: AtomicU16::new(0) }
    }

    /// The small number that the registry gave it; 0 before that.
    #[must_use]
    #[inline]
    pub fn id(&self) -> u16 {
        self.id.load(Ordering::Relaxed)
    }

    pub(crate) fn set_id(&self, id: u16) {
        self.id.store(id, Ordering::Relaxed);
    }
}

/// A fact's value, as it is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// [`Kind::Text`] and [`Kind::Bytes`].
    Bytes(&'a [u8]),
    /// [`Kind::Number`].
    Number(u64),
    /// [`Kind::Flag`].
    Flag,
}

/// The facts of one flow, packed: number of the field, length, value; nothing allocated until the first.
#[derive(Clone, Debug, Default)]
pub struct FactStore {
    packed: Vec<u8>,
}

impl FactStore {
    /// Keeps the first value of each field; says whether it was kept.
    pub fn set(&mut self, field: &Field, value: &[u8]) -> bool {
        let value = value.get(..LONGEST_TEXT).unwrap_or(value);
        let Ok(length) = u8::try_from(value.len()) else { return false };
        let end = self.packed.len() + HEAD + value.len();
        if end > MOST_FACT_BYTES || self.get(field).is_some() {
            return false;
        }
        if end > self.packed.capacity() {
            self.make_room((HEAD + value.len()).max(self.packed.len()).next_multiple_of(GROWS_BY));
        }
        let [low, high] = field.id().to_le_bytes();
        self.packed.extend_from_slice(&[low, high, length]);
        self.packed.extend_from_slice(value);
        true
    }

    /// Makes room for so many bytes more, once, where it is known beforehand what will be told.
    pub fn make_room(&mut self, bytes: usize) {
        self.packed.reserve_exact(bytes.min(MOST_FACT_BYTES));
    }

    /// The value of `field`, if it was told.
    #[must_use]
    pub fn get(&self, field: &Field) -> Option<&[u8]> {
        self.raw(field.id())
    }

    /// The value of the field with this number.
    #[must_use]
    pub fn raw(&self, id: u16) -> Option<&[u8]> {
        self.iter().find(|(known, _)| *known == id).map(|(_, value)| value)
    }

    /// Every fact, in the order told: number of the field and packed value.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[u8])> {
        facts_in(&self.packed)
    }

    /// How far it is filled: what is told from now on is [`Self::since`] there.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.packed.len()
    }

    /// Numbers of the fields that were told since the mark.
    pub fn since(&self, mark: usize) -> impl Iterator<Item = u16> + '_ {
        facts_in(self.packed.get(mark..).unwrap_or_default()).map(|(id, _)| id)
    }

    /// Whether nothing was told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Gives back the room that is not used: nothing more is to be told.
    pub fn shrink(&mut self) {
        if self.packed.capacity() - self.packed.len() > SPARE {
            self.packed.shrink_to_fit();
        }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.packed.capacity()
    }
}

/// Facts, as they lie packed one behind the other.
fn facts_in(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (head, tail) = rest.split_first_chunk::<HEAD>()?;
        let (value, tail) = tail.split_at_checked(usize::from(head[2]))?;
        rest = tail;
        Some((u16::from_le_bytes([head[0], head[1]]), value))
    })
}

impl Field {
    /// Reads a packed value back.
    #[must_use]
    pub fn value<'a>(&self, packed: &'a [u8]) -> Value<'a> {
        match self.kind {
            Kind::Text | Kind::Bytes => Value::Bytes(packed),
            Kind::Number => Value::Number(packed.iter().rev().fold(0, |all, byte| (all << 8) | u64::from(*byte))),
            Kind::Flag => Value::Flag,
        }
    }
}

/// One sign that was seen, and at which packet of its flow (counted from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The sign's number.
    pub sign: u16,
    /// The protocol or detector that saw it, by its number.
    pub detector: u8,
    /// The packet of the flow, counted from 1.
    pub packet: u32,
}

/// The signs of one flow: the usual ones lie in the flow itself.
pub type Signs = SmallVec<[Seen; USUAL_SIGNS]>;

/// What a parser knows of other flows before they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// Media or data will come to or from `endpoint`; `protocol` names what, `app` follows the announcing flow.
    Media {
        /// Where.
        endpoint: Endpoint,
        /// Over what.
        transport: Transport,
        /// What it will speak, by name: `rtp`.
        protocol: &'static str,
    },
    /// Media that are received at `endpoint` may be coded so.
    Coding {
        /// Where.
        endpoint: Endpoint,
        /// What.
        coding: Coding,
    },
    /// Who is reached there, as signalling names them.
    User {
        /// Where.
        endpoint: Endpoint,
        /// `ann@example.org`.
        user: Box<str>,
    },
    /// `name` was the answer's name for `addr`, for `ttl` seconds.
    Name {
        /// The host's address.
        addr: Addr,
        /// Its name, lower case, without the last dot.
        name: Box<[u8]>,
        /// Seconds.
        ttl: u32,
    },
}

/// Where a parser writes what it found in one payload.
pub struct Facts<'a> {
    pub(crate) store: &'a mut FactStore,
    pub(crate) signs: &'a mut Signs,
    pub(crate) announced: &'a mut Vec<Announcement>,
    pub(crate) packet: u32,
    pub(crate) detector: u8,
    pub(crate) client: Option<Side>,
    pub(crate) changed: bool,
    /// What the signs weigh that were told here and not before.
    pub(crate) weight: i16,
}

impl<'a> Facts<'a> {
    /// For whoever drives a parser: the pipeline and the tests.
    pub fn new(
        store: &'a mut FactStore,
        signs: &'a mut Signs,
        announced: &'a mut Vec<Announcement>,
        packet: u32,
        detector: u8,
    ) -> Self {
        Self { store, signs, announced, packet, detector, client: None, changed: false, weight: 0 }
    }

    /// Tells words; the first value stays.
    pub fn text(&mut self, field: &Field, value: &[u8]) {
        debug_assert_eq!(field.kind, Kind::Text);
        self.changed |= self.store.set(field, value);
    }

    /// Tells bytes; the first value stays.
    pub fn bytes(&mut self, field: &Field, value: &[u8]) {
        debug_assert_eq!(field.kind, Kind::Bytes);
        self.changed |= self.store.set(field, value);
    }

    /// Tells a number; the first value stays.
    pub fn number(&mut self, field: &Field, value: u64) {
        debug_assert_eq!(field.kind, Kind::Number);
        let all = value.to_le_bytes();
        let used = 8 - value.leading_zeros() as usize / 8;
        self.changed |= self.store.set(field, all.get(..used).unwrap_or(&all));
    }

    /// Tells that something is so.
    pub fn flag(&mut self, field: &Field) {
        debug_assert_eq!(field.kind, Kind::Flag);
        self.changed |= self.store.set(field, &[]);
    }

    /// So many bytes of values will be told, in so many facts: room for all of them is made at once.
    pub fn make_room(&mut self, facts: usize, bytes: usize) {
        self.store.make_room(facts * HEAD + bytes);
    }

    /// What was told before, by this parser or another of the flow.
    #[must_use]
    pub fn get(&self, field: &Field) -> Option<&[u8]> {
        self.store.get(field)
    }

    /// Adds a sign; each counts once a flow.
    pub fn sign(&mut self, sign: &Sign) {
        let known = self.signs.iter().any(|seen| seen.sign == sign.id());
        if !known && self.signs.len() < MOST_SIGNS {
            self.signs.push(Seen { sign: sign.id(), detector: self.detector, packet: self.packet });
            self.changed = true;
            self.weight = self.weight.saturating_add(sign.weight);
        }
    }

    /// Tells what will come in another flow.
    pub fn announce(&mut self, announcement: Announcement) {
        // A hostile message may announce without end.
        if self.announced.len() < 64 {
            self.announced.push(announcement);
        }
    }

    /// The bytes show who the client is, whatever was thought when the flow was joined.
    pub fn client_is(&mut self, side: Side) {
        self.client = Some(side);
    }
}
