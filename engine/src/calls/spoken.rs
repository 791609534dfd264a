//! What SDP said before the media came: the codings that were agreed on for a call, by payload type, who calls, and where
//! all that was said.

use crate::evidence::{ANNOUNCED_BY, ANNOUNCED_CODING};
use crate::flow::Flow;
use crate::inspect::{registry, ProtocolId};
use crate::packet::Endpoint;

/// Codings of one description that are kept.
const MOST: usize = 16;

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

impl Promise {
    /// Tells a flow that was promised by whom, and as what. The first to say so holds.
    pub fn tell(&self, flow: &mut Flow) {
        let Some(Announcer { protocol, packet, ends: [client, server], .. }) = self.announcer else { return };
        let title = registry().profile(protocol).map_or("another flow", |profile| profile.title);
        let by = format!("{title}, packet {packet} of {client} → {server}");
        flow.facts.set(&ANNOUNCED_BY, by.as_bytes());
        let names: Vec<&str> = self.codings.iter().map(|coding| &*coding.name).collect();
        if !names.is_empty() {
            flow.facts.set(&ANNOUNCED_CODING, names.join(", ").as_bytes());
        }
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
