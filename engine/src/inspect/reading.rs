//! Reading one flow: asks every protocol about an opening, and feeds the ones that said yes.
//!
//! Datagrams: several protocols may share a flow (STUN, DTLS and RTP on one socket), so each datagram goes to the parsers
//! in turn until one takes it. Streams: one parser at a time, put in order first.

mod asking;
mod notes;
mod opening;
mod stream;

pub use notes::{Notes, Recognised};
pub use opening::Opening;

use smallvec::SmallVec;

use asking::{after, ask, feed, Asked};

use super::{registry, Next, Parser, Payload, Protocol, ProtocolId, CERTAIN};
use crate::behaviour::Turns;
use crate::flow::Stream;
use crate::packet::{Side, Transport};

/// Most bytes of a stream's opening that are kept while no protocol is sure.
const LONGEST_OPENING: usize = 2048;
/// Datagrams that nobody took, after which nobody is asked any more.
const MOST_ASKED: u8 = 24;
/// Parsers on one flow at a time: STUN, DTLS, RTP and one to spare.
const MOST_PARSERS: usize = 4;
/// Conversation inside conversation (TURN in TLS in CONNECT), so deep and no deeper.
const DEEPEST: u8 = 4;

struct Reader {
    id: ProtocolId,
    /// Gone when all was told.
    parser: Option<Box<dyn Parser>>,
    /// Heaviest sign that spoke for it.
    weight: i16,
    /// What its parser saw weighs, all together. As long as it reads, that keeps others from being asked about what it takes;
    /// once it has told all, only `weight` does, which chance seldom reaches.
    seen: i16,
}

/// What is kept of a flow while its payloads are read.
// In this order: what every payload touches lies together.
#[derive(Default)]
#[repr(C)]
pub struct Reading {
    /// Most flows have one.
    readers: SmallVec<[Reader; 1]>,
    /// Bytes on the heap when they were last counted.
    counted: usize,
    asked: u8,
    depth: u8,
    /// Everyone said no to that side.
    refused: [bool; 2],
    /// The order of each direction, for streams.
    pub streams: [Stream; 2],
    /// What each side of a stream said so far, while no protocol is sure.
    openings: [Vec<u8>; 2],
    /// Protocols that took a stream and gave it back.
    mistaken: Vec<ProtocolId>,
    /// How each side began.
    firsts: [Opening; 2],
    /// How much was said in the first turns of a stream.
    pub turns: Turns,
    /// The conversation whose datagrams the stream carries, if it does.
    carried: Option<Box<Reading>>,
}

impl Reading {
    /// Whether nothing more can come of it.
    #[must_use]
    pub fn is_over(&self, transport: Transport) -> bool {
        let waiting = self.readers.iter().any(|reader| reader.parser.is_some());
        if transport == Transport::Tcp {
            let finished = self.readers.last().is_some_and(|reader| reader.parser.is_none());
            return finished || (!waiting && self.refused == [true; 2]);
        }
        let sure = self.readers.iter().any(|reader| reader.weight >= CERTAIN);
        !waiting && (sure || self.asked >= MOST_ASKED)
    }

    /// Whether segments wait for what comes before them.
    #[must_use]
    #[inline]
    pub fn waits(&self) -> bool {
        self.streams.iter().any(Stream::waits)
    }

    /// Counts the bytes on the heap.
    pub fn count_bytes(&mut self) -> usize {
        let parsers: usize =
            self.readers.iter().filter_map(|reader| reader.parser.as_ref()).map(|parser| parser.kept() + 64).sum();
        let held: usize = self.streams.iter().map(Stream::held_bytes).sum();
        let openings: usize = self.openings.iter().map(Vec::capacity).sum();
        let readers = if self.readers.spilled() { self.readers.capacity() * size_of::<Reader>() } else { 0 };
        let carried = self.carried.as_mut().map_or(0, |carried| carried.count_bytes());
        self.counted = size_of::<Self>() + readers + parsers + held + openings + carried;
        self.counted
    }

    /// Bytes on the heap when they were last counted.
    #[must_use]
    pub fn counted_bytes(&self) -> usize {
        self.counted
    }

    /// As it was before its first payload.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Client and server were taken for each other.
    pub fn turn(&mut self) {
        self.streams.reverse();
        self.firsts.reverse();
        self.turns.turned();
        self.openings.reverse();
        self.refused.reverse();
        for parser in self.readers.iter_mut().filter_map(|reader| reader.parser.as_mut()) {
            parser.turned();
        }
        if let Some(carried) = &mut self.carried {
            carried.turn();
        }
    }

    /// Takes a datagram.
    pub fn datagram(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        self.datagram_at(payload, 0, notes);
        self.remember(payload);
    }

    fn datagram_at(&mut self, payload: &Payload<'_>, depth: u8, notes: &mut Notes<'_>) {
        let (mut taken_with, mut sure) = (0, false);
        for place in 0..self.readers.len() {
            let Some(reader) = self.readers.get_mut(place) else { break };
            let Some(parser) = reader.parser.as_mut() else {
                // It told all it had to tell, and was sure: later datagrams are its own.
                if reader.weight >= CERTAIN && self.readers.len() == 1 {
                    return;
                }
                continue;
            };
            let (next, seen) = feed(parser.as_mut(), reader.id, payload, notes);
            reader.seen = reader.seen.saturating_add(seen);
            (taken_with, sure) = (reader.weight, reader.weight.max(reader.seen) >= CERTAIN);
            match next {
                Next::NotMine => (taken_with, sure) = (0, false),
                Next::More | Next::Datagrams => break,
                Next::Done => {
                    reader.parser = None;
                    break;
                }
                Next::Becomes(protocol, used) => {
                    reader.parser = None;
                    self.start(protocol, &after(payload, used), CERTAIN, notes);
                    return;
                }
                Next::Inside(used) => {
                    if depth < DEEPEST {
                        let client = notes.client;
                        self.datagram_at(&after(payload, used), depth + 1, notes);
                        notes.client = client;
                    }
                    return;
                }
            }
        }
        if !sure && self.asked < MOST_ASKED && self.readers.len() < MOST_PARSERS {
            self.ask_about_datagram(payload, taken_with, notes);
        }
    }

    fn ask_about_datagram(&mut self, payload: &Payload<'_>, taken_with: i16, notes: &mut Notes<'_>) {
        self.asked += 1;
        let opening = Payload { other: self.first(payload.side.other()).bytes(), ..*payload };
        let known = |id| self.readers.iter().any(|reader| reader.id == id);
        let Asked::Yes(id, protocol, sign) = ask(&opening, known) else { return };
        if sign.weight > taken_with {
            notes.sign(id, sign);
            self.start_as(id, protocol, payload, sign.weight, notes);
        }
    }

    /// How that side began.
    #[must_use]
    pub fn first(&self, side: Side) -> &Opening {
        let [client, server] = &self.firsts;
        if side == Side::Client {
            client
        } else {
            server
        }
    }

    fn remember(&mut self, payload: &Payload<'_>) {
        if let Some(first) = self.firsts.get_mut(payload.side.index()) {
            first.remember(payload);
        }
    }

    /// Takes the next bytes of a stream.
    pub fn bytes(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        if payload.bytes.is_empty() {
            return;
        }
        self.remember(payload);
        self.turns.note(payload.side, payload.bytes.len());
        let Some(reader) = self.readers.last_mut() else { return self.ask_about_stream(payload, notes) };
        let (id, unsure) = (reader.id, reader.weight < CERTAIN);
        let Some(parser) = reader.parser.as_mut() else { return };
        let (next, _) = feed(parser.as_mut(), id, payload, notes);
        if unsure {
            self.lengthen_opening(payload);
        }
        self.go_on(next, payload, notes);
    }

    /// Bytes of a stream are missing.
    pub fn lost(&mut self, side: Side) {
        let Some(reader) = self.readers.last_mut() else {
            // An opening with a hole in it proves nothing more.
            if let Some(refused) = self.refused.get_mut(side.index()) {
                *refused = true;
            }
            return;
        };
        if let Some(parser) = reader.parser.as_mut() {
            if matches!(parser.lost(side), Next::Done | Next::NotMine) {
                reader.parser = None;
            }
        }
    }

    fn go_on(&mut self, next: Next, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        match next {
            Next::More => {}
            Next::Datagrams => self.hand_over(payload, notes),
            Next::NotMine => self.give_back(payload, notes),
            Next::Becomes(protocol, used) => {
                self.finish_last();
                self.begin_anew();
                self.start(protocol, &after(payload, used), CERTAIN, notes);
            }
            Next::Inside(used) if self.depth < DEEPEST => {
                self.readers.clear();
                self.begin_anew();
                self.bytes(&after(payload, used), notes);
            }
            Next::Done | Next::Inside(_) => self.finish_last(),
        }
    }

    fn finish_last(&mut self) {
        if let Some(reader) = self.readers.last_mut() {
            reader.parser = None;
        }
    }

    fn begin_anew(&mut self) {
        self.depth += 1;
        self.firsts = Default::default();
        self.openings = Default::default();
        self.refused = [false; 2];
        self.mistaken.clear();
    }

    /// What the other side said before comes first, as it did on the wire.
    fn start_stream(
        &mut self,
        id: ProtocolId,
        protocol: &'static dyn Protocol,
        payload: &Payload<'_>,
        weight: i16,
        notes: &mut Notes<'_>,
    ) {
        let mut parser = protocol.parser();
        let side = payload.side.other();
        let before = self.openings.get(side.index()).cloned().unwrap_or_default();
        if !before.is_empty() {
            let wire_len = u32::try_from(before.len()).unwrap_or(u32::MAX);
            let earlier = Payload { bytes: &before, wire_len, side, other: &[], ..*payload };
            if matches!(feed(parser.as_mut(), id, &earlier, notes), (Next::Done, _)) {
                self.readers.push(Reader { id, parser: None, weight, seen: 0 });
                notes.recognised.push(id);
                return;
            }
        }
        let (next, seen) = feed(parser.as_mut(), id, payload, notes);
        self.readers.push(Reader { id, parser: Some(parser), weight, seen });
        if !matches!(next, Next::NotMine) {
            notes.recognised.push(id);
        }
        self.go_on(next, payload, notes);
    }

    fn start(&mut self, protocol: &'static dyn Protocol, payload: &Payload<'_>, weight: i16, notes: &mut Notes<'_>) {
        let Some(id) = registry().by_name(protocol.profile().name) else { return };
        if payload.transport == Transport::Tcp {
            self.readers.clear();
            notes.recognised.push(id);
            self.readers.push(Reader { id, parser: Some(protocol.parser()), weight, seen: 0 });
            self.bytes(payload, notes);
        } else {
            self.start_as(id, protocol, payload, weight, notes);
        }
    }

    fn start_as(
        &mut self,
        id: ProtocolId,
        protocol: &'static dyn Protocol,
        payload: &Payload<'_>,
        weight: i16,
        notes: &mut Notes<'_>,
    ) {
        let mut parser = protocol.parser();
        let (next, seen) = feed(parser.as_mut(), id, payload, notes);
        if matches!(next, Next::NotMine) {
            return;
        }
        notes.recognised.push(id);
        let parser = if matches!(next, Next::Done) { None } else { Some(parser) };
        self.readers.push(Reader { id, parser, weight, seen });
        if let Next::Inside(used) = next {
            self.datagram_at(&after(payload, used), 1, notes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FactStore, Signs};
    use crate::inspect::testing::{CLIENT, SERVER};
    use crate::packet::Time;

    #[test]
    fn nobody_else_is_asked_about_datagrams_of_whom_their_parser_proved() {
        registry();
        let (mut reading, mut facts, mut signs) = (Reading::default(), FactStore::default(), Signs::default());
        let mut announced = Vec::new();
        let mut hear = |packet: u8, side: Side, bytes: &[u8]| {
            let (time, transport, wire_len) = (Time(0), Transport::Udp, u32::try_from(bytes.len()).unwrap());
            let payload =
                Payload { bytes, wire_len, other: &[], side, time, transport, client: CLIENT, server: SERVER };
            let mut notes = Notes::new(&mut facts, &mut signs, &mut announced, packet.into());
            reading.datagram(&payload, &mut notes);
            (reading.asked, notes.recognised.iter().collect::<Vec<_>>())
        };
        let sound = |packet: u8, side| {
            let source = if side == Side::Client { 7 } else { 9 };
            [&[0x80, 8, 0, packet / 2, 0, 0, packet / 2, 0, 1, 2, 3, source][..], &[0xd5; 160]].concat()
        };
        for packet in 0..20 {
            let side = if packet % 2 == 0 { Side::Client } else { Side::Server };
            let (asked, _) = hear(packet, side, &sound(packet, side));
            assert!(asked < 10, "asked about {asked} of {packet}");
        }
        // What the parser does not take is anybody's.
        let binding = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        assert_eq!(hear(20, Side::Client, &binding).1, [registry().by_name("stun").unwrap()]);
    }
}
