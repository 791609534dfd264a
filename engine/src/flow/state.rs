//! How far a flow is, what each side sent, and how long it may stay silent.

use crate::packet::{Packet, Side, TcpHeader, Time, Transport};

/// What one side sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes on the wire.
    pub bytes: u64,
    /// Packets.
    pub packets: u32,
    /// Payload packets; stops at its largest value.
    pub payloads: u16,
}

/// Why a flow is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Silent for too long.
    Timeout,
    /// The capture ended, or the program was asked to stop.
    Shutdown,
    /// A new connection took its ports.
    Reused,
    /// The table was full.
    Forced,
}

impl EndReason {
    /// Suricata's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Shutdown => "shutdown",
            Self::Reused => "tcp_reuse",
            Self::Forced => "forced",
        }
    }
}

/// Progress of a flow, in one byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State(u8);

impl State {
    const CLIENT_SPOKE: u8 = 1;
    const SERVER_SPOKE: u8 = 1 << 1;
    const SYN: u8 = 1 << 2;
    const SYN_ACK: u8 = 1 << 3;
    const CLIENT_FIN: u8 = 1 << 4;
    const SERVER_FIN: u8 = 1 << 5;
    const RESET: u8 = 1 << 6;
    const READ: u8 = 1 << 7;

    /// Of a flow that was decided about before it was known, as far as its sides were heard.
    #[must_use]
    pub const fn decided(client_spoke: bool, server_spoke: bool) -> Self {
        let client = if client_spoke { Self::CLIENT_SPOKE } else { 0 };
        let server = if server_spoke { Self::SERVER_SPOKE } else { 0 };
        Self(Self::READ | client | server)
    }

    /// Notes a packet from `side`.
    #[inline]
    pub fn note(&mut self, packet: &Packet<'_>, side: Side) {
        self.0 |= match side {
            Side::Client => Self::CLIENT_SPOKE,
            Side::Server => Self::SERVER_SPOKE,
        };
        if packet.transport == Transport::Tcp {
            self.note_tcp(packet.tcp, side);
        }
    }

    #[inline]
    fn note_tcp(&mut self, tcp: TcpHeader, side: Side) {
        if tcp.flags & (TcpHeader::SYN | TcpHeader::FIN | TcpHeader::RST) == 0 {
            return;
        }
        if tcp.has(TcpHeader::SYN) {
            self.0 |= if tcp.has(TcpHeader::ACK) { Self::SYN_ACK } else { Self::SYN };
        }
        if tcp.has(TcpHeader::FIN) {
            self.0 |= if side == Side::Client { Self::CLIENT_FIN } else { Self::SERVER_FIN };
        }
        if tcp.has(TcpHeader::RST) {
            self.0 |= Self::RESET;
        }
    }

    /// Both sides spoke.
    #[must_use]
    pub const fn answered(self) -> bool {
        self.0 & 3 == 3
    }

    /// The connection is over: reset, or both sides finished.
    #[must_use]
    pub const fn closed(self) -> bool {
        self.0 & Self::RESET != 0 || self.finished()
    }

    /// Both sides have finished, in order.
    #[must_use]
    pub const fn finished(self) -> bool {
        self.0 & (Self::CLIENT_FIN | Self::SERVER_FIN) == Self::CLIENT_FIN | Self::SERVER_FIN
    }

    /// A connection attempt was seen.
    #[must_use]
    pub const fn saw_syn(self) -> bool {
        self.0 & (Self::SYN | Self::SYN_ACK) != 0
    }

    /// All that its payloads could tell was told, or given up.
    #[must_use]
    #[inline]
    pub const fn is_read(self) -> bool {
        self.0 & Self::READ != 0
    }

    /// Nothing more is to be read.
    pub fn finish_reading(&mut self) {
        self.0 |= Self::READ;
    }

    /// Client and server change places.
    pub fn turn(&mut self) {
        let swapped = (self.0 & 0b01_0001) << 1 | (self.0 & 0b10_0010) >> 1;
        self.0 = self.0 & !0b11_0011 | swapped;
    }

    /// Suricata's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        if self.closed() {
            "closed"
        } else if self.answered() {
            "established"
        } else {
            "new"
        }
    }

    /// How long a flow in this state may be silent, in nanoseconds.
    #[must_use]
    pub const fn patience(self, transport: Transport) -> u64 {
        let seconds = match transport {
            Transport::Tcp if self.closed() => 10,
            Transport::Tcp if self.answered() => 1800,
            // Longest regular gap of idle peer-to-peer signalling is 180 s (Rossi et al. 2008).
            Transport::Udp if self.answered() => 200,
            Transport::Sctp => 200,
            _ => 60,
        };
        seconds * Time::SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_swaps_what_each_side_did() {
        let mut state = State(State::CLIENT_SPOKE | State::SERVER_FIN | State::SYN);
        state.turn();
        assert_eq!(state, State(State::SERVER_SPOKE | State::CLIENT_FIN | State::SYN));
    }
}
