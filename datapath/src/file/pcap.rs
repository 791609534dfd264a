//! The pcap format: a file header, then one header and one frame per record.

use peergate_engine::bytes::Reader;
use peergate_engine::packet::{LinkType, Time};

use super::source::Window;
use super::{linktype, Fault, Order, Record, MAX_FRAME};

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// A variant of 1999 whose records tell the interface too (Kuznetzov's patch to libpcap).
const WITH_INTERFACE: u32 = 0xa1b2_cd34;

/// What the file header tells of all records.
#[derive(Debug)]
pub(super) struct Pcap {
    order: Order,
    link: LinkType,
    /// Nanoseconds in a unit of the second half of a time.
    unit: u64,
    /// Bytes of a record's header.
    header: usize,
}

/// Whether the file begins like this format, and how.
fn variant(magic: [u8; 4]) -> Option<(Order, u64, usize)> {
    for order in [Order::Little, Order::Big] {
        match order.number(magic) {
            MICROSECONDS => return Some((order, 1000, 16)),
            NANOSECONDS => return Some((order, 1, 16)),
            WITH_INTERFACE => return Some((order, 1000, 24)),
            _ => {}
        }
    }
    None
}

impl Pcap {
    /// Bytes before the first record.
    pub const FILE_HEADER: usize = 24;

    /// Whether a file with these first bytes is pcap.
    pub fn begins(magic: [u8; 4]) -> bool {
        variant(magic).is_some()
    }

    /// The same of a whole file header: its version is 2.4, as it has been since 1998, or one of the two before.
    pub fn begins_file(header: &[u8]) -> bool {
        let mut reader = Reader::new(header);
        let Some((order, ..)) = reader.array().and_then(variant) else { return false };
        matches!((order.u16(&mut reader), order.u16(&mut reader)), (Some(2), Some(2..=4)))
    }

    /// Reads the file header; `Err` with the number where the link type cannot be read.
    pub fn open(window: &mut Window) -> Option<Result<Self, u16>> {
        let mut reader = Reader::new(window.ahead(Self::FILE_HEADER)?);
        let (order, unit, header) = variant(reader.array()?)?;
        // Version, time zone, accuracy, the length that frames were cut to: nothing that a reader needs.
        reader.skip(16)?;
        // The upper half says whether a checksum follows each frame; IP tells where the packet ends.
        let link_and_checksum = order.u32(&mut reader)?;
        window.pass(Self::FILE_HEADER);
        let number = u16::try_from(link_and_checksum & 0xffff).ok()?;
        Some(linktype::known(number).map(|link| Self { order, link, unit, header }).ok_or(number))
    }

    /// The next frame; `None` at the end.
    #[inline]
    pub fn next(&self, window: &mut Window) -> Result<Option<Record>, Fault> {
        let Some(header) = window.ahead(self.header) else {
            return Fault::at_end(window, "the header of a packet");
        };
        let mut reader = Reader::new(header);
        let numbers: Option<[u32; 4]> = (|| {
            let mut next = || self.order.u32(&mut reader);
            Some([next()?, next()?, next()?, next()?])
        })();
        let [seconds, fraction, captured, wire_len] = numbers.unwrap_or_default();
        let len = captured as usize;
        // Read as a record's, a file header has no bytes.
        if len == 0 && window.ahead(Self::FILE_HEADER).is_some_and(Self::begins_file) {
            return Err(Fault::here(window, "another capture begins, which cannot be read".to_owned()));
        }
        if len > MAX_FRAME {
            return Err(Fault::here(
                window,
                format!("a packet claims {captured} bytes, more than any interface carries"),
            ));
        }
        if window.ahead(self.header + len).is_none() {
            return Err(Fault::cut(window, "a packet"));
        }
        let position = window.pass(self.header + len) + self.header;
        let time = Time(u64::from(seconds) * Time::SECOND + u64::from(fraction) * self.unit);
        Ok(Some(Record { time, link: self.link, position, len, wire_len: wire_len.max(captured) }))
    }
}
