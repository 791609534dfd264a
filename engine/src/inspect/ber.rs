//! Elements of ASN.1 as BER writes them: tag, length, contents (ITU-T X.690). For directories, tickets and managed devices.

use crate::bytes::Reader;

/// INTEGER.
const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub(super) const OCTETS: u8 = 0x04;
/// SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;

/// Tag of one byte, and length of the contents, which follow. Lengths that are not told are not read.
pub(super) fn head(reader: &mut Reader<'_>) -> Option<(u8, usize)> {
    let tag = reader.u8()?;
    let length = match reader.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x81 => usize::from(reader.u8()?),
        0x82 => usize::from(reader.be16()?),
        0x83 => reader.be24()? as usize,
        0x84 => reader.be32()? as usize,
        _ => return None,
    };
    Some((tag, length))
}

/// The length of the next element, whose tag must be `tag`; its contents follow.
pub(super) fn enter(reader: &mut Reader<'_>, tag: u8) -> Option<usize> {
    head(reader).filter(|(seen, _)| *seen == tag).map(|(_, length)| length)
}

/// The contents of the next element, all of them, where its tag is `tag`.
pub(super) fn inside<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<Reader<'a>> {
    let length = enter(reader, tag)?;
    reader.sub(length)
}

/// The contents of the first element with that tag, past others.
pub(super) fn find<'a>(reader: &mut Reader<'a>, tag: u8) -> Option<Reader<'a>> {
    loop {
        let (seen, length) = head(reader)?;
        let contents = reader.sub(length)?;
        if seen == tag {
            return Some(contents);
        }
    }
}

/// A number of up to four bytes that is not negative.
pub(super) fn number(reader: &mut Reader<'_>) -> Option<u32> {
    let bytes = inside(reader, INTEGER)?.rest();
    let usual = (1..=4).contains(&bytes.len()) && bytes.first().is_some_and(|first| *first < 0x80);
    usual.then(|| bytes.iter().fold(0, |all, byte| all << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_behind_others() {
        let mut reader = Reader::new(&[0xa0, 1, 9, 0xa2, 3, 2, 1, 7]);
        assert_eq!(find(&mut reader, 0xa2).and_then(|mut found| number(&mut found)), Some(7));
        assert!(find(&mut Reader::new(&[0xa0, 0x82, 0xff, 0xff, 1]), 0xa2).is_none());
    }
}
