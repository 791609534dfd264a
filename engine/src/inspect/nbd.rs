//! NBD: discs over the network, as Linux does it (the NBD protocol).
//!
//! Recognised by the server's greeting.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The NBD protocol.
pub struct Nbd;

// Eight letters.
static GREETING: Sign = Sign::new("the greeting of a disc server (NBD)", 150);

static PROFILE: Profile = Profile {
    name: "nbd",
    title: "NBD",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[10809],
    first: First::Of(b"N"),
    fields: &[],
    signs: &[&GREETING],
};

impl Single for Nbd {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        opening.bytes.starts_with(b"NBDMAGIC").then(|| Heard::by(&GREETING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_greeting_is_told() {
        assert!(tell(&Nbd, Transport::Tcp, &[(Side::Server, b"NBDMAG"), (Side::Server, b"ICIHAVEOPT\0\x03")])
            .saw(&GREETING));
    }
}
