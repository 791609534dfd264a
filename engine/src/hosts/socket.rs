//! One local port, as far as strangers are concerned: whom it calls, who calls it.

use super::log_on::Burst;
use super::seen::{Seen, Set};
use crate::packet::{Side, Time};

/// An answer that comes later was not one to the call: the flow was joined in its middle.
pub const ANSWER: u64 = 3 * Time::SECOND;

/// One flow of a port with somebody outside.
#[derive(Clone, Copy)]
pub struct Contact {
    /// Hashes of the far address, its port, and both.
    pub far: [u64; 3],
    /// When.
    pub at: Time,
    /// Who called: the client is ours.
    pub caller: Side,
    /// Over TCP.
    pub stream: bool,
    /// Just after the engine began to look.
    pub early: bool,
    /// Whom we called has answered.
    pub answered: bool,
}

/// What a port of a host did in the window, towards ends outside of the network.
#[derive(Default)]
pub struct Socket {
    /// Its number.
    pub port: u16,
    /// Flows that it opened, and flows that others opened to it, in the window: cheap bounds for the sets.
    pub flows: [Window; 2],
    /// Addresses that it called first.
    pub called: Seen,
    /// Those of them that answered.
    pub answered: Seen,
    /// The far ports of those that it called.
    pub ports: Seen,
    /// Their endpoints: a peer has one, a host that is scanned has many.
    pub ends: Seen,
    /// Addresses that called it over UDP and that it answered.
    pub udp_callers: Seen,
    /// The same over TCP.
    pub tcp_callers: Seen,
    /// Flows that were recognised as a peer-to-peer program's.
    pub recognised: Seen,
    /// Everyone who called within a day.
    pub met: Set,
    /// Called just after the engine began to look: who called whom is not sure.
    pub early: Set,
    /// Flows of that time that began with a packet of ours, and with one of theirs.
    pub early_first: [u16; 2],
    /// First contacts that came close together.
    pub burst: Burst,
    /// When it was first seen.
    pub first: Time,
    /// When a flow of it last began.
    pub last: Time,
}

/// A count in a sliding window of two panes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    young: u32,
    old: u32,
}

impl Window {
    /// One more.
    pub fn add(&mut self) {
        self.young = self.young.saturating_add(1);
    }

    /// A pane is full.
    pub fn turn(&mut self) {
        self.old = std::mem::take(&mut self.young);
    }

    /// How many in the window.
    pub const fn count(self) -> u32 {
        self.young.saturating_add(self.old)
    }
}

impl Socket {
    /// A port that was seen for the first time.
    pub fn new(port: u16, now: Time) -> Self {
        Self { port, first: now, last: now, ..Self::default() }
    }

    /// Notes a contact.
    pub fn meet(&mut self, contact: &Contact) {
        let [addr, port, end] = contact.far;
        if contact.early && !contact.stream {
            self.begun_early(contact.caller);
        }
        let [called, callers] = &mut self.flows;
        if contact.caller == Side::Server {
            callers.add();
            let set = if contact.stream { &mut self.tcp_callers } else { &mut self.udp_callers };
            set.add(addr);
            self.met.add(addr);
            return;
        }
        // Who joins in the middle does not know what came before.
        let first = called.count() == 0 && !contact.early;
        called.add();
        self.last = contact.at;
        self.called.add(addr);
        self.ports.add(port);
        self.ends.add(end);
        self.burst.called(contact.at, first);
        if contact.early {
            self.early.add(addr);
        }
        if contact.answered {
            self.answered.add(addr);
        }
    }

    /// A pane of the window is full.
    pub fn turn(&mut self) {
        let Self { called, answered, ports, ends, udp_callers, tcp_callers, recognised, .. } = self;
        for seen in [called, answered, ports, ends, udp_callers, tcp_callers, recognised] {
            seen.turn();
        }
        self.flows.iter_mut().for_each(Window::turn);
        self.burst.turn();
    }

    /// A flow began just after the engine did, by a packet of ours or of theirs.
    pub fn begun_early(&mut self, first: Side) {
        let [ours, theirs] = &mut self.early_first;
        let count = if first == Side::Client { ours } else { theirs };
        *count = count.saturating_add(1);
    }

    /// How many it called who had never called it. What began before the engine looked counts only where all of it
    /// began with our packets: of flows that are joined in their middle the other end sends half of the first packets.
    pub fn strangers(&self) -> usize {
        let [ours, theirs] = self.early_first;
        let mut known = Set::default();
        known.add_all(&self.met);
        if u32::from(theirs) * 10 > u32::from(ours) {
            known.add_all(&self.early);
        }
        known.lacks(&self.called.all())
    }

    /// How many called it, over UDP and over TCP.
    pub fn callers(&self) -> (usize, usize) {
        (self.udp_callers.count(), self.tcp_callers.count())
    }

    /// What is kept when there is no room: ports with many peers, and of equals the latest.
    pub fn worth(&self) -> (u32, Time) {
        let [out, into] = self.flows;
        (out.count().saturating_add(into.count()), self.last)
    }

    /// Bytes that it takes, on the heap too.
    pub fn bytes(&self) -> usize {
        let Self { called, answered, ports, ends, udp_callers, tcp_callers, recognised, .. } = self;
        let all = [called, answered, ports, ends, udp_callers, tcp_callers, recognised];
        let seen: usize = all.into_iter().map(Seen::bytes).sum();
        size_of::<Self>() + seen + self.met.bytes() + self.early.bytes()
    }
}
