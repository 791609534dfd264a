//! VNC: the screen of another computer, by the remote framebuffer protocol (RFC 6143).
//!
//! Recognised by the line that both sides begin with.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The VNC protocol.
pub struct Vnc;

static VERSION: Field = Field::text("vnc.version", "version of the protocol: 003.008");

// Six fixed letters and six digits: 230 dB.
static BANNER: Sign = Sign::new("the line that VNC begins with", 150);

static PROFILE: Profile = Profile {
    name: "vnc",
    title: "VNC",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[5900, 5901, 5902, 5500],
    first: First::Of(b"R"),
    fields: &[&VERSION],
    signs: &[&BANNER],
};

impl Single for Vnc {
    const LEAST: usize = 12;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let version = opening.bytes.get(..Self::LEAST)?.strip_prefix(b"RFB ")?.strip_suffix(b"\n")?;
        let plain =
            version.iter().enumerate().all(|(at, byte)| if at == 3 { *byte == b'.' } else { byte.is_ascii_digit() });
        plain.then(|| Heard::by(&BANNER).text(&VERSION, version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_banner_tells_its_version() {
        let told = tell(&Vnc, Transport::Tcp, &[(Side::Server, b"RFB 0"), (Side::Server, b"03.008\n")]);
        assert_eq!(told.text(&VERSION).as_deref(), Some("003.008"));
        assert!(tell(&Vnc, Transport::Tcp, &[(Side::Server, b"RFC 003.008\n")]).matched.is_none());
    }
}
