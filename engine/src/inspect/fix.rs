//! FIX: orders and prices between banks and exchanges (FIX 4.0 to 5.0).
//!
//! Recognised by the first two fields of a message, which are always the same two.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The FIX protocol.
pub struct Fix;

/// Between fields.
const END: u8 = 1;

static VERSION: Field = Field::text("fix.version", "version that a message names: FIX.4.4, FIXT.1.1");

// Two numbers with their signs and an end between (120 dB).
static MESSAGE: Sign = Sign::new("an order or a price between banks (FIX)", 95);

static PROFILE: Profile = Profile {
    name: "fix",
    title: "FIX",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(b"8")).at(1, Bytes::Of(b"="))]),
    fields: &[&VERSION],
    signs: &[&MESSAGE],
};

impl Single for Fix {
    const LEAST: usize = 4;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        // `8=FIX.4.4␁9=`; some shorten the version to a letter.
        let rest = opening.bytes.strip_prefix(b"8=")?;
        let near = rest.get(..rest.len().min(16))?;
        let end = near.iter().position(|byte| *byte == END);
        let Some(end) = end else { return (near.len() < 16).then_some(Heard::Part) };
        let (version, next) = (near.get(..end)?, near.get(end + 1..)?);
        if next.len() < 2 {
            return Some(Heard::Part);
        }
        let named = !version.is_empty() && version.iter().all(u8::is_ascii_graphic);
        (named && next.starts_with(b"9=")).then(|| Heard::by(&MESSAGE).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_two_first_fields_tell() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, b"8=FIX.4.4\x01"), (Side::Client, b"9=61\x0135=A\x01")];
        assert_eq!(tell(&Fix, Transport::Tcp, &talk).text(&VERSION).as_deref(), Some("FIX.4.4"));
        assert!(tell(&Fix, Transport::Tcp, &[(Side::Client, b"8=2*4\r\n and more text")]).matched.is_none());
    }
}
