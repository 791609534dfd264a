//! Which flow a packet belongs to.

use std::hash::Hasher;

use foldhash::fast::FoldHasher;
use foldhash::SharedSeed;

use crate::packet::{Endpoint, Packet, Side, Transport};

/// Both ends, what IP carries, and the network they are on; the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    /// The lesser end, by address and then port.
    pub low: Endpoint,
    /// The greater end.
    pub high: Endpoint,
    /// Number of the transport.
    pub transport: u8,
    /// Tunnels around it: the same addresses inside and outside are different flows.
    pub depth: u8,
    /// VLAN identifiers, outer first.
    pub vlan: [u16; 2],
}

impl FlowKey {
    /// The key of a packet, and whether its sender is the lesser end.
    #[must_use]
    #[inline]
    pub fn of(packet: &Packet<'_>) -> (Self, bool) {
        let sender_is_low = packet.source <= packet.destination;
        let (low, high) =
            if sender_is_low { (packet.source, packet.destination) } else { (packet.destination, packet.source) };
        (
            Self { low, high, transport: packet.transport.number(), depth: packet.depth, vlan: packet.vlan },
            sender_is_low,
        )
    }

    /// The key of an untagged flow outside of tunnels, between two ends in either order.
    #[must_use]
    pub fn between(one: Endpoint, other: Endpoint, transport: u8) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self { low, high, transport, depth: 0, vlan: [0; 2] }
    }

    /// 32 bits of a hash that nobody outside can steer while `seed` is secret.
    #[must_use]
    #[inline]
    pub fn hash(&self, seed: u64) -> u32 {
        let mut hasher = FoldHasher::with_seed(seed, SharedSeed::global_fixed());
        hasher.write_u128(u128::from_ne_bytes(self.low.addr.0));
        hasher.write_u128(u128::from_ne_bytes(self.high.addr.0));
        let ports = u64::from(self.low.port) << 16 | u64::from(self.high.port);
        let rest = u64::from(self.transport) << 40 | u64::from(self.depth) << 32;
        hasher.write_u64(ports | rest);
        hasher.write_u32(u32::from(self.vlan[0]) << 16 | u32::from(self.vlan[1]));
        (hasher.finish() >> 32) as u32
    }

    /// What IP carries.
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::from_number(self.transport)
    }

    /// The end on that side.
    #[must_use]
    pub fn end(&self, side: Side, client_is_low: bool) -> Endpoint {
        if (side == Side::Client) == client_is_low {
            self.low
        } else {
            self.high
        }
    }
}
