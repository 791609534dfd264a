//! TPKT and X.224: packets and connections over TCP as ISO knew them (RFC 1006). Remote desktops and plants use them still.

use crate::bytes::Reader;

/// Bytes before the contents of a packet.
const HEADER: u16 = 4;
/// A connection is asked for, or agreed to.
pub(super) const REQUEST: u8 = 0xe0;
/// The answer to it.
pub(super) const CONFIRM: u8 = 0xd0;
/// Data, in one piece (length, kind, end of the unit).
const DATA: [u8; 3] = [2, 0xf0, 0x80];

/// Length of the next packet's contents, which follow; its version is 3.
pub(super) fn contents(reader: &mut Reader<'_>) -> Option<usize> {
    let (version, reserved, length) = (reader.u8()?, reader.u8()?, reader.be16()?);
    let length = length.checked_sub(HEADER)?;
    (version == 3 && reserved == 0 && length >= 3).then_some(length.into())
}

/// The options in a packet that asks for a connection or agrees to one, as far as they came: `kind` is which.
pub(super) fn connection(bytes: &[u8], kind: u8) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let length = contents(&mut reader)?;
    let (own, seen) = (reader.u8()?, reader.u8()?);
    // Both references and the class.
    reader.skip(5)?;
    let options = usize::from(own).checked_sub(6)?;
    let fits = usize::from(own) + 1 == length && seen == kind;
    fits.then(|| reader.rest().get(..options).unwrap_or(reader.rest()))
}

/// The data of the packet behind a request for a connection whose ends have names; empty while it has not come.
pub(super) fn first_data(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let first = contents(&mut reader)?;
    // The name of either end, or the largest size (ISO 8073 §13.3.4).
    let named = |option: &u8| (0xc0..=0xc2).contains(option);
    if !connection(bytes, REQUEST)?.first().is_none_or(named) {
        return None;
    }
    let Some(()) = reader.skip(first) else { return Some(&[]) };
    if reader.remaining() < 8 {
        return Some(&[]);
    }
    contents(&mut reader)?;
    reader.rest().strip_prefix(&DATA)
}
