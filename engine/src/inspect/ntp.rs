//! NTP: the time of day (RFC 5905), and its control and private modes.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The NTP protocol.
pub struct Ntp;

const PORT: u16 = 123;
/// Header without extensions (RFC 5905 §7.3).
const HEADER: usize = 48;
/// Highest stratum in use; 16 says "not synchronised".
const WORST_STRATUM: u8 = 16;

/// The header; with a key's number and the seal of MD5 or SHA-1 (§7.3).
const LENGTHS: [u32; 3] = [48, 68, 72];
/// Seconds between questions, as a power of two (§7.2).
const LONGEST_POLL: u8 = 17;
/// The finest clock, 2^-32 seconds, in two's complement; chrony tells 2^32 so as not to tell its own.
const FINEST: u8 = 0xe0;
const UNTOLD: u8 = 0x20;

static VERSION: Field = Field::number("ntp.version", "protocol version, 1 to 4");
static MODE: Field = Field::number("ntp.mode", "3 client, 4 server, 5 broadcast, 6 control");

// A port of the system (20), mode, version and stratum (9).
static HEADER_ON_PORT: Sign = Sign::new("an NTP header on the port of NTP", 28);
// The exact length besides, an interval and a precision in their range: small numbers, so that the length says most.
static WHOLE: Sign = Sign::new("an NTP packet of exact length on the port of NTP", 34);

static PROFILE: Profile = Profile {
    name: "ntp",
    title: "NTP",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::datagram().on(&[PORT])]),
    fields: &[&VERSION, &MODE],
    signs: &[&HEADER_ON_PORT, &WHOLE],
};

impl Protocol for Ntp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if !opening.on_port(&[PORT]) || header(opening.bytes).is_none() {
            Match::No
        } else if is_whole(opening) {
            Match::Yes(&WHOLE)
        } else {
            Match::Yes(&HEADER_ON_PORT)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Ntp)
    }
}

impl Parser for Ntp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some((version, mode)) = header(payload.bytes) {
            facts.number(&VERSION, version.into());
            facts.number(&MODE, mode.into());
        }
        Next::Done
    }
}

/// Version and mode.
fn header(bytes: &[u8]) -> Option<(u8, u8)> {
    let mut reader = Reader::new(bytes);
    let first = reader.u8()?;
    let (version, mode) = (first >> 3 & 7, first & 7);
    let known = (1..=4).contains(&version) && (1..=7).contains(&mode);
    // Control and private messages (modes 6 and 7) are short, and have no stratum.
    let fits = mode >= 6 || (bytes.len() >= HEADER && reader.u8()? <= WORST_STRATUM);
    (known && fits).then_some((version, mode))
}

/// Whether a packet of time has the length of one without extensions, sealed or not, and numbers in their range.
fn is_whole(payload: &Payload<'_>) -> bool {
    let mut reader = Reader::new(payload.bytes);
    let (Some(first), Some(poll), Some(precision)) =
        (reader.u8(), reader.skip(1).and_then(|()| reader.u8()), reader.u8())
    else {
        return false;
    };
    let coarse = precision == 0 || precision >= FINEST || precision == UNTOLD;
    first & 7 < 6 && LENGTHS.contains(&payload.wire_len) && poll <= LONGEST_POLL && coarse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    fn request() -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[0] = 0x23;
        bytes
    }

    #[test]
    fn a_request_on_its_port_is_told_with_version_and_mode() {
        let server = Endpoint { port: PORT, ..SERVER };
        let told = tell_between(&Ntp, Transport::Udp, CLIENT, server, &[(Side::Client, &request())]);
        assert_eq!(told.number(&VERSION), Some(4));
        assert_eq!(told.number(&MODE), Some(3));
    }

    #[test]
    fn the_same_bytes_on_another_port_are_not_ntp() {
        let told = tell_between(&Ntp, Transport::Udp, CLIENT, SERVER, &[(Side::Client, &request())]);
        assert!(told.matched.is_none());
    }
}
