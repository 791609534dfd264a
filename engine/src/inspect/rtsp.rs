//! RTSP: starts and stops streams of cameras and players (RFC 2326, RFC 7826), over TCP.
//!
//! Recognised by the first line of a request or an answer. The ports that are agreed on are announced.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::{Addr, Endpoint, Transport};
use memchr::memchr;

/// The RTSP protocol.
pub struct Rtsp;

const METHODS: [&[u8]; 11] = [
    b"OPTIONS ",
    b"DESCRIBE ",
    b"ANNOUNCE ",
    b"SETUP ",
    b"PLAY ",
    b"PAUSE ",
    b"TEARDOWN ",
    b"GET_PARAMETER ",
    b"SET_PARAMETER ",
    b"REDIRECT ",
    b"RECORD ",
];

static METHOD: Field = Field::text("rtsp.method", "the first request");
static USER_AGENT: Field = Field::text("rtsp.user_agent", "the player, as it names itself");
static SERVER_NAME: Field = Field::text("rtsp.server", "the server, as it names itself");

// A version of nine letters, and a method.
static FIRST_LINE: Sign = Sign::new("the first line of an RTSP request or answer", 96);

static PROFILE: Profile = Profile {
    name: "rtsp",
    title: "RTSP",
    category: Category::Streaming,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[554, 8554],
    first: First::Of(b"ADGOPRST"),
    fields: &[&METHOD, &USER_AGENT, &SERVER_NAME],
    signs: &[&FIRST_LINE],
};

impl Protocol for Rtsp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        match first_line(opening.bytes) {
            Some(true) => Match::Yes(&FIRST_LINE),
            Some(false) => Match::No,
            None => Match::Unsure,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Rtsp)
    }
}

impl Parser for Rtsp {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let head = payload.bytes;
        if let Some(method) =
            head.split(|byte| *byte == b' ').next().filter(|method| *method != b"RTSP/1.0" && *method != b"RTSP/2.0")
        {
            facts.text(&METHOD, method);
        }
        for (name, field) in [(&b"user-agent"[..], &USER_AGENT), (b"server", &SERVER_NAME)] {
            if let Some(value) = header(head, name) {
                facts.text(field, value);
            }
        }
        if let Some(transport) = header(head, b"transport") {
            announce(transport, payload, facts);
        }
        Next::More
    }
}

/// Whether it is one; nothing where more bytes are needed.
fn first_line(bytes: &[u8]) -> Option<bool> {
    if bytes.len() >= 9 && (bytes.starts_with(b"RTSP/1.0 ") || bytes.starts_with(b"RTSP/2.0 ")) {
        return Some(true);
    }
    let begun = |word: &[u8]| word.starts_with(bytes.get(..bytes.len().min(word.len())).unwrap_or_default());
    if !begun(b"RTSP/1.0 ") && !begun(b"RTSP/2.0 ") && !METHODS.iter().any(|method| begun(method)) {
        return Some(false);
    }
    match memchr(b'\n', bytes) {
        Some(end) => {
            let line = bytes.get(..end).unwrap_or_default().trim_ascii_end();
            Some(line.ends_with(b" RTSP/1.0") || line.ends_with(b" RTSP/2.0"))
        }
        None if bytes.len() > 1024 => Some(false),
        None => None,
    }
}

fn header<'a>(bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    bytes.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let (key, value) = line.split_at_checked(memchr(b':', line)?)?;
        key.trim_ascii().eq_ignore_ascii_case(name).then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })
}

/// `RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257`
fn announce(transport: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) {
    let ends: [(&[u8], Addr); 2] = [(b"client_port=", payload.client.addr), (b"server_port=", payload.server.addr)];
    for part in transport.split(|byte| *byte == b';') {
        for (name, addr) in ends {
            let Some(ports) = part.strip_prefix(name).and_then(|ports| std::str::from_utf8(ports).ok()) else {
                continue;
            };
            let ports = ports.split('-').filter_map(|port| port.parse().ok());
            for (port, protocol) in ports.zip(["rtp", "rtcp"]) {
                let endpoint = Endpoint { addr, port };
                facts.announce(Announcement::Media { endpoint, transport: Transport::Udp, protocol });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_and_the_ports_of_its_answer_are_told() {
        let setup = b"SETUP rtsp://192.0.2.1/cam RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: LibVLC/3\r\n\r\n";
        let answer =
            b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256-6257\r\n\r\n";
        let talk: [(Side, &[u8]); 3] =
            [(Side::Client, &setup[..7]), (Side::Client, &setup[7..]), (Side::Server, answer)];
        let told = tell(&Rtsp, Transport::Tcp, &talk);
        assert_eq!(told.text(&METHOD).as_deref(), Some("SETUP"));
        assert_eq!(told.text(&USER_AGENT).as_deref(), Some("LibVLC/3"));
        assert_eq!(told.announced.len(), 4);
        assert!(tell(&Rtsp, Transport::Tcp, &[(Side::Client, b"OPTIONS * HTTP/1.1\r\n")]).matched.is_none());
    }
}
