//! UNISTIM: Nortel's and Avaya's desk telephones and their call server, over UDP.
//!
//! Recognised by its numbered header and by commands whose lengths end with the datagram, on any port; an acknowledgement
//! alone on its port. Nortel published no format; the comments of Asterisk's `chan_unistim.c` document it: two bytes 0
//! (or ff, from a telephone that looks for a server), the number, what the datagram is for, who speaks, and commands of
//! a kind, their own length and arguments.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The UNISTIM protocol.
pub struct Unistim;

const PORTS: [u16; 2] = [4100, 5000];
const TAKEN: u8 = 1;
const COMMANDS: u8 = 2;
const SERVER: u8 = 1;
const TELEPHONE: u8 = 2;

// Two bytes that have two values (45 dB of random ones), two of 256 kinds of datagram and speaker, and lengths that end
// exactly with it (21 dB); small numbers are common, so that half is claimed.
static COMMAND: Sign = Sign::new("commands between a Nortel telephone and its call server", 50);
// The same without commands, on one of its ports.
static TAKEN_IN: Sign = Sign::new("a Nortel telephone's acknowledgement on its port", 30);

static PROFILE: Profile = Profile {
    name: "unistim",
    title: "UNISTIM",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &PORTS,
    first: First::Shapes(&[
        Shape::datagram()
            .at(0, Bytes::Of(&[0, 0xff]))
            .at(4, Bytes::Of(&[COMMANDS]))
            .at(5, Bytes::Of(&[SERVER, TELEPHONE])),
        Shape::datagram().at(0, Bytes::Of(&[0])).at(4, Bytes::Of(&[TAKEN])).long(6, 10).on(&PORTS),
    ]),
    fields: &[],
    signs: &[&COMMAND, &TAKEN_IN],
};

impl Single for Unistim {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (high, _number, purpose, speaker) = (reader.be16()?, reader.be16()?, reader.u8()?, reader.u8()?);
        // What a telephone says names its terminal, nothing while it looks for a server.
        let terminal = if speaker == TELEPHONE { Some(reader.be32()?) } else { None };
        match (high, purpose, speaker) {
            (0, TAKEN, SERVER | TELEPHONE)
                if reader.remaining() == 0 && opening.is_whole() && opening.on_port(&PORTS) =>
            {
                Some(Heard::by(&TAKEN_IN))
            }
            (0, COMMANDS, SERVER | TELEPHONE) => end_with_it(reader, opening),
            (0xffff, COMMANDS, TELEPHONE) if terminal == Some(u32::MAX) => end_with_it(reader, opening),
            _ => None,
        }
    }
}

/// Whether what is left are commands, the last of which ends with the datagram.
fn end_with_it<'a>(mut reader: Reader<'_>, opening: &Payload<'a>) -> Option<Heard<'a>> {
    if reader.remaining() == 0 {
        return None;
    }
    while reader.remaining() > 0 {
        let (kind, len) = (reader.u8()?, reader.u8()?);
        // The server's kinds lie under 0x20, a telephone's answers have the highest bit set as well.
        if !(0x09..=0x1f).contains(&(kind & 0x7f)) || len < 3 {
            return None;
        }
        reader.skip(usize::from(len) - 2)?;
    }
    opening.is_whole().then(|| Heard::by(&COMMAND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn commands_are_told_by_their_lengths() {
        let looks = [0xff, 0xff, 0xff, 0xff, 2, 2, 0xff, 0xff, 0xff, 0xff, 0x9e, 3, 8];
        assert!(tell(&Unistim, Transport::Udp, &[(Side::Client, &looks)]).saw(&COMMAND));
        let shows = [0, 0, 0, 7, 2, 1, 0x19, 4, 0, 0, 0x1e, 5, 0x12, 0, 0x78];
        assert!(tell(&Unistim, Transport::Udp, &[(Side::Server, &shows)]).saw(&COMMAND));
        assert!(tell(&Unistim, Transport::Udp, &[(Side::Server, &shows[..14])]).matched.is_none());
    }

    #[test]
    fn numbers_and_names_are_not_commands() {
        for bytes in [&[0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 0][..], &[0, 0, 0, 1, 2, 1, 0x41, 5, b'a', b'b', b'c']] {
            assert!(tell(&Unistim, Transport::Udp, &[(Side::Client, bytes)]).matched.is_none());
        }
    }
}
