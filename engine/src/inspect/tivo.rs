//! TiVo: recorders in one house look for each other (TiVoConnect Automatic Machine Discovery).
//!
//! Recognised by the first line of a search.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The TiVo protocol.
pub struct Tivo;

// Thirteen letters.
static SEARCH: Sign = Sign::new("recorders look for each other (TiVo)", 150);

static PROFILE: Profile = Profile {
    name: "tivo",
    title: "TiVo Connect",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2190],
    first: First::Of(b"Tt"),
    fields: &[],
    signs: &[&SEARCH],
};

impl Single for Tivo {
    const LEAST: usize = 12;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let start = opening.bytes.get(..12)?;
        start.eq_ignore_ascii_case(b"TiVoConnect=").then(|| Heard::by(&SEARCH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_search_is_told() {
        assert!(tell(&Tivo, Transport::Udp, &[(Side::Client, b"TiVoConnect=1\nswversion=1.0\n")]).saw(&SEARCH));
    }
}
