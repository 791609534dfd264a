//! Doubt of weak looks: a datagram or two that could be of an application, and nothing else that agrees.
//!
//! Every datagram of a flow is asked about by every protocol, and some are looked for with rules that one in a thousand fits. So
//! one random datagram in a hundred looks like something, and of flows of twenty one in five. Another flow's lesson or a name
//! dispel the doubt; a stream is asked about once, and is not doubted.

use crate::facts::Seen;
use crate::inspect::{registry, Category, ProtocolId};
use crate::packet::Transport;

/// What all weak rules together leave to chance, beside what one of them does: with it a look must be one in 16,000.
const WEAK: i32 = 22;
/// From here on no doubt is left: one in a hundred thousand fits, and of two signs each was asked for itself.
const CLEAR: i32 = 50;
/// Datagrams of a flow that are asked about; later ones belong to a parser.
const MOST_ASKED: u32 = 24;

/// What a flow shows of one application in its payloads.
#[derive(Clone, Copy, Default)]
pub(super) struct Looks {
    sum: i32,
    heaviest: i16,
    /// Of the heaviest: the others are asked about because of it.
    packet: u32,
}

impl Looks {
    /// What the signs of one protocol show.
    pub fn of(protocol: ProtocolId, signs: &[Seen]) -> Self {
        let mut looks = Self::default();
        signs.iter().filter(|seen| seen.detector == protocol.0).for_each(|seen| looks.see(*seen));
        looks
    }

    /// What they weigh together, in decibans.
    pub fn sum(&self) -> i32 {
        self.sum
    }

    pub fn see(&mut self, seen: Seen) {
        let weight = registry().weight(seen.sign);
        self.sum += i32::from(weight);
        if weight > self.heaviest {
            (self.heaviest, self.packet) = (weight, seen.packet);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sum == 0
    }

    /// Decibans that the looks must weigh beyond what is usual, in a flow of `transport` that would be `category`.
    pub fn doubt(&self, transport: Transport, category: Category) -> i32 {
        let harms = matches!(category, Category::Call | Category::Chat | Category::P2p | Category::Tunnel);
        if self.sum == 0 || self.sum >= CLEAR || transport != Transport::Udp || !harms {
            return 0;
        }
        // The tenth datagram had ten times the chance of the first: 3 decibans for each doubling.
        let tries = self.packet.clamp(1, MOST_ASKED).ilog2();
        WEAK + 3 * i32::try_from(tries).unwrap_or(0)
    }
}
