//! TLS: what secures most of the web (RFC 8446, RFC 5246, and SSL 3 before them).
//!
//! Recognised by a ClientHello or ServerHello whose record, message and version agree; by an alert; by a ClientHello in
//! the frame of SSL 2; or, where the flow was joined late, by record headers that follow each other. Told are the names
//! that the client asks for, how it says hello (JA4), what the server chose and, before TLS 1.3, its certificate. What a
//! program shows that only pretends to speak TLS is told as `tls.malformed`.

mod certificate;
pub(crate) mod hello;
mod ja4;
mod opening;
mod record;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod tell;
#[cfg(test)]
mod tests;

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::behaviour::Fake;
use crate::bytes::Reader;
use crate::facts::{FactStore, Facts, Field, Sign};
use crate::packet::{Side, Transport};
use hello::{ClientHello, Over, ServerHello};
use opening::{judge, Opening};
use record::{kind, Message, Messages, Piece, Records};
use tell::{ClientFields, ServerFields};

/// The TLS protocol.
pub struct Tls;

pub(super) static SERVER_NAME: Field = Field::text("tls.server_name", "name of the server that the client asks for");
static ALPN: Field = Field::text("tls.alpn", "application protocols that the client offers, commas between");
static OFFERED: Field = Field::text("tls.client_version", "highest version that the client offers");
static JA4: Field = Field::text("tls.ja4", "how the client says hello: the same for every run of one program");
static ECH: Field = Field::flag("tls.ech", "the client may ask for another name, encrypted (ECH)");
static VERSION: Field = Field::text("tls.version", "version agreed on");
static CIPHER: Field = Field::number("tls.cipher", "cipher suite agreed on, by its IANA number");
static CHOSEN: Field = Field::text("tls.alpn_chosen", "application protocol agreed on, before TLS 1.3");
static SUBJECT: Field = Field::text("tls.subject", "common name of the certificate's owner, before TLS 1.3");
static ORGANISATION: Field = Field::text("tls.organisation", "organisation of the certificate's owner");
static NAMES: Field = Field::text("tls.names", "other names in the certificate, commas between");
static ISSUER: Field = Field::text("tls.issuer", "who signed the certificate");
static SELF_SIGNED: Field = Field::flag("tls.self_signed", "the certificate's owner signed it");
static NOT_BEFORE: Field = Field::number("tls.not_before", "start of the certificate's validity, seconds since 1970");
static NOT_AFTER: Field = Field::number("tls.not_after", "end of the certificate's validity, seconds since 1970");
static MALFORMED: Field = Field::flag("tls.malformed", "records or messages contradict themselves: hardly a real TLS");

static CLIENT: ClientFields =
    ClientFields { server_name: &SERVER_NAME, alpn: &ALPN, offered: Some(&OFFERED), ja4: &JA4, ech: &ECH, srtp: None };
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

// Type, message, both version bytes twice, zero and range of lengths: 1 of 2^46 by chance. Less than that, because
// programs that only pretend to speak TLS begin like this on purpose.
static CLIENT_HELLO: Sign = Sign::new("a TLS handshake record with a ClientHello", 90);
static SERVER_HELLO: Sign = Sign::new("a TLS handshake record with a ServerHello", 90);
// Frame, type, version and three lengths that add up: 1 of 2^50; Skype's log-in began like this too.
static OLD_HELLO: Sign = Sign::new("a TLS ClientHello in the frame of SSL 2", 80);
// Type, version and length: 1 of 2^40; level and description as good as nothing.
static ALERT: Sign = Sign::new("a TLS alert and nothing else", 80);
// Type and version twice, or once with a length that fits the payload: 1 of 2^38 and better.
static RECORDS: Sign = Sign::new("TLS records that follow each other", 80);
// Type and version: 1 of 2^24.
static ONE_RECORD: Sign = Sign::new("the header of a long TLS record", 60);

static PROFILE: Profile = Profile {
    name: "tls",
    title: "TLS",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Tcp],
    ports: &[443, 8443, 993, 995, 465, 853, 636, 989, 990, 992, 994, 5061, 5223, 5349],
    first: First::Of(&[kind::CHANGE_CIPHER, kind::ALERT, kind::HANDSHAKE, kind::APPLICATION, kind::HEARTBEAT, 0x80]),
    fields: &[
        &SERVER_NAME,
        &ALPN,
        &OFFERED,
        &JA4,
        &ECH,
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
    signs: &[&CLIENT_HELLO, &SERVER_HELLO, &OLD_HELLO, &ALERT, &RECORDS, &ONE_RECORD],
};

impl Protocol for Tls {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match judge(opening.bytes) {
            None => Match::No,
            Some(opening) => sign_of(opening).map_or(Match::Unsure, Match::Yes),
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<TlsParser>::default()
    }
}

const fn sign_of(opening: Opening) -> Option<&'static Sign> {
    Some(match opening {
        Opening::TooShort => return None,
        Opening::ClientHello => &CLIENT_HELLO,
        Opening::ServerHello => &SERVER_HELLO,
        Opening::OldClientHello => &OLD_HELLO,
        Opening::Alert => &ALERT,
        Opening::Records => &RECORDS,
        Opening::OneRecord => &ONE_RECORD,
    })
}

/// How a stream with these facts only pretends to be TLS, as far as they show it.
pub(crate) fn fake(facts: &FactStore) -> Option<Fake> {
    if facts.get(&MALFORMED).is_some() {
        return Some(Fake::Broken);
    }
    let modern = facts.get(&OFFERED).is_some_and(|version| version != b"SSL 3");
    // Four characters of transport, version and name, two of ciphers, then the number of extensions.
    let bare = facts.get(&JA4).and_then(|print| print.get(6..8)).is_some_and(|count| count == b"00");
    (modern && bare).then_some(Fake::BareHello)
}

/// Messages that tell something (RFC 8446 §4).
mod message {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const CERTIFICATE: u8 = 11;
    pub const SERVER_HELLO_DONE: u8 = 14;
}

/// Payloads after which a handshake that did not end tells nothing more.
const MOST_PAYLOADS: u8 = 64;
/// Records of application data after which the handshake is certainly over.
const MOST_DATA_RECORDS: u8 = 2;
const TLS_1_3: u16 = 0x0304;

/// One side's stream.
#[derive(Default)]
struct Half {
    records: Records,
    messages: Messages,
    started: bool,
    /// After ChangeCipherSpec handshake messages cannot be read.
    encrypted: bool,
}

/// Reads one TLS conversation.
#[derive(Default)]
struct TlsParser {
    halves: [Half; 2],
    payloads: u8,
    data_records: u8,
    client_told: bool,
    over: bool,
}

impl Parser for TlsParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.payloads += 1;
        let mut reader = Reader::new(payload.bytes);
        loop {
            let half = half_of(&mut self.halves, payload.side);
            if !half.started {
                half.start(payload.bytes);
                if self.client_told && !is_record(payload.bytes) {
                    // A server that expects another protocol answers in its own: XMPP before STARTTLS, plain HTTP.
                    return Next::Inside(0);
                }
            }
            match half.records.next(&mut reader) {
                Ok(None) => break,
                Ok(Some(piece)) => self.take(piece, payload, facts),
                Err(record::Broken) => {
                    facts.flag(&MALFORMED);
                    return Next::Done;
                }
            }
            if self.over {
                return Next::Done;
            }
        }
        if self.payloads >= MOST_PAYLOADS {
            Next::Done
        } else {
            Next::More
        }
    }

    fn turned(&mut self) {
        self.halves.reverse();
    }

    fn kept(&self) -> usize {
        self.halves.iter().map(|half| half.messages.kept()).sum()
    }
}

/// Whether the bytes can begin a record, as far as their first says.
fn is_record(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|first| (kind::CHANGE_CIPHER..=kind::HEARTBEAT).contains(first) || *first & 0x80 != 0)
}

fn half_of(halves: &mut [Half; 2], side: Side) -> &mut Half {
    let [client, server] = halves;
    match side {
        Side::Client => client,
        Side::Server => server,
    }
}

impl Half {
    fn start(&mut self, bytes: &[u8]) {
        self.started = true;
        if let Some(length) = opening::old_hello(bytes) {
            self.records.skip(length);
        }
    }
}

impl TlsParser {
    fn take(&mut self, piece: Piece<'_>, payload: &Payload<'_>, facts: &mut Facts<'_>) {
        match piece.kind {
            kind::HANDSHAKE => self.take_handshake(piece.bytes, payload, facts),
            kind::CHANGE_CIPHER => {
                half_of(&mut self.halves, payload.side).encrypted = true;
                // A server's own change ends a handshake that resumes a session: no certificate will come.
                self.over |= self.halves.iter().all(|half| half.encrypted);
            }
            kind::APPLICATION if piece.starts => {
                self.data_records += 1;
                self.over |= self.data_records >= MOST_DATA_RECORDS;
            }
            _ => {}
        }
    }

    fn take_handshake(&mut self, bytes: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) {
        let half = half_of(&mut self.halves, payload.side);
        if half.encrypted {
            return;
        }
        let mut reader = Reader::new(bytes);
        while let Some(message) = half.messages.next(&mut reader) {
            let told = tell(&message, payload, facts);
            self.client_told |= message.kind == message::CLIENT_HELLO;
            if told.is_none() {
                facts.flag(&MALFORMED);
            }
            self.over |= match told {
                Some(After::More) => false,
                Some(After::Enough) => self.client_told,
                None => true,
            };
        }
    }
}

/// Whether more that can be read will follow a message.
enum After {
    More,
    Enough,
}

/// Tells what a message says; nothing where it contradicts itself.
fn tell(message: &Message<'_>, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Option<After> {
    let side = payload.side;
    match message.kind {
        message::CLIENT_HELLO => {
            let hello = ClientHello::parse(message.body, Over::Tcp, message.whole)?;
            facts.client_is(side);
            CLIENT.tell(&hello, Over::Tcp, Some(payload.destination().addr), facts);
        }
        message::SERVER_HELLO => {
            let hello = ServerHello::parse(message.body)?;
            facts.client_is(side.other());
            SERVER.tell_hello(&hello, facts);
            if hello.version >= TLS_1_3 {
                return Some(After::Enough);
            }
        }
        message::CERTIFICATE if side == Side::Server => {
            SERVER.tell_certificate(message.body, facts);
            return Some(After::Enough);
        }
        message::SERVER_HELLO_DONE => return Some(After::Enough),
        _ => {}
    }
    Some(After::More)
}
