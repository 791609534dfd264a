//! The words for what travels: times, frames, endpoints, packets, sides.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Nanoseconds since the epoch, as the frame's own source stamped it. The engine has no other clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// Nanoseconds in a second.
    pub const SECOND: u64 = 1_000_000_000;
    /// Nanoseconds in a millisecond.
    pub const MILLI: u64 = 1_000_000;

    /// Nanoseconds from `earlier` to this time; zero where a capture's clock ran backwards.
    #[must_use]
    #[inline]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// How a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// Ethernet (1).
    Ethernet,
    /// IPv4 or IPv6 without a link header (12, 14, 101, 228, 229).
    RawIp,
    /// BSD loopback (0, 108).
    Loopback,
    /// PPP, with or without HDLC framing (9, 50).
    Ppp,
    /// Cisco HDLC (104).
    CiscoHdlc,
    /// Linux cooked v1 (113).
    LinuxSll,
    /// Linux cooked v2 (276).
    LinuxSll2,
    /// IEEE 802.11 (105).
    Ieee80211,
    /// IEEE 802.11 behind a radiotap header (127).
    Radiotap,
}

impl LinkType {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Ethernet,
        Self::RawIp,
        Self::Loopback,
        Self::Ppp,
        Self::CiscoHdlc,
        Self::LinuxSll,
        Self::LinuxSll2,
        Self::Ieee80211,
        Self::Radiotap,
    ];
}

/// What one capture record or one sample of the bridge holds.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it passed.
    pub time: Time,
    /// How it begins.
    pub link: LinkType,
    /// The bridge's port that it came in by; 0 in captures.
    pub port: u16,
    /// What was captured of it.
    pub bytes: &'a [u8],
    /// How long it was on the wire; at least `bytes.len()`.
    pub wire_len: u32,
}

/// An IP address; IPv4 in its IPv6-mapped form, so that one size serves both.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Addr(pub [u8; 16]);

// As one number: byte by byte all of this takes several times as long, and every packet and flow asks for its ends.
impl Ord for Addr {
    #[inline]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

impl PartialOrd for Addr {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl std::hash::Hash for Addr {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u128(u128::from_ne_bytes(self.0));
    }
}

impl Addr {
    /// From the four bytes of an IPv4 header.
    #[must_use]
    #[inline]
    pub const fn v4(bytes: [u8; 4]) -> Self {
        // As one number, like all that follows.
        Self((0xffff_0000_0000 | u32::from_be_bytes(bytes) as u128).to_be_bytes())
    }

    /// The four bytes of an IPv4 address.
    #[must_use]
    #[inline]
    pub const fn as_v4(&self) -> Option<[u8; 4]> {
        // A compiler asks a pattern of sixteen bytes byte by byte.
        const MAPPED: u128 = 0xffff;
        let number = u128::from_be_bytes(self.0);
        if number >> 32 == MAPPED {
            let [.., a, b, c, d] = self.0;
            Some([a, b, c, d])
        } else {
            None
        }
    }

    /// For printing, and for the standard library's questions about addresses.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        match self.as_v4() {
            Some([a, b, c, d]) => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            None => IpAddr::V6(Ipv6Addr::from_octets(self.0)),
        }
    }

    /// Whether packets to it go to many hosts.
    #[must_use]
    pub const fn is_group(&self) -> bool {
        match self.as_v4() {
            Some([a, b, c, d]) => a & 0xf0 == 0xe0 || (a & b & c & d) == 0xff,
            None => self.0[0] == 0xff,
        }
    }

    /// Whether it belongs to no one on the Internet: private, link-local, unique-local, loopback, shared (RFC 6890).
    #[must_use]
    pub const fn is_private(&self) -> bool {
        match self.as_v4() {
            Some([10 | 127, ..] | [192, 168, ..] | [169, 254, ..]) => true,
            Some([172, b, ..]) => b & 0xf0 == 16,
            Some([100, b, ..]) => b & 0xc0 == 64,
            Some(_) => false,
            None => self.0[0] & 0xfe == 0xfc || (self.0[0] == 0xfe && self.0[1] & 0xc0 == 0x80),
        }
    }
}

impl From<IpAddr> for Addr {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self::v4(v4.octets()),
            IpAddr::V6(v6) => Self(v6.octets()),
        }
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip().fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address and a port; the port is 0 where the transport has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Endpoint {
    /// Where.
    pub addr: Addr,
    /// Which door.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::net::SocketAddr::new(self.addr.ip(), self.port).fmt(f)
    }
}

/// Who asked first (`Client`) and who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Opened the flow.
    Client,
    /// Answers.
    Server,
}

impl Side {
    /// The other one.
    #[must_use]
    #[inline]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// 0 for the client, 1 for the server: for arrays of two.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// What IP carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// 6
    Tcp,
    /// 17
    Udp,
    /// 132
    Sctp,
    /// 1
    Icmp,
    /// 58
    Icmp6,
    /// Any other, by its IANA number.
    Other(u8),
}

impl Transport {
    /// From the number in an IP header.
    #[must_use]
    #[inline]
    pub const fn from_number(number: u8) -> Self {
        match number {
            6 => Self::Tcp,
            17 => Self::Udp,
            132 => Self::Sctp,
            1 => Self::Icmp,
            58 => Self::Icmp6,
            other => Self::Other(other),
        }
    }

    /// The number in an IP header.
    #[must_use]
    #[inline]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
            Self::Icmp => 1,
            Self::Icmp6 => 58,
            Self::Other(number) => number,
        }
    }
}

/// What a TCP header tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpHeader {
    /// Sequence number of the first payload byte.
    pub seq: u32,
    /// Next byte expected from the other side, where ACK is set.
    pub ack: u32,
    /// The flag bits, as on the wire.
    pub flags: u8,
}

impl TcpHeader {
    /// No more data from this side.
    pub const FIN: u8 = 0x01;
    /// First of a connection.
    pub const SYN: u8 = 0x02;
    /// Connection refused or broken.
    pub const RST: u8 = 0x04;
    /// `ack` holds.
    pub const ACK: u8 = 0x10;

    /// Whether every bit of `flags` is set.
    #[must_use]
    #[inline]
    pub const fn has(&self, flags: u8) -> bool {
        self.flags & flags == flags
    }
}

/// One IP packet, as far as it was captured: what decode gives and everything else takes.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it passed.
    pub time: Time,
    /// The bridge's port that it came in by; 0 in captures.
    pub port: u16,
    /// VLAN identifiers, outer first; 0 where there is none.
    pub vlan: [u16; 2],
    /// Who sent it.
    pub source: Endpoint,
    /// Whom it is for.
    pub destination: Endpoint,
    /// What IP carries.
    pub transport: Transport,
    /// Meaningful for TCP only.
    pub tcp: TcpHeader,
    /// What the transport carries, as far as it was captured. For ICMP it begins at the type.
    pub payload: &'a [u8],
    /// What the transport carried on the wire; more than `payload.len()` where the capture was cut.
    pub payload_len: u32,
    /// Bytes on the wire that count for the flow: the whole frame for the outermost packet, the IP packet for inner ones.
    pub wire_len: u32,
    /// Tunnels around it; 0 on the outside.
    pub depth: u8,
    /// Part of a datagram that is not whole yet: it counts, and holds nothing to read. The last part to come gives the
    /// whole datagram instead, as one packet. Ports are those of the first part where that came already, else 0.
    pub fragment: bool,
}
