//! ONC RPC: calls of procedures on other computers, NFS' shared folders above all (RFC 5531, RFC 7530).
//!
//! Recognised by a call whose version is 2 and whose program is one that was given out; over TCP behind its record's length.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The ONC RPC protocol.
pub struct OncRpc;

/// The first byte of a record that is its message's last (RFC 5531 §11), and there are hardly others.
const LAST: u32 = 0x8000_0000;
/// Longest record that a call comes in.
const LONGEST: u32 = 1 << 22;

static PROGRAM: Field =
    Field::number("oncrpc.program", "what is called: 100000 directory, 100003 NFS, 100005 mounting …");
static PROCEDURE: Field = Field::number("oncrpc.procedure", "which of its procedures is called first");

// Kind and version of the call (192 dB, small numbers), the program (57 dB).
static CALL: Sign = Sign::new("a procedure of another computer is called (NFS and the like)", 95);

static PROFILE: Profile = Profile {
    name: "oncrpc",
    title: "ONC RPC (NFS)",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[111, 2049],
    first: First::Shapes(&[
        Shape::datagram().at(4, Bytes::Of(&[0])).at(5, Bytes::Of(&[0])).at(6, Bytes::Of(&[0])).at(7, Bytes::Of(&[0])),
        Shape::stream().at(0, Bytes::Of(&[0x80])).at(1, Bytes::Range(0, 0x3f)),
    ]),
    fields: &[&PROGRAM, &PROCEDURE],
    signs: &[&CALL],
};

impl Single for OncRpc {
    const LEAST: usize = 28;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        if opening.transport == Transport::Tcp {
            reader.be32().filter(|length| length ^ LAST < LONGEST)?;
        }
        let (_number, kind, version) = (reader.be32()?, reader.be32()?, reader.be32()?);
        let (program, release, procedure) = (reader.be32()?, reader.be32()?, reader.be32()?);
        let called = kind == 0 && version == 2 && (100_000..102_000).contains(&program);
        (called && release <= 32 && procedure < 256)
            .then(|| Heard::by(&CALL).number(&PROGRAM, program).number(&PROCEDURE, procedure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_call_is_told_over_both_transports() {
        let words: [u32; 10] = [0x1234_5678, 0, 2, 100_003, 3, 1, 0, 0, 0, 0];
        let call: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        assert_eq!(tell(&OncRpc, Transport::Udp, &[(Side::Client, &call)]).number(&PROGRAM), Some(100_003));
        let record = [&[0x80, 0, 0, 40][..], &call].concat();
        let told = tell(&OncRpc, Transport::Tcp, &[(Side::Client, &record[..11]), (Side::Client, &record[11..])]);
        assert_eq!(told.number(&PROCEDURE), Some(1));
        assert!(tell(&OncRpc, Transport::Udp, &[(Side::Client, &record)]).matched.is_none());
    }
}
