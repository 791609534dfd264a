//! iSCSI: discs over the network (RFC 7143).
//!
//! Recognised by the request to log on, and the name of who does.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The iSCSI protocol.
pub struct Iscsi;

/// Bytes before the words of a request.
const HEADER: usize = 48;
/// Words that are waited for.
const NEAR: usize = 512;
/// What stands before the name.
const KEY: &[u8] = b"InitiatorName=";

static INITIATOR: Field = Field::text("iscsi.initiator", "who wants the disc: iqn.1993-08.org.debian:01:pc");

// Kind and version (70 dB), fourteen letters.
static LOG_ON: Sign = Sign::new("a computer logs on to a disc (iSCSI)", 150);

static PROFILE: Profile = Profile {
    name: "iscsi",
    title: "iSCSI",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3260],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0x43, 0x03]))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[0]))
        .at(4, Bytes::Of(&[0]))]),
    fields: &[&INITIATOR],
    signs: &[&LOG_ON],
};

impl Single for Iscsi {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // Kind, flags, version 0 at most and at least, nothing between header and words.
        if !matches!(opening.bytes, [_, _, 0, 0, 0, 0, ..]) {
            return None;
        }
        let words = opening.bytes.get(HEADER..opening.bytes.len().min(HEADER + NEAR)).unwrap_or_default();
        let name = memmem::find(words, KEY).and_then(|at| words.get(at + KEY.len()..));
        let whole = name.and_then(|name| name.get(..memchr::memchr(0, name)?));
        match whole {
            Some(name) => Some(Heard::by(&LOG_ON).text(&INITIATOR, name)),
            None => (words.len() < NEAR).then_some(Heard::Part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_log_on_tells_who_it_is() {
        let mut request = vec![0x43, 0x87, 0, 0, 0, 0, 0, 64];
        request.resize(HEADER, 0);
        request.extend_from_slice(b"SessionType=Normal\0InitiatorName=iqn.1993-08.org:pc\0");
        for split in 1..request.len() {
            let (one, two) = request.split_at(split);
            let told = tell(&Iscsi, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&INITIATOR).as_deref(), Some("iqn.1993-08.org:pc"));
        }
    }
}
