//! The registry: gives every protocol, field and sign its number, and knows whom to ask about an opening.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::shape::Index;
use super::{Payload, Profile, Protocol, PROTOCOLS};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// A protocol's place in [`PROTOCOLS`], plus one; 0 is "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolId(pub u8);

impl ProtocolId {
    /// No protocol.
    pub const NONE: Self = Self(0);
}

/// A protocol with its number.
pub(super) type Numbered = (ProtocolId, &'static dyn Protocol);

/// All protocols, fields and signs by number and by name.
pub struct Registry {
    fields: Vec<&'static Field>,
    signs: Vec<&'static Sign>,
    /// What each sign weighs, and what is fixed about each protocol, by number: looked at whenever a flow is judged.
    weights: Vec<i16>,
    profiles: Vec<&'static Profile>,
    names: HashMap<&'static str, ProtocolId>,
    /// Whom to ask: over TCP, over UDP.
    asked: [Index; 2],
    /// The same over each rarer transport that some protocol travels on.
    rarely: Vec<(Transport, Index)>,
}

/// The one registry; numbers everything on first use.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::number)
}

impl Registry {
    fn number() -> Self {
        let mut fields = Vec::new();
        let mut signs = Vec::new();
        let own = crate::evidence::SIGNS.iter().copied();
        let told = PROTOCOLS.iter().flat_map(|protocol| protocol.profile().signs.iter().copied());
        for (sign, id) in own.chain(told).zip(1..) {
            sign.set_id(id);
            signs.push(sign);
        }
        let own = crate::evidence::FIELDS.iter().copied();
        let told = PROTOCOLS.iter().flat_map(|protocol| protocol.profile().fields.iter().copied());
        for (field, id) in own.chain(told).zip(1..) {
            field.set_id(id);
            fields.push(field);
        }
        let asked = [Transport::Tcp, Transport::Udp].map(Index::new);
        let mut rarely = Vec::<(Transport, Index)>::new();
        for transport in PROTOCOLS.iter().flat_map(|protocol| protocol.profile().transports) {
            let known = matches!(transport, Transport::Tcp | Transport::Udp);
            if !known && rarely.iter().all(|(there, _)| there != transport) {
                rarely.push((*transport, Index::new(*transport)));
            }
        }
        let weights = std::iter::once(0).chain(signs.iter().map(|sign| sign.weight)).collect();
        let profiles: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.profile()).collect();
        let names = profiles.iter().map(|profile| profile.name).zip((1..).map(ProtocolId)).collect();
        Self { fields, signs, weights, profiles, names, asked, rarely }
    }

    /// The protocol with this number.
    #[must_use]
    pub fn protocol(&self, id: ProtocolId) -> Option<&'static dyn Protocol> {
        PROTOCOLS.get(usize::from(id.0).checked_sub(1)?).copied()
    }

    /// What is fixed about the protocol with this number.
    #[must_use]
    pub fn profile(&self, id: ProtocolId) -> Option<&'static Profile> {
        self.profiles.get(usize::from(id.0).checked_sub(1)?).copied()
    }

    /// The number of the protocol with this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<ProtocolId> {
        self.names.get(name).copied()
    }

    /// The field with this number.
    #[must_use]
    pub fn field(&self, id: u16) -> Option<&'static Field> {
        self.fields.get(usize::from(id).checked_sub(1)?).copied()
    }

    /// Every field, by number from 1.
    #[must_use]
    pub fn fields(&self) -> &[&'static Field] {
        &self.fields
    }

    /// The sign with this number.
    #[must_use]
    pub fn sign(&self, id: u16) -> Option<&'static Sign> {
        self.signs.get(usize::from(id).checked_sub(1)?).copied()
    }

    /// What the sign with this number weighs.
    #[must_use]
    pub fn weight(&self, sign: u16) -> i16 {
        self.weights.get(usize::from(sign)).copied().unwrap_or_default()
    }

    /// Gives everyone who is to be asked about an opening: all who could say yes to it, and some more.
    #[inline]
    pub fn asked(&self, opening: &Payload<'_>, each: impl FnMut((ProtocolId, &'static dyn Protocol))) {
        let [streams, datagrams] = &self.asked;
        let index = match opening.transport {
            Transport::Tcp => Some(streams),
            Transport::Udp => Some(datagrams),
            rare => self.rarely.iter().find(|(there, _)| *there == rare).map(|(_, index)| index),
        };
        if let Some(index) = index {
            index.asked(opening, each);
        }
    }
}
