//! SDP: which media a call will use, and where they are received (RFC 8866; ports of RTCP: RFC 3605; ICE: RFC 8839).

use std::net::IpAddr;

use crate::calls::Coding;
use crate::facts::{Announcement, Facts};
use crate::packet::{Addr, Endpoint, Transport};

/// Media of one description; more than a conference has.
const MOST_MEDIA: usize = 16;

/// One `m=` line and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// audio, video, image, application.
    pub kind: String,
    /// `RTP/AVP`, `udptl`, …
    profile: String,
    port: u16,
    addr: Option<Addr>,
    rtcp: Option<u16>,
    shares_port: bool,
    candidates: Vec<Endpoint>,
    codings: Vec<Coding>,
}

/// Reads a description; lines that are none of it (parts of a multipart body) are passed over.
pub fn read(body: &[u8]) -> Vec<Media> {
    let mut session = None;
    let mut media: Vec<Media> = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let Some((kind, value)) = line.trim_end().split_once('=') else { continue };
        match kind {
            "c" => match media.last_mut() {
                Some(last) => last.addr = connection(value),
                None => session = connection(value),
            },
            "m" if media.len() < MOST_MEDIA => media.extend(line_of_media(value)),
            "a" => {
                if let Some(last) = media.last_mut() {
                    attribute(last, value);
                }
            }
            _ => {}
        }
    }
    for one in &mut media {
        one.addr = one.addr.or(session);
    }
    media
}

/// `IN IP4 192.0.2.1/127`: a group's address has its reach behind it.
fn connection(value: &str) -> Option<Addr> {
    let address = value.split_whitespace().nth(2)?.split('/').next()?;
    address.parse::<IpAddr>().ok().filter(|ip| !ip.is_unspecified()).map(Addr::from)
}

/// `audio 49170/2 RTP/AVP 0`
fn line_of_media(value: &str) -> Option<Media> {
    let mut words = value.split_whitespace();
    let (kind, port, profile) = (words.next()?, words.next()?, words.next()?);
    let port = port.split('/').next()?.parse().ok()?;
    let (kind, profile) = (kind.to_owned(), profile.to_ascii_lowercase());
    Some(Media {
        kind,
        profile,
        port,
        addr: None,
        rtcp: None,
        shares_port: false,
        candidates: Vec::new(),
        codings: Vec::new(),
    })
}

fn attribute(media: &mut Media, value: &str) {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    let mut words = value.split_whitespace();
    match name {
        "rtcp-mux" => media.shares_port = true,
        "rtcp" => media.rtcp = words.next().and_then(|port| port.parse().ok()),
        "rtpmap" if media.codings.len() < MOST_MEDIA => media.codings.extend(coding(value)),
        // foundation, component, transport, priority, address, port.
        "candidate" if words.nth(2).is_some_and(|transport| transport.eq_ignore_ascii_case("udp")) => {
            let endpoint = words.nth(1).zip(words.next()).and_then(|(addr, port)| {
                Some(Endpoint { addr: addr.parse::<IpAddr>().ok()?.into(), port: port.parse().ok()? })
            });
            if media.candidates.len() < MOST_MEDIA {
                media.candidates.extend(endpoint);
            }
        }
        _ => {}
    }
}

/// `96 opus/48000/2` (RFC 8866 §6.6)
fn coding(value: &str) -> Option<Coding> {
    /// Longer than the names that are registered.
    const LONGEST_NAME: usize = 32;
    let (payload_type, coding) = value.split_once(' ')?;
    let mut parts = coding.trim().split('/');
    let (name, clock) = (parts.next()?, parts.next()?.parse().ok()?);
    let plain = name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then_some(Coding { payload_type: payload_type.parse().ok()?, name: name.into(), clock })
}

impl Media {
    /// Tells who will be heard there.
    pub fn names(&self, user: Option<&str>, facts: &mut Facts<'_>) {
        let (Some(user), Some(addr)) = (user, self.addr.filter(|_| self.port != 0)) else { return };
        let own = Endpoint { addr, port: self.port };
        for endpoint in std::iter::once(own).chain(self.candidates.iter().copied()) {
            facts.announce(Announcement::User { endpoint, user: user.into() });
        }
    }

    /// Tells where this one will be received. Port 0 refuses it (RFC 3264 §6).
    pub fn announce(&self, facts: &mut Facts<'_>) {
        let protocol = match self.profile.as_str() {
            "udptl" => "t38",
            profile if profile.contains("rtp/") && !profile.starts_with("tcp") => "rtp",
            _ => return,
        };
        let Some(addr) = self.addr.filter(|_| self.port != 0) else { return };
        for coding in &self.codings {
            let endpoint = Endpoint { addr, port: self.port };
            facts.announce(Announcement::Coding { endpoint, coding: coding.clone() });
        }
        let mut tell = |endpoint, protocol| {
            facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol });
        };
        tell(Endpoint { addr, port: self.port }, protocol);
        if protocol == "rtp" && !self.shares_port {
            // Reports go to the next higher port, if nothing else is said (RFC 3550 §11).
            let next = self.rtcp.or(self.port.checked_add(1));
            next.map(|port| tell(Endpoint { addr, port }, "rtcp")).unwrap_or_default();
        }
        for candidate in &self.candidates {
            tell(*candidate, protocol);
        }
    }
}
