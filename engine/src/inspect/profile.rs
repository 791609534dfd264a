//! What is fixed about a protocol: its words, where it is found, what it can tell.

use super::Shape;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// How deep in a conversation a protocol lies. The deepest that a flow showed gives the flow its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Opens the way for another: STUN, SOCKS, a proxy's CONNECT.
    Carrier,
    /// Secures or frames what another says: TLS, DTLS, HTTP.
    Session,
    /// What it is all for: RTP, BitTorrent, DNS.
    Content,
}

impl Layer {
    /// Its word on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Session => "session",
            Self::Content => "content",
        }
    }
}

/// The kinds of application that policies speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Category {
    /// Nobody knows.
    Unknown,
    /// Voice and video, live.
    Call,
    /// Messages between people.
    Chat,
    /// Peers that serve each other.
    P2p,
    /// Carries other traffic out of sight: VPN, Tor, proxy.
    Tunnel,
    /// Web pages and the protocols under them.
    Web,
    /// Sound and pictures, one way.
    Streaming,
    /// Files to and from a server.
    File,
    /// Electronic mail.
    Mail,
    /// Play.
    Game,
    /// Names, time, addresses, routing: what keeps a network running.
    Network,
    /// Somebody else's screen or shell.
    Remote,
    /// Databases, queues, directories, remote calls.
    Business,
    /// Things: sensors, homes, industry.
    Device,
    /// Ledgers and their peers.
    Blockchain,
}

impl Category {
    /// Every category, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::Unknown,
        Self::Call,
        Self::Chat,
        Self::P2p,
        Self::Tunnel,
        Self::Web,
        Self::Streaming,
        Self::File,
        Self::Mail,
        Self::Game,
        Self::Network,
        Self::Remote,
        Self::Business,
        Self::Device,
        Self::Blockchain,
    ];

    /// Its word in policies, signatures and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Call => "call",
            Self::Chat => "chat",
            Self::P2p => "p2p",
            Self::Tunnel => "tunnel",
            Self::Web => "web",
            Self::Streaming => "streaming",
            Self::File => "file",
            Self::Mail => "mail",
            Self::Game => "game",
            Self::Network => "network",
            Self::Remote => "remote",
            Self::Business => "business",
            Self::Device => "device",
            Self::Blockchain => "blockchain",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// What a protocol's payloads can begin with: which payloads it is asked about at all.
#[derive(Clone, Copy, Debug)]
pub enum First {
    /// Any byte.
    Any,
    /// One of these.
    Of(&'static [u8]),
    /// From the one to the other, both included.
    Range(u8, u8),
    /// What one of these says.
    Shapes(&'static [Shape]),
}

/// What is fixed about a protocol.
#[derive(Debug)]
pub struct Profile {
    /// Its word: `bittorrent`. Fields begin with it.
    pub name: &'static str,
    /// As people write it: `BitTorrent`.
    pub title: &'static str,
    /// What a flow of it is where no application says otherwise.
    pub category: Category,
    /// How deep it lies.
    pub layer: Layer,
    /// What it travels on.
    pub transports: &'static [Transport],
    /// Where it is usually served; never decides.
    pub ports: &'static [u16],
    /// What its payloads begin with, from either side.
    pub first: First,
    /// The facts that it tells.
    pub fields: &'static [&'static Field],
    /// The signs that it can see.
    pub signs: &'static [&'static Sign],
}
