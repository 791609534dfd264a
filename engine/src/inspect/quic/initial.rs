//! The client's Initial packets: opened with keys that their own connection ID gives (RFC 9001 §5.2), and the
//! ClientHello in them put together again. Browsers cut it into many pieces, shuffled, over several packets.

use smallvec::SmallVec;

use super::packet::{varint, Packet};
use crate::bytes::Reader;
use crate::inspect::crypto::{InitialKeys, SAMPLE};
use crate::inspect::pieces::Pieces;

/// Longest packet that is opened; none on the Internet is longer than Ethernet's largest common frame.
const LONGEST_PACKET: usize = 9_000;
/// Most bytes of a hello that are put together: post-quantum keys, an encrypted hello and a ticket.
const MOST_BYTES: usize = 12 * 1024;
/// Bytes of most headers: longer ones bring a token.
const USUAL_HEADER: usize = 64;

const PADDING: u8 = 0;
const PING: u8 = 1;
const ACK: u8 = 2;
const ACK_ECN: u8 = 3;
const CRYPTO: u8 = 6;
/// As Google's versions number it (Q050, T050, T051).
const CRYPTO_OF_GOOGLE: u8 = 8;

/// Opens `packet`; gives its frames where the keys are right.
#[must_use]
pub fn open(packet: &Packet<'_>, keys: &InitialKeys) -> Option<Vec<u8>> {
    // The packet number is taken for 4 bytes long, until the mask is known (RFC 9001 §5.4.2).
    let sample = packet.bytes.get(packet.number_at + 4..)?.get(..SAMPLE)?;
    let [mask, number_mask @ ..] = keys.mask(sample)?;
    if packet.bytes.len() > LONGEST_PACKET {
        return None;
    }
    let first = packet.bytes.first()? ^ mask & 0x0f;
    let number_length = usize::from(first & 3) + 1;
    let (header, sealed) = packet.bytes.split_at_checked(packet.number_at + number_length)?;
    let mut header = SmallVec::<[u8; USUAL_HEADER]>::from_slice(header);
    *header.first_mut()? = first;
    let mut number = 0;
    for (byte, mask) in header.get_mut(packet.number_at..)?.iter_mut().zip(number_mask) {
        *byte ^= mask;
        number = number << 8 | u32::from(*byte);
    }
    let mut frames = sealed.to_vec();
    let plain = keys.open(number, &header, &mut frames)?.len();
    frames.truncate(plain);
    Some(frames)
}

/// The message that lies whole in the first of the frames, as most hellos do: nothing has to be put together.
#[must_use]
pub fn whole_message(frames: &[u8]) -> Option<(u8, &[u8])> {
    let mut reader = Reader::new(frames);
    matches!(reader.u8()?, CRYPTO | CRYPTO_OF_GOOGLE).then_some(())?;
    match crypto(&mut reader)? {
        (0, start) => message(start),
        _ => None,
    }
}

/// Where a piece of the handshake belongs, and the piece (RFC 9000 §19.6).
fn crypto<'a>(reader: &mut Reader<'a>) -> Option<(usize, &'a [u8])> {
    let offset = usize::try_from(varint(reader)?).ok()?;
    let length = usize::try_from(varint(reader)?).ok()?;
    Some((offset, reader.take(length)?))
}

/// What a handshake message says, and its body, where all of it is there.
fn message(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    let length = usize::try_from(reader.be24()?).ok()?;
    Some((kind, reader.take(length)?))
}

/// The stream of handshake bytes that a client's CRYPTO frames make.
#[derive(Default)]
pub struct Handshake(Pieces<MOST_BYTES>);

impl Handshake {
    /// Takes the pieces that the frames of one packet hold (RFC 9000 §19).
    pub fn take_frames(&mut self, frames: &[u8]) {
        let mut reader = Reader::new(frames);
        while self.take_frame(&mut reader).is_some() {}
    }

    fn take_frame(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        match reader.u8()? {
            PADDING => reader.skip(padding(reader.rest())),
            PING => Some(()),
            kind @ (ACK | ACK_ECN) => skip_ack(reader, kind == ACK_ECN),
            CRYPTO | CRYPTO_OF_GOOGLE => {
                let (offset, piece) = crypto(reader)?;
                self.0.put(offset, piece)
            }
            _ => None,
        }
    }

    /// The handshake message at the start of the stream, when all of it is there: what it says, and its body.
    #[must_use]
    pub fn message(&self) -> Option<(u8, &[u8])> {
        message(self.0.start())
    }

    /// Bytes held.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.0.kept()
    }
}

/// How many bytes of padding these begin with: often a thousand, so that they are looked at in handfuls first.
fn padding(bytes: &[u8]) -> usize {
    let (handfuls, _) = bytes.as_chunks::<16>();
    let sure = 16 * handfuls.iter().take_while(|handful| **handful == [PADDING; 16]).count();
    sure + bytes.iter().skip(sure).take_while(|byte| **byte == PADDING).count()
}

fn skip_ack(reader: &mut Reader<'_>, counts_marks: bool) -> Option<()> {
    let _largest = varint(reader)?;
    let _delay = varint(reader)?;
    let ranges = varint(reader)?;
    let _first = varint(reader)?;
    let numbers = ranges.checked_mul(2)?.checked_add(if counts_marks { 3 } else { 0 })?;
    (0..numbers).try_for_each(|_| varint(reader).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_make_the_message() {
        let message: Vec<u8> = [1, 0, 0, 26].into_iter().chain(b'a'..=b'z').collect();
        let orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1]];
        for order in orders {
            let mut pieces = Handshake::default();
            for part in order {
                assert!(pieces.message().is_none());
                let piece = &message[part * 10..part * 10 + 10];
                pieces.take_frames(&[&[0, 1, 6, u8::try_from(part * 10).unwrap(), 10][..], piece].concat());
            }
            assert_eq!(pieces.message(), Some((1, &message[4..])));
        }
    }

    #[test]
    fn googles_number_for_the_same_frame_is_read_too() {
        let mut handshake = Handshake::default();
        handshake.take_frames(&[8, 0, 6, 1, 0, 0, 2, 7, 7]);
        assert_eq!(handshake.message(), Some((1, &[7, 7][..])));
    }
}
