//! gRPC: programs call each other's procedures over HTTP/2 (grpc.io, "gRPC over HTTP2").
//!
//! Never recognised by its own bytes: HTTP/2 leads here when its content is gRPC's. Inside TLS nothing shows it.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The gRPC protocol.
pub struct Grpc;

/// `application/grpc`, as it is; and in the code of RFC 7541 appendix B, as far as it falls on whole bytes.
const CONTENT_TYPES: [&[u8]; 2] = [b"application/grpc", &[0x1d, 0x75, 0xd0, 0x62, 0x0d, 0x26, 0x3d, 0x4c, 0x4d, 0x65]];

// Ten bytes and more, anywhere in a payload (30 dB less).
static CONTENT: Sign = Sign::new("the content type of gRPC in HTTP/2", 150);

static PROFILE: Profile = Profile {
    name: "grpc",
    title: "gRPC",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[50_051],
    first: First::Of(&[]),
    fields: &[],
    signs: &[&CONTENT],
};

/// Whether a payload of HTTP/2 says that its content is gRPC's.
pub(super) fn is_in(payload: &[u8]) -> bool {
    CONTENT_TYPES.iter().any(|name| memchr::memmem::find(payload, name).is_some())
}

impl Protocol for Grpc {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, _opening: &Payload<'_>) -> Match {
        Match::No
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Grpc)
    }
}

impl Parser for Grpc {
    fn feed(&mut self, _payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.sign(&CONTENT);
        Next::Done
    }
}
