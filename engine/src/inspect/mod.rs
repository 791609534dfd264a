//! Inspection: payloads in, protocol facts out. One file per protocol, and here the registry of them all.
//!
//! To add a protocol: its file, its `mod` line and its line in [`PROTOCOLS`].

mod agora;
mod ares;
mod bfcp;
mod bitcoin;
mod bittorrent;
pub mod chance;
mod crypto;
mod dhcp;
mod dingtalk;
mod directconnect;
mod discord;
mod dns;
mod dnscrypt;
mod dtls;
mod edonkey;
mod ethereum;
mod fasttrack;
mod gadugadu;
mod gnutella;
mod h323;
mod http;
mod http2;
mod iax;
mod imo;
mod ipsec;
mod irc;
mod kakaotalk;
mod l2tp;
mod libp2p;
mod line;
mod llmnr;
mod mdns;
mod megaco;
mod mgcp;
mod monero;
mod mpegts;
mod msnp;
mod mumble;
mod nano;
mod nebula;
mod netbios;
mod noise;
mod ntp;
mod opendht;
mod opennap;
mod openvpn;
mod oscar;
mod pieces;
mod pptp;
mod profile;
mod qq;
mod quic;
mod reading;
mod registry;
mod resilio;
mod rtcp;
mod rtmp;
pub(crate) mod rtp;
mod rtsp;
mod sccp;
mod shape;
mod sip;
mod skype;
mod socks;
mod softether;
mod soulseek;
mod srt;
mod ssdp;
mod ssh;
mod stratum;
pub(crate) mod stun;
mod syncthing;
mod t38;
mod tailscale;
mod teamspeak;
mod telegram;
#[cfg(test)]
pub(crate) mod testing;
mod threema;
mod tinc;
mod tls;
mod tox;
mod viber;
mod websocket;
mod wechat;
mod whatsapp;
mod wireguard;
mod xmpp;
mod ymsg;
mod zerotier;
pub(crate) mod zoom;
mod zug;

pub use profile::{Category, First, Layer, Profile};
pub use reading::{Notes, Opening, Reading, Recognised};
pub use registry::{registry, ProtocolId, Registry};
pub use shape::{Bytes, Shape};

use crate::facts::{Facts, Sign};
use crate::packet::{Endpoint, Side, Time, Transport};

/// Every protocol that the engine can recognise. The order settles ties only.
#[rustfmt::skip] // One line each, so that adding a protocol changes one line.
pub static PROTOCOLS: &[&dyn Protocol] = &[
    &agora::Agora,
    &ares::Ares,
    &bfcp::Bfcp,
    &bitcoin::Bitcoin,
    &bittorrent::BitTorrent,
    &dhcp::Dhcp,
    &dhcp::Dhcpv6,
    &dingtalk::Dingtalk,
    &directconnect::DirectConnect,
    &discord::Discord,
    &dns::Dns,
    &dnscrypt::DnsCrypt,
    &dtls::Dtls,
    &edonkey::Edonkey,
    &ethereum::Ethereum,
    &fasttrack::FastTrack,
    &gadugadu::GaduGadu,
    &gnutella::Gnutella,
    &h323::H323,
    &http2::Http2,
    &http::Http,
    &iax::Iax,
    &imo::Imo,
    &ipsec::Ipsec,
    &irc::Irc,
    &kakaotalk::Kakaotalk,
    &l2tp::L2tp,
    &libp2p::Libp2p,
    &line::Line,
    &llmnr::Llmnr,
    &mdns::Mdns,
    &megaco::Megaco,
    &mgcp::Mgcp,
    &monero::Monero,
    &mpegts::MpegTs,
    &msnp::Msnp,
    &mumble::Mumble,
    &nano::Nano,
    &nebula::Nebula,
    &netbios::Netbios,
    &ntp::Ntp,
    &opendht::OpenDht,
    &opennap::OpenNap,
    &openvpn::OpenVpn,
    &oscar::Oscar,
    &pptp::Pptp,
    &qq::Qq,
    &quic::Quic,
    &resilio::Resilio,
    &rtcp::Rtcp,
    &rtmp::Rtmp,
    &rtp::Rtp,
    &rtsp::Rtsp,
    &sccp::Sccp,
    &sip::Sip,
    &skype::Skype,
    &socks::Socks,
    &softether::SoftEther,
    &soulseek::Soulseek,
    &srt::Srt,
    &ssdp::Ssdp,
    &ssh::Ssh,
    &stratum::Stratum,
    &stun::Stun,
    &syncthing::Syncthing,
    &t38::T38,
    &tailscale::Tailscale,
    &teamspeak::Teamspeak,
    &telegram::Telegram,
    &threema::Threema,
    &tinc::Tinc,
    &tls::Tls,
    &tox::Tox,
    &viber::Viber,
    &websocket::WebSocket,
    &wechat::Wechat,
    &whatsapp::Whatsapp,
    &wireguard::WireGuard,
    &xmpp::Xmpp,
    &ymsg::Ymsg,
    &zerotier::ZeroTier,
    &zoom::Zoom,
    &zug::Zug,
];

/// A payload on its way through the protocols of its flow.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// A datagram; or the next bytes of a stream (asked [`Protocol::matches`]: all so far from this side).
    pub bytes: &'a [u8],
    /// The datagram's length on the wire; for a stream that of `bytes`.
    pub wire_len: u32,
    /// What the other side's first payload began with, if it spoke: at most [`KEPT_OF_OPENING`] bytes.
    pub other: &'a [u8],
    /// Who sent it.
    pub side: Side,
    /// When.
    pub time: Time,
    /// Over what.
    pub transport: Transport,
    /// Who opened the flow.
    pub client: Endpoint,
    /// Who answers.
    pub server: Endpoint,
}

/// How much of each side's first payload later rules may look back at.
pub const KEPT_OF_OPENING: usize = 64;

impl Payload<'_> {
    /// Whether the capture kept all of it.
    #[must_use]
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 >= u64::from(self.wire_len)
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> Endpoint {
        match self.side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn destination(&self) -> Endpoint {
        match self.side {
            Side::Client => self.server,
            Side::Server => self.client,
        }
    }

    /// Whether either end has one of `ports`.
    #[must_use]
    pub fn on_port(&self, ports: &[u16]) -> bool {
        ports.contains(&self.client.port) || ports.contains(&self.server.port)
    }
}

/// What a protocol says to an opening.
#[derive(Clone, Copy, Debug)]
pub enum Match {
    /// It is not this.
    No,
    /// It may be; ask again with more bytes or with the next payload.
    Unsure,
    /// It is, for this reason. Where two say so the heavier sign has it; below [`CERTAIN`] the others are asked on.
    Yes(&'static Sign),
}

/// From this weight on (decibans) nobody else is asked.
pub const CERTAIN: i16 = 40;

/// What a parser wants next.
#[derive(Clone, Copy)]
pub enum Next {
    /// More payloads.
    More,
    /// Nothing: all is known that it can tell.
    Done,
    /// This payload is another protocol's (datagrams), or all of it was a mistake (streams).
    NotMine,
    /// After `1` bytes of this payload the stream speaks that protocol (STARTTLS, upgrade).
    Becomes(&'static dyn Protocol, usize),
    /// After so many bytes of this payload something else begins, nobody knows what: every protocol is asked
    /// (CONNECT, SOCKS, a TURN channel's datagram).
    Inside(usize),
}

/// A protocol that the engine can recognise.
pub trait Protocol: Sync {
    /// Name, title, transports, usual ports, the facts that it tells.
    fn profile(&self) -> &'static Profile;
    /// Judges an opening. Cheap and strict: every unrecognised flow asks every protocol.
    fn matches(&self, opening: &Payload<'_>) -> Match;
    /// Starts reading one flow.
    fn parser(&self) -> Box<dyn Parser>;
}

/// Reads one flow, payload by payload. May keep at most [`MOST_KEPT`] bytes.
pub trait Parser: Send + Sync {
    /// Takes the next payload; the one that matched comes first.
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next;
    /// Bytes of the stream from `side` were lost.
    fn lost(&mut self, _side: Side) -> Next {
        Next::Done
    }
    /// Client and server were taken for each other: what was [`Side::Client`] is [`Side::Server`] from now on.
    fn turned(&mut self) {}
    /// Bytes that it holds on the heap, beside itself.
    fn kept(&self) -> usize {
        0
    }
}

/// Most bytes that a parser may hold: a ClientHello with post-quantum keys, twice over.
pub const MOST_KEPT: usize = 16 * 1024;
