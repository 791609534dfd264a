//! DTLS: TLS over datagrams (RFC 6347, RFC 9147), under WebRTC's calls and some VPNs.
//!
//! Recognised by record headers of DTLS 1.0 to 1.2 whose lengths fit the datagram, and in the clear part of the handshake
//! by a message whose fragment fits its record. Told are the names that the client asks for, how it says hello (JA4),
//! whether it asks for SRTP keys (a call will follow), what the server chose and, before DTLS 1.3, its certificate.

use super::pieces::Pieces;
use super::tls::hello::{ClientHello, Over, ServerHello};
use super::tls::tell::{ClientFields, ServerFields};
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

#[cfg(test)]
mod tests;

/// The DTLS protocol.
pub struct Dtls;

static SERVER_NAME: Field = Field::text("dtls.server_name", "name of the server that the client asks for");
static ALPN: Field = Field::text("dtls.alpn", "application protocols that the client offers, commas between");
static OFFERED: Field = Field::text("dtls.client_version", "highest version that the client offers");
static JA4: Field = Field::text("dtls.ja4", "how the client says hello: the same for every run of one program");
static ECH: Field = Field::flag("dtls.ech", "the client may ask for another name, encrypted (ECH)");
static SRTP: Field = Field::flag("dtls.srtp", "the client asks for SRTP keys: a call, as WebRTC makes them");
static VERSION: Field = Field::text("dtls.version", "version agreed on");
static CIPHER: Field = Field::number("dtls.cipher", "cipher suite agreed on, by its IANA number");
static CHOSEN: Field = Field::text("dtls.alpn_chosen", "application protocol agreed on, before DTLS 1.3");
static SUBJECT: Field = Field::text("dtls.subject", "common name of the certificate's owner, before DTLS 1.3");
static ORGANISATION: Field = Field::text("dtls.organisation", "organisation of the certificate's owner");
static NAMES: Field = Field::text("dtls.names", "other names in the certificate, commas between");
static ISSUER: Field = Field::text("dtls.issuer", "who signed the certificate");
static SELF_SIGNED: Field = Field::flag("dtls.self_signed", "the certificate's owner signed it");
static NOT_BEFORE: Field = Field::number("dtls.not_before", "start of the certificate's validity, seconds since 1970");
static NOT_AFTER: Field = Field::number("dtls.not_after", "end of the certificate's validity, seconds since 1970");
static MALFORMED: Field = Field::flag("dtls.malformed", "a handshake message contradicts itself");

static CLIENT: ClientFields = ClientFields {
    server_name: &SERVER_NAME,
    alpn: &ALPN,
    offered: Some(&OFFERED),
    ja4: &JA4,
    ech: &ECH,
    srtp: Some(&SRTP),
};
static SERVER: ServerFields = ServerFields {
    version: &VERSION,
    cipher: &CIPHER,
    protocol: &CHOSEN,
    subject: &SUBJECT,
    organisation: &ORGANISATION,
    names: &NAMES,
    issuer: &ISSUER,
    self_signed: &SELF_SIGNED,
    not_before: &NOT_BEFORE,
    not_after: &NOT_AFTER,
};

// Type, version, epoch 0, the record's length, and a fragment that fits it: 1 of 2^60.
static HANDSHAKE: Sign = Sign::new("a DTLS record with a handshake message", 110);
// Type, version and a length that fits the datagram: 1 of 2^24.
static RECORDS: Sign = Sign::new("DTLS records that fill the datagram", 70);

static PROFILE: Profile = Profile {
    name: "dtls",
    title: "DTLS",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Udp],
    ports: &[443, 853, 4433, 5349, 5684],
    first: First::Range(kind::CHANGE_CIPHER, kind::ACK),
    fields: &[
        &SERVER_NAME,
        &ALPN,
        &OFFERED,
        &JA4,
        &ECH,
        &SRTP,
        &VERSION,
        &CIPHER,
        &CHOSEN,
        &SUBJECT,
        &ORGANISATION,
        &NAMES,
        &ISSUER,
        &SELF_SIGNED,
        &NOT_BEFORE,
        &NOT_AFTER,
        &MALFORMED,
    ],
    signs: &[&HANDSHAKE, &RECORDS],
};

mod kind {
    pub const CHANGE_CIPHER: u8 = 20;
    pub const HANDSHAKE: u8 = 22;
    pub const APPLICATION: u8 = 23;
    /// Records with a connection ID (RFC 9146); its length is not told, so that the body cannot be found.
    pub const WITH_CONNECTION: u8 = 25;
    pub const ACK: u8 = 26;
}

mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const HELLO_VERIFY: u8 = 3;
    pub const CERTIFICATE: u8 = 11;
    pub const FINISHED: u8 = 20;
}

const DTLS_1_3: u16 = 0xfefc;
/// What OpenSSL spoke before DTLS 1.0 was finished; AnyConnect still does.
const BEFORE_1_0: u16 = 0x0100;
/// Longest body: 2^14, and what encryption may add (RFC 6347 §4.1).
const LONGEST: u16 = 16_384 + 2_048;

impl Protocol for Dtls {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let cut = !opening.is_whole();
        sign_of(opening.bytes, cut).map_or(Match::No, Match::Yes)
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<DtlsParser>::default()
    }
}

fn sign_of(bytes: &[u8], cut: bool) -> Option<&'static Sign> {
    let mut reader = Reader::new(bytes);
    let first = Record::read(&mut reader, cut)?;
    if first.kind == kind::HANDSHAKE && first.epoch == 0 {
        let fragment = Fragment::read(&mut Reader::new(first.body), cut)?;
        return (fragment.kind <= message::FINISHED).then_some(&HANDSHAKE);
    }
    // Cisco's version is two common bytes: only a handshake is believed.
    let sound = first.version != BEFORE_1_0;
    while sound && !reader.is_empty() {
        Record::read(&mut reader, cut)?;
    }
    sound.then_some(&RECORDS)
}

/// One record.
#[derive(Clone, Copy, Debug)]
struct Record<'a> {
    kind: u8,
    version: u16,
    /// Counts the changes of keys; at 0 the handshake can be read.
    epoch: u16,
    body: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads a record; where the capture cut the datagram, what there is of it.
    fn read(reader: &mut Reader<'a>, cut: bool) -> Option<Self> {
        let kind = reader.u8().filter(|kind| (kind::CHANGE_CIPHER..=kind::ACK).contains(kind))?;
        let version = reader.be16().filter(|version| matches!(*version, 0xfeff | 0xfefd | BEFORE_1_0))?;
        let epoch = reader.be16()?;
        reader.skip(6)?;
        if kind == kind::WITH_CONNECTION {
            let body = reader.take(reader.remaining())?;
            return (!body.is_empty()).then_some(Self { kind, version, epoch, body });
        }
        let length = reader.be16().filter(|length| (1..=LONGEST).contains(length))?;
        let there = if cut { reader.remaining() } else { usize::MAX };
        Some(Self { kind, version, epoch, body: reader.take(usize::from(length).min(there))? })
    }
}

/// A handshake message, or a part of one (RFC 6347 §4.2.2).
#[derive(Clone, Copy, Debug)]
struct Fragment<'a> {
    kind: u8,
    /// Length of the whole message.
    length: usize,
    /// The message's place in the handshake.
    number: u16,
    offset: usize,
    bytes: &'a [u8],
}

impl<'a> Fragment<'a> {
    fn read(reader: &mut Reader<'a>, cut: bool) -> Option<Self> {
        let kind = reader.u8()?;
        let length = usize::try_from(reader.be24()?).ok()?;
        let number = reader.be16()?;
        let offset = usize::try_from(reader.be24()?).ok()?;
        let own = usize::try_from(reader.be24()?).ok()?;
        if offset + own > length {
            return None;
        }
        let there = if cut { reader.remaining() } else { usize::MAX };
        Some(Self { kind, length, number, offset, bytes: reader.take(own.min(there))? })
    }
}

/// Most bytes of a message that are put together, for each side: a certificate of common size, with others behind it.
const MOST_BYTES: usize = 6 * 1024;
/// Datagrams after which a handshake that did not end tells nothing more.
const MOST_DATAGRAMS: u8 = 48;

/// The message of one side that is being put together.
#[derive(Default)]
struct Half {
    number: Option<u16>,
    pieces: Pieces<MOST_BYTES>,
}

/// Reads one DTLS conversation.
#[derive(Default)]
struct DtlsParser {
    halves: [Half; 2],
    datagrams: u8,
    data_records: u8,
    client_told: bool,
    /// Media will follow on the same flow: stays, to tell them from its own.
    shares: bool,
    over: bool,
}

impl Parser for DtlsParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.datagrams = self.datagrams.saturating_add(1);
        let cut = !payload.is_whole();
        let mut reader = Reader::new(payload.bytes);
        let mut records = 0;
        while let Some(record) = Record::read(&mut reader, cut) {
            records += 1;
            self.take(&record, payload.side, cut, facts);
        }
        if records == 0 && !is_unified(payload.bytes) {
            return Next::NotMine;
        }
        let over = self.over || self.datagrams >= MOST_DATAGRAMS;
        if over && !self.shares {
            Next::Done
        } else {
            Next::More
        }
    }

    fn turned(&mut self) {
        self.halves.reverse();
    }

    fn kept(&self) -> usize {
        self.halves.iter().map(|half| half.pieces.kept()).sum()
    }
}

/// Whether a datagram may begin with a record of DTLS 1.3, once it is encrypted (RFC 9147 §4): in a flow known already.
fn is_unified(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first >> 5 == 1)
}

impl DtlsParser {
    fn take(&mut self, record: &Record<'_>, side: Side, cut: bool, facts: &mut Facts<'_>) {
        match record.kind {
            kind::HANDSHAKE if record.epoch == 0 => {
                let mut reader = Reader::new(record.body);
                while let Some(fragment) = Fragment::read(&mut reader, cut) {
                    self.take_fragment(&fragment, side, facts);
                }
            }
            kind::APPLICATION | kind::WITH_CONNECTION => {
                self.data_records = self.data_records.saturating_add(1);
                // Data on its way: the handshake is over.
                self.over |= self.data_records > 1;
            }
            _ => {}
        }
    }

    fn take_fragment(&mut self, fragment: &Fragment<'_>, side: Side, facts: &mut Facts<'_>) {
        if fragment.bytes.len() == fragment.length {
            return self.take_message(fragment.kind, fragment.bytes, side, facts);
        }
        let telling = matches!(fragment.kind, message::CLIENT_HELLO | message::SERVER_HELLO | message::CERTIFICATE);
        let [client, server] = &mut self.halves;
        let half = if side == Side::Client { client } else { server };
        if !telling || half.number.is_some_and(|number| number > fragment.number) {
            return;
        }
        if half.number != Some(fragment.number) {
            *half = Half { number: Some(fragment.number), pieces: Pieces::default() };
        }
        // A certificate's chain may be longer than what is kept; its first certificate is what tells.
        let room = MOST_BYTES.saturating_sub(fragment.offset);
        let piece = fragment.bytes.get(..fragment.bytes.len().min(room)).unwrap_or_default();
        if half.pieces.put(fragment.offset, piece).is_none() {
            return;
        }
        if half.pieces.start().len() >= fragment.length.min(MOST_BYTES) {
            let pieces = std::mem::take(&mut half.pieces);
            self.take_message(fragment.kind, pieces.start(), side, facts);
        }
    }

    fn take_message(&mut self, kind: u8, body: &[u8], side: Side, facts: &mut Facts<'_>) {
        match kind {
            message::CLIENT_HELLO => {
                let Some(hello) = ClientHello::parse(body, Over::Dtls, true) else {
                    return facts.flag(&MALFORMED);
                };
                facts.client_is(side);
                CLIENT.tell(&hello, Over::Dtls, None, facts);
                self.client_told = true;
                self.shares |= hello.srtp;
            }
            message::HELLO_VERIFY => facts.client_is(side.other()),
            message::SERVER_HELLO => {
                let Some(hello) = ServerHello::parse(body) else { return facts.flag(&MALFORMED) };
                facts.client_is(side.other());
                SERVER.tell_hello(&hello, facts);
                self.over |= hello.version == DTLS_1_3 && self.client_told;
            }
            message::CERTIFICATE if side == Side::Server => {
                SERVER.tell_certificate(body, facts);
                self.over |= self.client_told;
            }
            _ => {}
        }
    }
}
