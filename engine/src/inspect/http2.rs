//! HTTP/2 without TLS (RFC 9113), as programs speak it that know each other: gRPC above all.
//!
//! Recognised by the client's preface, or by the SETTINGS frame that opens the server's side. Leads on to gRPC.

use super::grpc::{self, Grpc};
use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::{Side, Transport};

/// The HTTP/2 protocol in the clear.
pub struct Http2;

// 24 fixed bytes.
static PREFACE: Sign = Sign::new("the preface of an HTTP/2 client", 200);
// Type, flags and stream are fixed, the length is a small multiple of 6; all but the type are small numbers.
static SETTINGS: Sign = Sign::new("the SETTINGS frame that opens HTTP/2", 52);

static PROFILE: Profile = Profile {
    name: "http2",
    title: "HTTP/2",
    category: Category::Web,
    layer: Layer::Session,
    transports: &[Transport::Tcp],
    ports: &[80, 8080, 50_051],
    first: First::Of(&[b'P', 0]),
    fields: &[],
    signs: &[&PREFACE, &SETTINGS],
};

const PREFACE_BYTES: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Length, type, flags, stream.
const FRAME_HEAD: usize = 9;
/// More settings than any program sends.
const MOST_SETTINGS: u32 = 20;
const SETTING: u32 = 6;

impl Protocol for Http2 {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if bytes.starts_with(PREFACE_BYTES) {
            return Match::Yes(&PREFACE);
        }
        if PREFACE_BYTES.starts_with(bytes) {
            return Match::Unsure;
        }
        let short = bytes.len() < FRAME_HEAD && bytes.first() == Some(&0);
        match opens_with_settings(bytes) {
            Some(true) => Match::Yes(&SETTINGS),
            None if short => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Http2Parser>::default()
    }
}

fn opens_with_settings(bytes: &[u8]) -> Option<bool> {
    const TYPE: u8 = 4;
    let mut reader = Reader::new(bytes);
    let length = reader.be24()?;
    let (kind, flags, stream) = (reader.u8()?, reader.u8()?, reader.be32()?);
    let fits = length.is_multiple_of(SETTING) && (SETTING..=MOST_SETTINGS * SETTING).contains(&length);
    Some(fits && kind == TYPE && flags == 0 && stream == 0)
}

/// Payloads among which gRPC's content type is looked for.
const MOST_PAYLOADS: u8 = 8;
#[derive(Default)]
struct Http2Parser {
    payloads: u8,
}

impl Parser for Http2Parser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.payloads += 1;
        if payload.bytes.starts_with(PREFACE_BYTES) {
            facts.client_is(payload.side);
        }
        if grpc::is_in(payload.bytes) {
            return Next::Becomes(&Grpc, 0);
        }
        if self.payloads >= MOST_PAYLOADS {
            Next::Done
        } else {
            Next::More
        }
    }

    fn lost(&mut self, _side: Side) -> Next {
        Next::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn the_preface_cut_anywhere_is_recognised() {
        for cut in 1..PREFACE_BYTES.len() {
            let (first, second) = PREFACE_BYTES.split_at(cut);
            let told = tell(&Http2, Transport::Tcp, &[(Side::Client, first), (Side::Client, second)]);
            assert!(told.saw(&PREFACE), "cut at {cut}");
        }
    }

    #[test]
    fn a_server_opens_with_its_settings() {
        let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
        assert!(tell(&Http2, Transport::Tcp, &[(Side::Server, &settings)]).saw(&SETTINGS));
        let other = [0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
        assert!(tell(&Http2, Transport::Tcp, &[(Side::Server, &other)]).matched.is_none());
    }

    #[test]
    fn grpc_is_told_by_its_content_type() {
        let talk = [PREFACE_BYTES, b"...application/grpc..."].concat();
        let told = tell(&Http2, Transport::Tcp, &[(Side::Client, &talk)]);
        assert!(matches!(told.last, Next::Becomes(next, 0) if next.profile().name == "grpc"));
        assert!(!matches!(tell(&Http2, Transport::Tcp, &[(Side::Client, PREFACE_BYTES)]).last, Next::Becomes(..)));
    }
}
