//! sFlow: switches report samples of what passes them (sFlow version 5, RFC 3176).
//!
//! Recognised by the header of a report: version, kind of address, and few samples.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The sFlow protocol.
pub struct Sflow;

// Version and kind of address (140 dB); small numbers are common, so that half is claimed.
static REPORT: Sign = Sign::new("a switch's report of what passed it (sFlow)", 80);

static PROFILE: Profile = Profile {
    name: "sflow",
    title: "sFlow",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[6343],
    first: First::Shapes(&[Shape::datagram()
        .at(0, Bytes::Of(&[0]))
        .at(1, Bytes::Of(&[0]))
        .at(2, Bytes::Of(&[0]))
        .at(3, Bytes::Of(&[2, 4, 5]))]),
    fields: &[],
    signs: &[&REPORT],
};

impl Single for Sflow {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut reader = Reader::new(opening.bytes);
        let (version, kind) = (reader.be32()?, reader.be32()?);
        let address = match kind {
            1 => 4,
            2 => 16,
            _ => return None,
        };
        // The part of the switch, which report this is, and since when it runs.
        reader.skip(address + 12)?;
        let samples = reader.be32()?;
        let fits = matches!(version, 2 | 4 | 5) && (1..=64).contains(&samples) && reader.remaining() >= 8;
        fits.then(|| Heard::by(&REPORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_report_is_told_by_its_header() {
        let header = [0, 0, 0, 5, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 2, 3, 0, 0, 0, 2];
        let report = [&header[..], &[0, 0, 0, 1, 0, 0, 0, 80]].concat();
        assert!(tell(&Sflow, Transport::Udp, &[(Side::Client, &report)]).saw(&REPORT));
        assert!(tell(&Sflow, Transport::Udp, &[(Side::Client, &header)]).matched.is_none());
    }
}
