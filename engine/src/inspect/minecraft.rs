//! Minecraft (Java Edition): a world that players share (the protocol as its community describes it, minecraft.wiki).
//!
//! Recognised by the handshake that names the server, inside a length that fits.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Minecraft protocol.
pub struct Minecraft;

static SERVER: Field = Field::text("minecraft.server", "the server that is asked for");

// Number of the message (24 dB), the name's length inside the other (24 dB), letters (5 dB each), the wish (38 dB).
static HANDSHAKE: Sign = Sign::new("the handshake of a Minecraft player", 95);

static PROFILE: Profile = Profile {
    name: "minecraft",
    title: "Minecraft",
    category: Category::Game,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[25565],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Range(8, 0x7f)).at(1, Bytes::Of(&[0]))]),
    fields: &[&SERVER],
    signs: &[&HANDSHAKE],
};

impl Single for Minecraft {
    const LEAST: usize = 2;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (length, kind) = (usize::from(reader.u8()?), reader.u8()?);
        if kind != 0 {
            return None;
        }
        let Some(message) = opening.bytes.get(1..=length) else { return Some(Heard::Part) };
        let mut reader = Reader::new(message.get(1..)?);
        // Version of the protocol: seven bits a byte, in up to five.
        while reader.u8()? >= 0x80 {
            (reader.position() < 5).then_some(())?;
        }
        let name = reader.u8()?;
        let name = reader.take(name.into())?;
        let (_port, wish) = (reader.be16()?, reader.u8()?);
        // Helpers' marks stand behind the name.
        let name = name.split(|byte| *byte == 0).next()?;
        let plain = name.len() > 1 && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(byte));
        (plain && (1..=3).contains(&wish) && reader.is_empty()).then(|| Heard::by(&HANDSHAKE).text(&SERVER, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_handshake_tells_its_server() {
        let handshake = [&[21, 0, 0xff, 5, 14][..], b"mc.example.org", &[0x63, 0xdd, 2]].concat();
        for split in 1..handshake.len() {
            let (one, two) = handshake.split_at(split);
            let told = tell(&Minecraft, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&SERVER).as_deref(), Some("mc.example.org"));
        }
        assert!(tell(
            &Minecraft,
            Transport::Tcp,
            &[(Side::Client, &[20, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])]
        )
        .matched
        .is_none());
    }
}
