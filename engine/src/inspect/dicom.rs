//! DICOM: pictures between a hospital's machines (DICOM PS3.8).
//!
//! Recognised by the request for an association, which names both machines.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The DICOM protocol.
pub struct Dicom;

/// Bytes of a machine's name, padded with spaces.
const NAME: usize = 16;

static CALLED: Field = Field::text("dicom.called", "the machine that is called");

// Kind and empty fields (72 dB), version (48 dB), two names in printable letters (140 dB).
static ASSOCIATE: Sign = Sign::new("a medical machine calls another (DICOM)", 95);

static PROFILE: Profile = Profile {
    name: "dicom",
    title: "DICOM",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[104, 11112],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[1]))
        .at(1, Bytes::Of(&[0]))
        .at(6, Bytes::Of(&[0]))
        .at(7, Bytes::Of(&[1]))]),
    fields: &[&CALLED],
    signs: &[&ASSOCIATE],
};

impl Single for Dicom {
    const LEAST: usize = 42;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (kind, reserved, _length) = (reader.u8()?, reader.u8()?, reader.be32()?);
        let (version, empty) = (reader.be16()?, reader.be16()?);
        let (called, calling) = (reader.take(NAME)?, reader.take(NAME)?);
        let is_name = |name: &[u8]| name.iter().all(|byte| (0x20..0x7f).contains(byte));
        let plain = kind == 1 && reserved == 0 && version == 1 && empty == 0;
        (plain && is_name(called) && is_name(calling)).then(|| Heard::by(&ASSOCIATE).text(&CALLED, called.trim_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_tells_who_is_called() {
        let request =
            [&[1, 0, 0, 0, 0, 200, 0, 1, 0, 0][..], b"ARCHIVE         ", b"SCANNER         ", &[0; 32]].concat();
        let told = tell(&Dicom, Transport::Tcp, &[(Side::Client, &request[..20]), (Side::Client, &request[20..])]);
        assert_eq!(told.text(&CALLED).as_deref(), Some("ARCHIVE"));
        assert!(tell(&Dicom, Transport::Tcp, &[(Side::Client, &[1; 42])]).matched.is_none());
    }
}
