//! What one payload gave: facts, signs, protocols, announcements.

use crate::facts::{Announcement, FactStore, Facts, Sign, Signs};
use crate::flow::MOST_PROTOCOLS;
use crate::inspect::ProtocolId;
use crate::packet::Side;

/// Where one flow's findings go.
pub struct Notes<'a> {
    /// Facts of the flow.
    pub facts: &'a mut FactStore,
    /// Signs of the flow.
    pub signs: &'a mut Signs,
    /// What was announced of others.
    pub announced: &'a mut Vec<Announcement>,
    /// Which packet of the flow this is, from 1.
    pub packet: u32,
    /// Something new was told.
    pub changed: bool,
    /// Protocols that were recognised by this payload.
    pub recognised: Recognised,
    /// The bytes show who the client is.
    pub client: Option<Side>,
}

impl<'a> Notes<'a> {
    /// Where the findings of one payload go.
    pub fn new(
        facts: &'a mut FactStore,
        signs: &'a mut Signs,
        announced: &'a mut Vec<Announcement>,
        packet: u32,
    ) -> Self {
        Self { facts, signs, announced, packet, changed: false, recognised: Recognised::default(), client: None }
    }

    /// Adds a sign of a protocol that matched.
    pub(super) fn sign(&mut self, id: ProtocolId, sign: &'static Sign) {
        let mut facts = Facts::new(self.facts, self.signs, self.announced, self.packet, id.0);
        facts.sign(sign);
        self.changed |= facts.changed;
    }
}

/// The protocols that one payload showed, outermost first; more than a flow can be said to speak are not kept.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recognised {
    ids: [ProtocolId; MOST_PROTOCOLS],
}

impl Recognised {
    /// Notes one more.
    pub fn push(&mut self, id: ProtocolId) {
        if let Some(place) = self.ids.iter_mut().find(|known| **known == id || **known == ProtocolId::NONE) {
            *place = id;
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = ProtocolId> + '_ {
        self.ids.iter().copied().take_while(|id| *id != ProtocolId::NONE)
    }
}
