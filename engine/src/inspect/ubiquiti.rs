//! Ubiquiti's devices are looked for, and answer with what they are (as Ubiquiti's own open tools do).
//!
//! Recognised on their port by a message whose length is exact.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Ubiquiti discovery protocol.
pub struct Ubiquiti;

const PORT: u16 = 10001;

static DEVICE: Field = Field::text("ubiquiti.device", "what the device is");

// Version and kind (36 dB), exact length (48 dB), the port (6 dB); small numbers are common.
static MESSAGE: Sign = Sign::new("a device of Ubiquiti's tells what it is", 45);

static PROFILE: Profile = Profile {
    name: "ubiquiti",
    title: "Ubiquiti discovery",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(&[1, 2])).on(&[PORT])]),
    fields: &[&DEVICE],
    signs: &[&MESSAGE],
};

impl Single for Ubiquiti {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (_version, kind, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
        let exact = u32::from(length) + 4 == opening.wire_len;
        if !opening.on_port(&[PORT]) || kind > 11 || !exact {
            return None;
        }
        Some(Heard::by(&MESSAGE).text(&DEVICE, model(&mut reader)))
    }
}

/// Among the parts, each with kind and length, the one that names the model.
fn model<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    const MODEL: u8 = 0x0c;
    loop {
        let (kind, length) = (reader.u8()?, reader.be16()?);
        let value = reader.take(length.into())?;
        if kind == MODEL {
            return Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_device_is_told() {
        let told = [&[2, 6, 0, 9, 0x0b, 0, 1][..], b"x", &[0x0c, 0, 2], b"UB"].concat();
        let port = Endpoint { port: PORT, ..SERVER };
        assert_eq!(
            tell_between(&Ubiquiti, Transport::Udp, CLIENT, port, &[(Side::Client, &told)]).text(&DEVICE).as_deref(),
            Some("UB")
        );
        assert!(tell_between(&Ubiquiti, Transport::Udp, CLIENT, port, &[(Side::Client, &told[..9])]).matched.is_none());
    }
}
