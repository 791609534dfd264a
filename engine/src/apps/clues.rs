//! What signatures say may be seen, as it lies in a catalog: clues, what supports them, and which fields show them.

use super::file::Mark;
use super::matching::Ports;
use super::AppId;
use crate::inspect::ProtocolId;
use crate::prefix::Prefix;

/// How the value of a field is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FieldUse {
    #[default]
    None,
    /// A host's name, or several with spaces or commas between; worth so many decibans.
    Name(i16),
    /// A name in a STUN message.
    Stun,
    /// Application protocols that TLS offers, with spaces or commas between.
    Alpn,
    /// The fingerprint of a ClientHello.
    Ja4,
    /// A protocol says what the flow is used for.
    Activity,
    /// A protocol says which part the local host plays.
    Role,
}

/// What a client asks for in the clear is what it gets, or it talks to a wall: 1 in 100,000 flows lies.
const ASKED_NAME: i16 = 50;
/// A certificate often serves several products of one company.
const CERTIFICATE_NAME: i16 = 45;
/// Realms and software names are chosen, not forced.
pub(super) const STUN_NAME: i16 = 45;
/// An application protocol of its own.
pub(super) const ALPN: i16 = 40;
/// Programs of one TLS library share a fingerprint.
pub(super) const JA4: i16 = 22;

/// The fields that name hosts, services and software.
pub(super) const USES: &[(&str, FieldUse)] = &[
    ("tls.server_name", FieldUse::Name(ASKED_NAME)),
    ("quic.server_name", FieldUse::Name(ASKED_NAME)),
    ("dtls.server_name", FieldUse::Name(ASKED_NAME)),
    ("http.host", FieldUse::Name(ASKED_NAME)),
    ("xmpp.to", FieldUse::Name(ASKED_NAME)),
    ("sip.to_domain", FieldUse::Name(ASKED_NAME)),
    ("tls.subject", FieldUse::Name(CERTIFICATE_NAME)),
    ("tls.names", FieldUse::Name(CERTIFICATE_NAME)),
    ("dtls.subject", FieldUse::Name(CERTIFICATE_NAME)),
    ("dtls.names", FieldUse::Name(CERTIFICATE_NAME)),
    ("sip.from_domain", FieldUse::Name(ASKED_NAME)),
    ("stun.realm", FieldUse::Stun),
    ("stun.software", FieldUse::Stun),
    ("stun.origin", FieldUse::Stun),
    ("tls.alpn", FieldUse::Alpn),
    ("quic.alpn", FieldUse::Alpn),
    ("tls.ja4", FieldUse::Ja4),
    ("quic.ja4", FieldUse::Ja4),
];

/// Something that a signature says may be seen.
#[derive(Clone, Debug)]
pub(super) struct Clue {
    pub app: AppId,
    pub weight: i16,
    pub mark: Mark,
    pub shape: Shape,
}

/// What kind of thing, with its words where the sentence needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Protocol(ProtocolId),
    Domain(Box<str>),
    Stun(Box<str>),
    Alpn(Box<str>),
    Ja4(Box<str>),
    /// A rule; its own words.
    Rule(Box<str>),
    Port,
    Range,
}

/// What only supports: where a service of an application is usually found.
#[derive(Debug, Default)]
pub(super) struct Service {
    pub ports: Vec<Ports>,
    pub ranges: Vec<Prefix>,
    pub port_clue: u32,
    pub range_clue: u32,
}

/// Weak: anyone may use any port.
pub(super) const ON_PORT: i16 = 3;
/// Weak: address ranges are rented, sold and shared.
pub(super) const IN_RANGE: i16 = 8;

/// Fields of a fixed name are read as [`USES`] says; `activity` and `role` mean the same in every protocol.
pub(super) fn use_of(name: &str) -> FieldUse {
    match name.split_once('.') {
        Some((_, "activity")) => FieldUse::Activity,
        Some((_, "role")) => FieldUse::Role,
        _ => USES.iter().find(|(known, _)| *known == name).map_or(FieldUse::None, |(_, used)| *used),
    }
}
