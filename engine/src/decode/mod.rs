//! Decode: a frame in, its packets out.
//!
//! Every frame gives its outermost IP packet, and then the packet inside for each tunnel around it, so that a tunnel is
//! a flow of its own and what runs through it is seen as well. Nothing is copied but fragments, and those are bounded.

mod fragment;
mod ip;
mod link;
mod transport;
mod tunnel;
mod wireless;

use crate::packet::{Frame, Packet, Time};
use fragment::{Fragments, Outcome};
use ip::Datagram;
use link::Kind;
use tunnel::Inside;

/// Tunnels in tunnels that are followed: carriers stack two or three (GTP-U in VXLAN in MPLS), an attacker any number.
const MAX_DEPTH: u8 = 4;

/// Why a frame, or what a tunnel carried, was not (or not wholly) understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// It ends inside a header.
    Truncated,
    /// An IP version other than 4 or 6.
    Version,
    /// A header says that it is shorter than it can be, or longer than its packet.
    HeaderLength,
    /// The lengths of two layers contradict each other; read as far as both allow.
    Length,
    /// More IPv6 extension headers than any host sends.
    Extensions,
    /// More tags and labels in front of the IP packet than any network uses.
    LinkLayers,
    /// More tunnels in each other than are followed.
    Tunnels,
    /// A fragment that fits no datagram.
    Fragment,
    /// Fragments that never became a datagram: a part was missing for too long, or room was needed.
    Incomplete,
}

impl Malformed {
    /// All of them, in the order of their counters.
    pub const ALL: [Self; 9] = [
        Self::Truncated,
        Self::Version,
        Self::HeaderLength,
        Self::Length,
        Self::Extensions,
        Self::LinkLayers,
        Self::Tunnels,
        Self::Fragment,
        Self::Incomplete,
    ];

    /// The name of its counter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Version => "bad_ip_version",
            Self::HeaderLength => "bad_header_length",
            Self::Length => "contradicting_lengths",
            Self::Extensions => "too_many_extension_headers",
            Self::LinkLayers => "too_many_tags",
            Self::Tunnels => "too_many_tunnels",
            Self::Fragment => "bad_fragment",
            Self::Incomplete => "incomplete_datagram",
        }
    }
}

/// What decode did so far.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Frames taken in.
    pub frames: u64,
    /// Packets given out, those inside tunnels included.
    pub packets: u64,
    /// Frames (or what a tunnel carried) that hold no IP packet, or only an encrypted one.
    pub not_ip: u64,
    malformed: [u64; Malformed::ALL.len()],
}

impl Counts {
    /// How often `reason` was met.
    #[must_use]
    pub fn malformed(&self, reason: Malformed) -> u64 {
        self.malformed.get(reason as usize).copied().unwrap_or(0)
    }

    #[cold]
    fn add(&mut self, reason: Malformed) {
        if let Some(count) = self.malformed.get_mut(reason as usize) {
            *count += 1;
        }
    }
}

/// Takes frames apart. Holds fragments between frames, within bounds, and nothing else.
#[derive(Debug, Default)]
pub struct Decoder {
    fragments: Fragments,
    counts: Counts,
}

/// What is known of a packet from around it.
#[derive(Clone, Copy, Debug)]
struct Envelope {
    time: Time,
    port: u16,
    vlan: [u16; 2],
    /// Bytes that count for a packet's flow; `None` where the IP header tells it.
    wire_len: Option<u32>,
    /// Bytes at the end that were on the wire but not captured.
    cut: u32,
    depth: u8,
}

impl Decoder {
    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes of fragments held at the moment.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.fragments.held_bytes()
    }

    /// Gives `each` the packets of a frame, the outermost first.
    #[inline]
    pub fn decode(&mut self, frame: &Frame<'_>, each: &mut impl FnMut(&Packet<'_>)) {
        self.counts.frames += 1;
        let captured = len32(frame.bytes);
        let envelope = Envelope {
            time: frame.time,
            port: frame.port,
            vlan: [0; 2],
            wire_len: Some(frame.wire_len.max(captured)),
            cut: frame.wire_len.saturating_sub(captured),
            depth: 0,
        };
        if let Err(reason) = self.layers(envelope, Kind::Link(frame.link), frame.bytes, each) {
            self.counts.add(reason);
        }
    }

    #[inline]
    fn layers(
        &mut self,
        mut envelope: Envelope,
        kind: Kind,
        bytes: &[u8],
        each: &mut impl FnMut(&Packet<'_>),
    ) -> Result<(), Malformed> {
        let Some(bytes) = link::to_ip(kind, bytes, &mut envelope.vlan)? else {
            self.counts.not_ip += 1;
            return Ok(());
        };
        let datagram = ip::open(bytes, envelope.cut)?;
        if datagram.contradicts {
            self.counts.add(Malformed::Length);
        }
        match datagram.part {
            None => self.datagram(envelope, &datagram, each),
            Some(part) => self.fragment(envelope, &datagram, part, each),
        }
    }

    #[inline]
    fn datagram(
        &mut self,
        envelope: Envelope,
        datagram: &Datagram<'_>,
        each: &mut impl FnMut(&Packet<'_>),
    ) -> Result<(), Malformed> {
        let packet = transport::open(&envelope, datagram)?;
        self.counts.packets += 1;
        each(&packet);
        match tunnel::inside(&packet) {
            None => Ok(()),
            Some(inside) => self.inside(envelope, datagram, &packet, inside, each),
        }
    }

    #[inline(never)]
    fn inside(
        &mut self,
        around: Envelope,
        datagram: &Datagram<'_>,
        packet: &Packet<'_>,
        inside: Inside<'_>,
        each: &mut impl FnMut(&Packet<'_>),
    ) -> Result<(), Malformed> {
        if around.depth == MAX_DEPTH {
            return Err(Malformed::Tunnels);
        }
        let cut = packet.payload_len.saturating_sub(len32(packet.payload));
        let envelope = Envelope { vlan: [0; 2], wire_len: None, cut, depth: around.depth + 1, ..around };
        match inside {
            Inside::Layers(kind, bytes) => self.layers(envelope, kind, bytes, each),
            Inside::Authenticated => self.datagram(envelope, &datagram.authenticated()?, each),
        }
    }

    /// Gives one packet per fragment: a mere count while parts are missing, all of the datagram with the last to come.
    #[cold]
    fn fragment(
        &mut self,
        envelope: Envelope,
        datagram: &Datagram<'_>,
        part: ip::Part,
        each: &mut impl FnMut(&Packet<'_>),
    ) -> Result<(), Malformed> {
        let (outcome, given_up) = self.fragments.add(envelope.time, envelope.vlan, datagram, part);
        for _ in 0..given_up {
            self.counts.add(Malformed::Incomplete);
        }
        match outcome? {
            Outcome::Whole(bytes) => {
                let whole = datagram.whole(&bytes)?;
                self.datagram(envelope, &whole, each)
            }
            // What was cut off will not come: judge what there is.
            Outcome::Cut if part.offset == 0 => self.datagram(envelope, datagram, each),
            Outcome::Cut => {
                self.part(envelope, datagram, None, each);
                Ok(())
            }
            Outcome::Waiting(ports) => {
                self.part(envelope, datagram, ports, each);
                Ok(())
            }
        }
    }

    fn part(
        &mut self,
        envelope: Envelope,
        datagram: &Datagram<'_>,
        ports: Option<[u16; 2]>,
        each: &mut impl FnMut(&Packet<'_>),
    ) {
        let mut packet = transport::bare(&envelope, datagram);
        [packet.source.port, packet.destination.port] = ports.unwrap_or_default();
        packet.payload = &[];
        packet.fragment = true;
        self.counts.packets += 1;
        each(&packet);
    }
}

/// Lengths beside those of headers are 32 bits wide; no frame comes near.
#[inline]
fn len32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
