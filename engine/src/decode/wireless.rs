//! IEEE 802.11 data frames, bare or behind a radiotap header.

use super::link::Kind;
use crate::bytes::Reader;

/// Frame control, its first byte: data frames, those with a QoS field, those without data.
const TYPE_MASK: u8 = 0x0c;
const TYPE_DATA: u8 = 0x08;
const SUBTYPE_QOS: u8 = 0x80;
const SUBTYPE_NO_DATA: u8 = 0x40;
/// Frame control, its second byte.
const TO_AND_FROM_DISTRIBUTION: u8 = 0x03;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
const HIGH_THROUGHPUT: u8 = 0x80;
/// In the QoS field: several frames in one.
const AGGREGATE: u8 = 0x80;

/// Passes the header of a data frame. `padded` where the receiver aligned what follows it to four bytes.
pub(super) fn data(reader: &mut Reader<'_>, padded: bool) -> Option<Kind> {
    let start = reader.position();
    let [control, flags] = reader.array()?;
    let readable = control & TYPE_MASK == TYPE_DATA && control & SUBTYPE_NO_DATA == 0 && flags & PROTECTED == 0;
    if !readable || flags & MORE_FRAGMENTS != 0 {
        return Some(Kind::Foreign);
    }
    // Duration and three addresses.
    reader.skip(20)?;
    // A later fragment begins in the middle of a packet.
    if reader.le16()? & 0x0f != 0 {
        return Some(Kind::Foreign);
    }
    if flags & TO_AND_FROM_DISTRIBUTION == TO_AND_FROM_DISTRIBUTION {
        reader.skip(6)?;
    }
    let mut aggregate = false;
    if control & SUBTYPE_QOS != 0 {
        let [qos, _] = reader.array()?;
        aggregate = qos & AGGREGATE != 0;
        if flags & HIGH_THROUGHPUT != 0 {
            reader.skip(4)?;
        }
    }
    if padded {
        align(reader, start, 4)?;
    }
    if aggregate {
        // The first of the frames in it: two addresses and a length. The others are retold by no capture tool either.
        reader.skip(14)?;
    }
    Some(Kind::Llc)
}

/// Passes a radiotap header (radiotap.org), of which only the padding of the frame behind it matters.
pub(super) fn radiotap(reader: &mut Reader<'_>) -> Option<Kind> {
    const VERSION: u8 = 0;
    let start = *reader;
    let [version, _] = reader.array()?;
    if version != VERSION {
        return Some(Kind::Foreign);
    }
    let len = usize::from(reader.le16()?);
    let padded = padded(reader).unwrap_or(false);
    *reader = start;
    reader.skip(len)?;
    data(reader, padded)
}

/// Whether the flags field, second of those that the header may have, tells of padding.
fn padded(reader: &mut Reader<'_>) -> Option<bool> {
    const CLOCK: u32 = 1;
    const FLAGS: u32 = 2;
    const ANOTHER_WORD: u32 = 0x8000_0000;
    const PADDED: u8 = 0x20;
    let present = reader.le32()?;
    let mut word = present;
    while word & ANOTHER_WORD != 0 {
        word = reader.le32()?;
    }
    if present & FLAGS == 0 {
        return Some(false);
    }
    if present & CLOCK != 0 {
        align(reader, 0, 8)?;
        reader.skip(8)?;
    }
    Some(reader.u8()? & PADDED != 0)
}

/// Moves to the next multiple of `unit` bytes behind `start`.
fn align(reader: &mut Reader<'_>, start: usize, unit: usize) -> Option<()> {
    let past = (reader.position() - start) % unit;
    reader.skip((unit - past) % unit)
}
