//! Streams: asking about an opening that comes in pieces, taking back what was a mistake, and reading the datagrams that a
//! stream carries.

use super::asking::{ask, Asked};
use super::{Notes, Reading, CERTAIN, LONGEST_OPENING};
use crate::inspect::Payload;
use crate::packet::Transport;

impl Reading {
    pub(super) fn ask_about_stream(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        let side = payload.side.index();
        if self.refused.get(side).is_none_or(|refused| *refused) {
            return;
        }
        if self.openings.get(side).is_none_or(Vec::is_empty) {
            // The usual case: the first segment is enough, and nothing needs to be copied.
            if self.ask_with(payload, notes) {
                return;
            }
            self.lengthen_opening(payload);
            return;
        }
        self.lengthen_opening(payload);
        let Some(opening) = self.openings.get_mut(side).map(std::mem::take) else { return };
        let wire_len = u32::try_from(opening.len()).unwrap_or(u32::MAX);
        let taken = self.ask_with(&Payload { bytes: &opening, wire_len, ..*payload }, notes);
        if !taken || self.weight() < CERTAIN {
            if opening.len() >= LONGEST_OPENING {
                self.refuse(side);
            }
            if let Some(place) = self.openings.get_mut(side) {
                *place = opening;
            }
        }
    }

    fn weight(&self) -> i16 {
        self.readers.last().map_or(0, |reader| reader.weight)
    }

    fn refuse(&mut self, side: usize) {
        if let Some(refused) = self.refused.get_mut(side) {
            *refused = true;
        }
    }

    /// Asks everyone about an opening; whether somebody took it.
    fn ask_with(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) -> bool {
        let opening = Payload { other: self.first(payload.side.other()).bytes(), ..*payload };
        match ask(&opening, |id| self.mistaken.contains(&id)) {
            Asked::Yes(id, protocol, sign) => {
                notes.sign(id, sign);
                if sign.weight < CERTAIN {
                    self.lengthen_opening(payload);
                }
                self.start_stream(id, protocol, payload, sign.weight, notes);
                true
            }
            Asked::Unsure => false,
            Asked::No => {
                self.refuse(payload.side.index());
                false
            }
        }
    }

    /// The parser took the stream by mistake: the others are asked again about what is kept of its beginning.
    pub(super) fn give_back(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        let Some(reader) = self.readers.pop() else { return };
        self.mistaken.push(reader.id);
        let Some(opening) = self.openings.get(payload.side.index()).cloned() else { return };
        let wire_len = u32::try_from(opening.len()).unwrap_or(u32::MAX);
        self.ask_with(&Payload { bytes: &opening, wire_len, ..*payload }, notes);
    }

    pub(super) fn lengthen_opening(&mut self, payload: &Payload<'_>) {
        if let Some(opening) = self.openings.get_mut(payload.side.index()) {
            let room = LONGEST_OPENING.saturating_sub(opening.len());
            opening.extend_from_slice(payload.bytes.get(..payload.bytes.len().min(room)).unwrap_or_default());
        }
    }

    /// The stream's datagrams are asked about and read as any others.
    pub(super) fn hand_over(&mut self, payload: &Payload<'_>, notes: &mut Notes<'_>) {
        let Some(parser) = self.readers.last_mut().and_then(|reader| reader.parser.as_mut()) else { return };
        let carried = self.carried.get_or_insert_default();
        // Who calls inside need not be who opened the stream.
        let client = notes.client;
        for bytes in parser.datagrams() {
            let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let datagram = Payload { bytes: &bytes, wire_len, other: &[], transport: Transport::Udp, ..*payload };
            carried.datagram(&datagram, notes);
        }
        notes.client = client;
    }
}
