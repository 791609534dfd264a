//! MongoDB: a store of documents is asked (MongoDB wire protocol).
//!
//! Recognised by the header of a message: length, numbers, and one of few operations.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The MongoDB protocol.
pub struct MongoDb;

/// Longest message that servers take.
const LONGEST: u32 = 48_000_000;

static OPERATION: Field =
    Field::number("mongodb.operation", "the first message: 2004 question of old, 2013 of today …");

// Operation (85 dB), length (22 dB), and what a first message answers: nothing (96 dB).
static HEADER: Sign = Sign::new("a message to a MongoDB server", 90);

static PROFILE: Profile = Profile {
    name: "mongodb",
    title: "MongoDB",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[27017, 27018],
    first: First::Shapes(&[Shape::stream().at(3, Bytes::Range(0, 2)).at(13, Bytes::Of(&[7]))]),
    fields: &[&OPERATION],
    signs: &[&HEADER],
};

impl Single for MongoDb {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (length, _number, answers, operation) = (reader.le32()?, reader.le32()?, reader.le32()?, reader.le32()?);
        let known = matches!(operation, 2001..=2007 | 2010..=2013) && matches!(answers, 0 | u32::MAX);
        ((26..LONGEST).contains(&length) && known).then(|| Heard::by(&HEADER).number(&OPERATION, operation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_first_message_is_told() {
        let mut bytes = vec![0x3b, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0];
        bytes.resize(0x3b, 0);
        let told = tell(&MongoDb, Transport::Tcp, &[(Side::Client, &bytes[..9]), (Side::Client, &bytes[9..])]);
        assert_eq!(told.number(&OPERATION), Some(2013));
        bytes[15] = 1;
        assert!(tell(&MongoDb, Transport::Tcp, &[(Side::Client, &bytes)]).matched.is_none());
    }
}
