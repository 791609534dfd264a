//! Stream: segments anywhere, of any length, cut or whole. What comes out is always in its place, and little waits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peergate_engine::bytes::Reader;
use peergate_engine::flow::{Piece, Stream};

/// Of one direction of one connection, with what each segment costs beside its bytes.
const MOST_HELD: usize = 64 << 10;

/// The byte that belongs at a sequence number.
fn byte_at(seq: u32) -> u8 {
    let [one, two, three, _] = seq.to_be_bytes();
    seq.to_be_bytes()[3].wrapping_mul(31) ^ one ^ two.wrapping_mul(7) ^ three.wrapping_mul(13)
}

/// Follows what a stream gives.
struct Follower {
    at: Option<u32>,
}

impl Follower {
    fn take(&mut self, piece: Piece<'_>) {
        let at = self.at.as_mut().expect("nothing is given before something came");
        match piece {
            Piece::Data(bytes) => {
                for byte in bytes {
                    assert_eq!(*byte, byte_at(*at), "another byte belongs at {at}");
                    *at = at.wrapping_add(1);
                }
            }
            Piece::Lost(count) => *at = at.wrapping_add(count),
        }
    }
}

/// Where a segment lies, relative to the beginning: near, farther than a window, or anywhere.
fn place(kind: u8, offset: u32) -> u32 {
    match kind % 4 {
        0 | 1 => offset % 4_000,
        2 => offset % 300_000,
        _ => offset,
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Reader::new(input);
    let (Some(start), Some(opened)) = (input.be32(), input.u8()) else { return };
    let (mut stream, mut follower) = (Stream::default(), Follower { at: None });
    if opened % 2 == 0 {
        stream.syn(start.wrapping_sub(1));
        follower.at = Some(start);
    }
    while let (Some(kind), Some(offset), Some(len)) = (input.u8(), input.be32(), input.be16()) {
        let seq = start.wrapping_add(place(kind, offset));
        if kind & 0x80 != 0 {
            stream.acked(seq, &mut |piece| follower.take(piece));
            continue;
        }
        let bytes: Vec<u8> = (0..u32::from(len)).map(|ahead| byte_at(seq.wrapping_add(ahead))).collect();
        let kept = if kind & 0x40 == 0 { bytes.len() } else { bytes.len() / 2 };
        follower.at.get_or_insert(seq);
        stream.push(seq, &bytes[..kept], u32::from(len), &mut |piece| follower.take(piece));
        assert!(stream.held_bytes() <= MOST_HELD, "{} bytes wait", stream.held_bytes());
    }
});
