//! What SDP said before the media came: the codings that were agreed on for a call, by payload type, who calls, and where
//! all that was said.

use std::fmt;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::evidence::{ANNOUNCED_BY, ANNOUNCED_CODING};
use crate::flow::Flow;
use crate::inspect::{registry, ProtocolId};
use crate::packet::{Endpoint, Side};

/// Codings of one description that are kept.
const MOST: usize = 16;
/// Descriptions that wait for their media.
const MOST_PROMISES: usize = 4_096;

/// One coding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coding {
    /// Its number in RTP headers.
    pub payload_type: u8,
    /// Its name: `opus`.
    pub name: Box<str>,
    /// Ticks of its clock in a second.
    pub clock: u32,
}

/// What was said of media that will be received at one endpoint.
#[derive(Clone, Debug, Default)]
pub struct Promise {
    /// How they may be coded.
    pub codings: Vec<Coding>,
    /// Who will hear them.
    pub user: Option<Box<str>>,
    /// Where it was said last.
    pub announcer: Option<Announcer>,
}

/// What said that media will come.
#[derive(Clone, Copy, Debug)]
pub struct Announcer {
    /// The flow that said so, by its number.
    pub flow: u64,
    /// The protocol that it speaks.
    pub protocol: ProtocolId,
    /// In which of its packets, counted from 1.
    pub packet: u32,
    /// Its client and its server.
    pub ends: [Endpoint; 2],
}

/// Everything that was promised, by where it will be received.
pub struct Promises(HashMap<Endpoint, Promise, FixedState>);

impl Promises {
    /// None yet. The seed is the caller's secret: strangers choose addresses.
    pub fn new(seed: u64) -> Self {
        Self(HashMap::with_hasher(FixedState::with_seed(seed)))
    }

    /// Media will be received there, as this flow says.
    pub fn announce(&mut self, endpoint: Endpoint, announcer: Announcer) {
        self.to(endpoint).announcer = Some(announcer);
    }

    /// They may be coded so.
    pub fn code(&mut self, endpoint: Endpoint, coding: Coding) {
        let codings = &mut self.to(endpoint).codings;
        if codings.len() < usize::from(u8::MAX) {
            codings.push(coding);
        }
    }

    /// That user will be heard there.
    pub fn name(&mut self, endpoint: Endpoint, user: Box<str>) {
        self.to(endpoint).user = Some(user);
    }

    /// What was promised of an endpoint.
    pub fn of(&self, endpoint: Endpoint) -> Option<&Promise> {
        self.0.get(&endpoint)
    }

    /// A flow came that was announced: tells it by whom, and as what. The answer to an offer says what was agreed on.
    pub fn keep(&self, flow: &mut Flow) -> Option<Announcer> {
        let promises = [Side::Client, Side::Server].into_iter().filter_map(|side| self.of(flow.end(side)));
        let last = promises.max_by_key(|promise| promise.announcer.map(|announcer| announcer.packet))?;
        let announcer = last.announcer?;
        if flow.facts.get(&ANNOUNCED_BY).is_none() {
            flow.facts.set(&ANNOUNCED_BY, announcer.to_string().as_bytes());
            let names: Vec<&str> = last.codings.iter().map(|coding| &*coding.name).collect();
            if !names.is_empty() {
                flow.facts.set(&ANNOUNCED_CODING, names.join(", ").as_bytes());
            }
        }
        Some(announcer)
    }

    fn to(&mut self, endpoint: Endpoint) -> &mut Promise {
        if self.0.len() >= MOST_PROMISES && !self.0.contains_key(&endpoint) {
            // Those that came never ask again, and the others are too many to be true.
            self.0.clear();
        }
        self.0.entry(endpoint).or_default()
    }

    #[cfg(test)]
    pub fn are_bounded(&self) -> bool {
        self.0.len() <= MOST_PROMISES
    }
}

impl fmt::Display for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, packet, ends: [client, server], .. } = self;
        let title = registry().profile(*protocol).map_or("another flow", |profile| profile.title);
        write!(f, "{title}, packet {packet} of {client} → {server}")
    }
}

/// Those of one call.
#[derive(Clone, Debug, Default)]
pub struct Codings(Vec<Coding>);

impl Codings {
    /// One more; the latest word of a payload type holds.
    pub fn add(&mut self, coding: Coding) {
        self.0.retain(|known| known.payload_type != coding.payload_type);
        if self.0.len() < MOST {
            self.0.push(coding);
        }
    }

    /// The name of a payload type.
    #[must_use]
    pub fn name(&self, payload_type: u8) -> Option<&str> {
        self.of(payload_type).map(|coding| &*coding.name)
    }

    /// The clock of a payload type.
    #[must_use]
    pub fn clock(&self, payload_type: u8) -> Option<u32> {
        self.of(payload_type).map(|coding| coding.clock)
    }

    fn of(&self, payload_type: u8) -> Option<&Coding> {
        self.0.iter().find(|coding| coding.payload_type == payload_type)
    }
}
