//! Where media and control channels will be received, as H.225 and H.245 say it.
//!
//! Both are written in aligned PER, most of whose fields begin at odd bits behind optional ones; an address of IP does not:
//! H.245's `UnicastAddress` and H.225's `TransportAddress` end their choices with zero bits and padding, then come the
//! address and the port in whole bytes (H.245 §8, ITU-T X.691 §11.5.7 and §17.7). So they are looked for rather than parsed for:
//! the address of an end of this flow (32 bits agree), or two neighbours of one address whose ports differ by one, as
//! `mediaChannel` and `mediaControlChannel` of a logical channel stand (46 bits).

use std::net::IpAddr;

use crate::bytes::Reader;
use crate::facts::{Announcement, Facts};
use crate::packet::{Addr, Endpoint, Transport};

/// More than the logical channels that one message opens.
const MOST_PLACES: usize = 16;
/// Choice and padding, address of IP version 4, port.
const PLACE: usize = 7;
/// Below are the system's services, whom nobody calls.
const LEAST_PORT: u16 = 1024;

/// Which of the two a message belongs to: a lone address is for control in H.225, for media in H.245.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    H225,
    H245,
}

/// Announces what `message`, whose flow is between `ends`, says of other flows.
pub(super) fn announce(message: &[u8], part: Part, ends: [Endpoint; 2], facts: &mut Facts<'_>) {
    let mut at = 0;
    let mut left = MOST_PLACES;
    while let Some(rest) = message.get(at..).filter(|rest| left > 0 && rest.len() >= PLACE) {
        let found = pair(rest, facts).or_else(|| lone(rest, part, ends, facts));
        left -= usize::from(found.is_some());
        at += found.unwrap_or(1);
    }
}

/// Two neighbours: sound or pictures, and their reports. Gives their length.
fn pair(bytes: &[u8], facts: &mut Facts<'_>) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    let (media, control) = (place(&mut reader)?, place(&mut reader)?);
    let follows = media.port.is_multiple_of(2) && control.port == media.port + 1;
    if !(follows && media.addr == control.addr) {
        return None;
    }
    tell(media, Transport::Udp, "rtp", facts);
    tell(control, Transport::Udp, "rtcp", facts);
    Some(2 * PLACE)
}

/// An address of one of the two ends. Gives its length.
fn lone(bytes: &[u8], part: Part, ends: [Endpoint; 2], facts: &mut Facts<'_>) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    let (place, length) = match place(&mut reader) {
        Some(place) if ends.iter().any(|end| end.addr == place.addr) => (place, PLACE),
        _ => ends.iter().find_map(|end| long_place(bytes, end.addr))?,
    };
    if place.port < LEAST_PORT || ends.contains(&place) {
        return None;
    }
    match part {
        Part::H225 => tell(place, Transport::Tcp, "h323", facts),
        // Reports go to the odd port (RFC 3550 §11).
        Part::H245 if place.port.is_multiple_of(2) => tell(place, Transport::Udp, "rtp", facts),
        Part::H245 => tell(place, Transport::Udp, "rtcp", facts),
    }
    Some(length)
}

fn tell(endpoint: Endpoint, transport: Transport, protocol: &'static str, facts: &mut Facts<'_>) {
    facts.announce(Announcement::Media { endpoint, transport, protocol });
}

/// The bits of the choice, which may share their byte with one that stands before them; address and port.
fn place(reader: &mut Reader<'_>) -> Option<Endpoint> {
    let choice = reader.u8()? & 0x7f;
    let (addr, port) = (Addr::v4(reader.array()?), reader.be16()?);
    (choice == 0 && port >= LEAST_PORT && is_somebodys(addr)).then_some(Endpoint { addr, port })
}

/// Small numbers are no address, and a group is none that a flow goes to both ways.
fn is_somebodys(addr: Addr) -> bool {
    addr.as_v4().is_some_and(|[first, ..]| (2..224).contains(&first))
}

/// An end's address of IP version 6, which its own 128 bits show.
fn long_place(bytes: &[u8], addr: Addr) -> Option<(Endpoint, usize)> {
    let IpAddr::V6(own) = addr.ip() else { return None };
    let mut reader = Reader::new(bytes.strip_prefix(&own.octets())?);
    Some((Endpoint { addr, port: reader.be16()? }, bytes.len() - reader.remaining()))
}
