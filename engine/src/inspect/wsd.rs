//! WS-Discovery: Windows, printers and cameras look for each other (OASIS, WS-Discovery 1.1).
//!
//! Recognised by an envelope of SOAP in a datagram that names the protocol.

use memchr::memmem;

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The WS-Discovery protocol.
pub struct Wsd;

/// The name space stands among the first, in the envelope's opening element.
const NEAR: usize = 1024;
/// Of both versions (2005, and ns/2009).
const NAMES: [&[u8]; 2] = [b"/ws/2005/04/discovery", b"/ws-dd/ns/discovery/"];

// Twenty letters; a document about it might hold them, but not in a datagram that begins with an element.
static ENVELOPE: Sign = Sign::new("devices that look for each other (WS-Discovery)", 95);

static PROFILE: Profile = Profile {
    name: "wsd",
    title: "WS-Discovery",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[3702],
    first: First::Of(b"<"),
    fields: &[],
    signs: &[&ENVELOPE],
};

impl Single for Wsd {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let near = opening.bytes.get(..opening.bytes.len().min(NEAR))?;
        NAMES.iter().any(|name| memmem::find(near, name).is_some()).then(|| Heard::by(&ENVELOPE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_name_space_tells() {
        let probe =
            b"<?xml version=\"1.0\"?><soap:Envelope xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\">";
        assert!(tell(&Wsd, Transport::Udp, &[(Side::Client, probe)]).saw(&ENVELOPE));
        assert!(tell(&Wsd, Transport::Udp, &[(Side::Client, b"<?xml version=\"1.0\"?><a/>")]).matched.is_none());
    }
}
