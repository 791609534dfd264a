//! SLP: printers, scanners and servers are looked for by what they do (Service Location Protocol version 2, RFC 2608).
//!
//! Recognised by its header, which says how long the message is and in which language its words are.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The SLP protocol.
pub struct Slp;

const VERSION: u8 = 2;
/// A service request, the first of eleven kinds (RFC 2608 §8).
const REQUEST: u8 = 1;
/// Bits of the flags that are reserved (§8).
const RESERVED: u16 = 0x1fff;
/// Longest language tag that is taken for one: `zh-Hans-CN` and somewhat more.
const LONGEST_LANGUAGE: usize = 16;

static KIND: Field = Field::number("slp.kind", "kind of message: 1 request, 2 reply, 3 registration, 8 announcement");
static SERVICE: Field = Field::text("slp.service", "the type of service that is looked for");

// Version and kind (38 dB), the datagram's exact length (72), reserved bits (39), a language; zeros are common.
static MESSAGE: Sign = Sign::new("a search for services, or what answers it (SLP)", 90);

static PROFILE: Profile = Profile {
    name: "slp",
    title: "SLP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[427],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[VERSION]))
        .at(1, Bytes::Range(REQUEST, 11))
        .at(2, Bytes::Of(&[0]))
        .at(6, Bytes::Of(&[0]))]),
    fields: &[&KIND, &SERVICE],
    signs: &[&MESSAGE],
};

impl Single for Slp {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, kind) = (reader.u8()?, reader.u8()?);
        let (length, flags) = (reader.be24()?, reader.be16()?);
        // Where extensions begin, 0 for none; then the number that a reply repeats.
        let extensions = reader.be24()?;
        reader.skip(2)?;
        let language = string(&mut reader)?;
        let fits = version == VERSION
            && (REQUEST..=11).contains(&kind)
            && length == opening.wire_len
            && flags & RESERVED == 0
            && extensions < length
            && is_language(language);
        let heard = fits.then(|| Heard::by(&MESSAGE).number(&KIND, kind))?;
        // Before the service stand the addresses of those that have answered already (§8.1).
        let service = (kind == REQUEST).then(|| string(&mut reader).and_then(|_| string(&mut reader)));
        Some(heard.text(&SERVICE, service.flatten()))
    }
}

/// Two bytes of length, then so many bytes.
fn string<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let length = reader.be16()?;
    reader.take(length.into())
}

/// Whether it is a language tag (RFC 5646 §2.1): letters first.
fn is_language(tag: &[u8]) -> bool {
    tag.len() <= LONGEST_LANGUAGE
        && tag.first().is_some_and(u8::is_ascii_alphabetic)
        && tag.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    const SEARCH: &[u8] = b"\x02\x01\0\0\x30\x20\0\0\0\0\0\x07\0\x02en\0\0\0\x0fservice:printer\0\x07default\0\0\0\0";

    #[test]
    fn a_search_tells_what_is_looked_for() {
        let mut search = SEARCH.to_vec();
        search[4] = u8::try_from(search.len()).unwrap();
        let told = tell(&Slp, Transport::Udp, &[(Side::Client, &search)]);
        assert_eq!(told.text(&SERVICE).as_deref(), Some("service:printer"));
        assert_eq!(told.number(&KIND), Some(1));
    }

    #[test]
    fn a_message_of_another_length_than_it_says_or_without_a_language_is_something_else() {
        let mut search = SEARCH.to_vec();
        search[4] = u8::try_from(search.len() + 1).unwrap();
        assert!(tell(&Slp, Transport::Udp, &[(Side::Client, &search)]).matched.is_none());
        search[4] -= 1;
        search[14] = 0;
        assert!(tell(&Slp, Transport::Udp, &[(Side::Client, &search)]).matched.is_none());
    }
}
