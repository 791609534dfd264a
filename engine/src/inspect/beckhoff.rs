//! ADS: Beckhoff's controllers are read and set (AMS/TCP, Beckhoff Information System).
//!
//! Recognised by the header of a message whose two lengths agree.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The ADS protocol.
pub struct Beckhoff;

/// Bytes of a message before its data.
const HEADER: u32 = 32;

// Two empty bytes, two lengths that agree (96 dB), the command (36 dB).
static MESSAGE: Sign = Sign::new("a controller of Beckhoff's is read or set (ADS)", 95);

static PROFILE: Profile = Profile {
    name: "beckhoff",
    title: "Beckhoff ADS",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[48898],
    first: First::Shapes(&[Shape::stream()
        .at(0, Bytes::Of(&[0]))
        .at(1, Bytes::Of(&[0]))
        .at(4, Bytes::Of(&[0]))
        .at(5, Bytes::Of(&[0]))]),
    fields: &[],
    signs: &[&MESSAGE],
};

impl Single for Beckhoff {
    const LEAST: usize = 30;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (empty, length) = (reader.be16()?, reader.le32()?);
        // Both ends' addresses, each with a port.
        reader.skip(16)?;
        let (command, flags, data) = (reader.le16()?, reader.le16()?, reader.le32()?);
        let agree = data.checked_add(HEADER) == Some(length);
        (empty == 0 && agree && (1..=9).contains(&command) && flags & !0x40 <= 5).then(|| Heard::by(&MESSAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn both_lengths_must_agree() {
        let mut message = vec![0, 0, 32, 0, 0, 0];
        message.extend([7; 16]);
        message.extend([4, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0]);
        assert!(tell(&Beckhoff, Transport::Tcp, &[(Side::Client, &message[..9]), (Side::Client, &message[9..])])
            .saw(&MESSAGE));
        message[2] = 33;
        assert!(tell(&Beckhoff, Transport::Tcp, &[(Side::Client, &message)]).matched.is_none());
    }
}
