//! How an engine is set up, what it is given beside frames, and what it counts.

use crate::flow::{Flow, FlowKey};
use crate::hosts;
use crate::packet::{Addr, Side, Time};
use crate::prefix::Prefix;

/// How an engine is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Most live flows.
    pub flows: u32,
    /// Most bytes that flows under inspection may hold together.
    pub reading_bytes: usize,
    /// Payload packets of one flow that are looked at, at most.
    pub payloads: u16,
    /// Chosen by whoever starts the engine; keeps outsiders from choosing flows that collide.
    pub seed: u64,
    /// Number of the first flow, so that several engines name no flow alike.
    pub first_flow: u64,
    /// Whether verdicts are told as they fall, or only at a flow's end.
    pub live: bool,
    /// Whether VLAN tags tell flows apart. Not on a bridge: both directions of a flow may be tagged differently there.
    pub vlans: bool,
    /// Whether payloads are read, for protocols and names. Where not, behaviour alone is judged by.
    pub names: bool,
    /// How many hosts are looked at, and what they may cost.
    pub hosts: hosts::Limits,
    /// The networks that are ours. Where none are named, private addresses are.
    pub local: Vec<Prefix>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            flows: 2_000_000,
            reading_bytes: 256 << 20,
            payloads: 256,
            seed: 0x7065_6572_6761_7465,
            first_flow: 1,
            live: false,
            vlans: true,
            names: true,
            hosts: hosts::Limits::default(),
            local: Vec::new(),
        }
    }
}

impl Config {
    /// Whether a network that was named as ours holds the address; without any, whether it is a private one.
    pub(super) fn is_named_local(&self, addr: Addr) -> bool {
        if self.local.is_empty() {
            addr.is_private()
        } else {
            self.local.iter().any(|prefix| prefix.holds(addr))
        }
    }

    /// Whether the end on that side is in our network. Where neither end is known to be, whoever asked is.
    pub(super) fn is_local(&self, flow: &Flow, side: Side) -> bool {
        let ours = |side| self.is_named_local(flow.end(side).addr);
        ours(side) || (side == Side::Client && !ours(Side::Server))
    }
}

/// What was done, and what was not, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Packets that found or made a flow.
    pub packets: u64,
    /// Flows that began.
    pub flows: u64,
    /// Flows that had to leave a full table.
    pub flows_forced: u64,
    /// Flows whose inspection was given up because all of it together held too much.
    pub readings_given_up: u64,
}

/// A packet of which hardly more than its size is known.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// When it passed.
    pub time: Time,
    /// Its flow.
    pub key: FlowKey,
    /// Whether the lesser end sent it.
    pub from_low: bool,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// Bytes that the transport carried.
    pub payload_len: u32,
    /// The first of them, where it carried as many.
    pub head: Option<[u8; 8]>,
    /// The number of its [`Connection`].
    pub connection: u16,
}

/// Which of the connections that follow each other on the same ports a packet is of, as a data path knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Another one than those of the connections before and after; 0 where it is not known.
    pub number: u16,
    /// Whether the packet only asks for it: another one is open.
    pub wanted: bool,
}

/// A connection that has begun on ports that were in use, as a data path saw it.
#[derive(Clone, Copy, Debug)]
pub struct Reopened {
    /// What was counted of the connection before.
    pub former: Counted,
    /// Its own number.
    pub connection: u16,
    /// When its SYN came first.
    pub time: Time,
    /// Whether the lesser end sent that.
    pub from_low: bool,
    /// Its sequence number.
    pub seq: u32,
    /// How often it came, and with how many bytes on the wire altogether.
    pub syns: (u32, u32),
}

/// What a data path counted of a flow since its first packet.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    /// Which flow.
    pub key: FlowKey,
    /// The number of its [`Connection`].
    pub connection: u16,
    /// Packets and bytes on the wire that the lesser end sent.
    pub low: (u32, u64),
    /// Those of the greater end.
    pub high: (u32, u64),
    /// Its latest packet.
    pub last: Time,
}
