//! Inspection: payloads in, protocol facts out. One file per protocol.
//!
//! To add a protocol: its file, its `mod` line here, and its line in [`PROTOCOLS`] (`protocols.rs`).

mod afp;
mod agora;
mod amqp;
mod ares;
mod bacnet;
mod beckhoff;
mod ber;
mod bfcp;
mod bfd;
mod bgp;
mod bitcoin;
mod bittorrent;
mod bjnp;
mod capwap;
mod cassandra;
mod ceph;
pub mod chance;
mod citrix;
mod cnpip;
mod coap;
mod collectd;
mod crypto;
mod dcerpc;
mod dhcp;
mod diameter;
mod dicom;
mod dingtalk;
mod directconnect;
mod discord;
mod dnp3;
mod dns;
mod dnscrypt;
mod dropbox;
mod dtls;
mod edonkey;
mod egd;
mod enip;
mod ethereum;
mod fastcgi;
mod fastd;
mod fasttrack;
mod fix;
mod framed;
mod ftp;
mod gadugadu;
mod gearman;
mod git;
mod gnutella;
mod grpc;
mod gtp;
mod h323;
mod haproxy;
mod hartip;
mod hislip;
mod hl7;
mod hsrp;
mod http;
mod http2;
mod hyperdht;
mod iax;
mod iec104;
mod imap;
mod imo;
mod ipsec;
mod irc;
mod iscsi;
mod jrmi;
mod kafka;
mod kakaotalk;
mod kerberos;
mod knx;
mod l2tp;
mod ldap;
mod ldp;
mod libp2p;
mod line;
mod lines;
mod lisp;
mod llmnr;
mod mdns;
mod megaco;
mod memcached;
mod mgcp;
mod minecraft;
mod mkcp;
mod mms;
mod modbus;
mod monero;
mod mongodb;
mod mpegts;
mod mqtt;
mod msdo;
mod msnp;
mod mumble;
mod munin;
mod mysql;
mod n2n;
mod nano;
mod natpmp;
mod nats;
mod nbd;
mod nebula;
mod netbios;
mod netcode;
mod netflow;
mod nintendo;
mod nntp;
mod noise;
mod nomachine;
mod nrpe;
mod ntp;
mod oncrpc;
mod opcua;
mod opendht;
mod opennap;
mod openvpn;
mod oracle;
mod oscar;
mod pieces;
mod pjl;
mod pop3;
mod postgresql;
mod pptp;
mod profile;
mod profinet;
mod protocols;
mod ptp;
mod qq;
mod quake;
mod quic;
mod radius;
mod raknet;
mod rdp;
mod reading;
mod redis;
mod registry;
mod resilio;
mod rsync;
mod rtcp;
mod rtmp;
pub(crate) mod rtp;
mod rtps;
mod rtsp;
mod s7comm;
mod sccp;
mod sflow;
mod shape;
mod single;
mod sip;
mod skype;
mod slp;
mod smb;
mod smtp;
mod snmp;
mod socks;
mod softether;
mod someip;
mod soulseek;
mod source;
mod spotify;
mod srt;
mod ssdp;
mod ssh;
mod steam;
mod stomp;
mod stratum;
pub(crate) mod stun;
mod svn;
mod synchrophasor;
mod syncthing;
mod syslog;
mod t38;
mod tacacs;
mod tailscale;
mod tds;
mod teamspeak;
mod teamviewer;
mod teeworlds;
mod telegram;
mod telnet;
#[cfg(test)]
pub(crate) mod testing;
mod tftp;
mod threema;
mod tinc;
mod tivo;
pub(crate) mod tls;
mod tox;
mod tpkt;
mod uaudp;
mod ubiquiti;
mod unistim;
mod viber;
mod vnc;
mod vtun;
mod websocket;
mod wechat;
mod whatsapp;
mod wireguard;
mod wol;
mod wow;
mod wsd;
mod x11;
mod xdmcp;
mod xmpp;
mod yggdrasil;
mod ymsg;
mod zabbix;
mod zerotier;
mod zmtp;
pub(crate) mod zoom;
mod zug;

pub use profile::{Category, First, Layer, Profile};
pub use protocols::PROTOCOLS;
pub use reading::{Notes, Opening, Reading, Recognised};
pub use registry::{registry, ProtocolId, Registry};
pub use shape::{Bytes, Shape};

use crate::facts::{Facts, Sign};
use crate::packet::{Endpoint, Side, Time, Transport};

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
    #[inline]
    pub fn on_port(&self, ports: &[u16]) -> bool {
        // Mostly one or two: a call that looks at many at once would cost more.
        ports.iter().any(|port| *port == self.client.port || *port == self.server.port)
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
    /// The stream carries datagrams of another conversation, and [`Parser::datagrams`] has some (TURN over TCP). More payloads.
    Datagrams,
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
    /// Datagrams that the last payload made whole, if it said [`Next::Datagrams`]; each is handed over once.
    fn datagrams(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }
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
