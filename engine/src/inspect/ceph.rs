//! Ceph: a store spread over many machines (Ceph messenger, versions 1 and 2).
//!
//! Recognised by the banner that both sides begin with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The Ceph protocol.
pub struct Ceph;

// Eight letters and more.
static BANNER: Sign = Sign::new("the banner of a Ceph store", 150);

static PROFILE: Profile = Profile {
    name: "ceph",
    title: "Ceph",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3300, 6789, 6800],
    first: First::Of(b"c"),
    fields: &[],
    signs: &[&BANNER],
};

impl Single for Ceph {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        [&b"ceph v0"[..], b"ceph v2\n"]
            .iter()
            .any(|banner| opening.bytes.starts_with(banner))
            .then(|| Heard::by(&BANNER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_banners_are_told() {
        for banner in [&b"ceph v027"[..], b"ceph v2\n\x10\0"] {
            assert!(
                tell(&Ceph, Transport::Tcp, &[(Side::Server, &banner[..3]), (Side::Server, &banner[3..])]).saw(&BANNER)
            );
        }
    }
}
