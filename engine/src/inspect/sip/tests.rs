//! What is told of SIP: who calls whom, and where the media that it announces will flow.

use super::*;
use crate::facts::Announcement;
use crate::inspect::testing::tell;
use crate::packet::{Addr, Endpoint};

const INVITE: &[u8] = b"INVITE sip:bob@biloxi.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776asdhds\r\n\
    f: \"Alice\" <sip:alice@atlanta.example:5060>;tag=1928301774\r\n\
    To: Bob <sip:bob@biloxi.example>\r\n\
    User-Agent: Softphone 1.2\r\nContent-Type: application/sdp\r\nContent-Length: 135\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nc=IN IP4 192.0.2.9\r\n\
    m=audio 49170 RTP/AVP 0 101\r\n\
    m=image 49174 udptl t38\r\n\
    m=video 0 RTP/AVP 31\r\na=rtcp:9\r\n";

fn media(port: u16, protocol: &'static str) -> Announcement {
    let endpoint = Endpoint { addr: Addr::v4([192, 0, 2, 9]), port };
    Announcement::Media { endpoint, transport: Transport::Udp, protocol }
}

fn alice(port: u16) -> Announcement {
    let endpoint = Endpoint { addr: Addr::v4([192, 0, 2, 9]), port };
    Announcement::User { endpoint, user: "alice@atlanta.example".into() }
}

#[test]
fn an_invitation_announces_its_media() {
    let told = tell(&Sip, Transport::Udp, &[(Side::Client, INVITE)]);
    let sound = [media(49170, "rtp"), media(49171, "rtcp"), alice(49170)];
    let fax = [media(49174, "t38"), alice(49174)];
    assert_eq!(told.announced, [&sound[..], &fax].concat());
    assert_eq!(told.text(&METHOD).as_deref(), Some("INVITE"));
    assert_eq!(told.text(&USER_AGENT).as_deref(), Some("Softphone 1.2"));
    assert_eq!(told.text(&FROM).as_deref(), Some("atlanta.example"));
    assert_eq!(told.text(&TO).as_deref(), Some("biloxi.example"));
    assert_eq!(told.text(&MEDIA).as_deref(), Some("audio"));
}

#[test]
fn candidates_are_places_too_and_a_shared_port_is_announced_once() {
    let body = b"c=IN IP6 2001:db8::1\nm=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtcp-mux\n\
        a=candidate:1 1 UDP 2130706431 198.51.100.7 50000 typ host\na=candidate:1 1 TCP 1 198.51.100.8 9 typ host\n";
    let request = [&b"UPDATE sip:x SIP/2.0\r\n\r\n"[..], body].concat();
    let told = tell(&Sip, Transport::Udp, &[(Side::Client, &request)]);
    let ports: Vec<u16> = told
        .announced
        .iter()
        .filter_map(|one| match one {
            Announcement::Media { endpoint, .. } => Some(endpoint.port),
            _ => None,
        })
        .collect();
    assert_eq!(ports, [9, 50_000]);
}

#[test]
fn whoever_sends_a_description_is_who_is_heard_where_it_says() {
    let said = |start: &str, from: &str| {
        let body = "c=IN IP4 203.0.113.9\r\nm=audio 4000 RTP/AVP 0\r\n";
        let message = format!("{start}\r\nFrom: {from}\r\nTo: <sip:bob@biloxi.example>\r\n\r\n{body}");
        let told = tell(&Sip, Transport::Udp, &[(Side::Client, message.as_bytes())]);
        told.announced.iter().find_map(|one| match one {
            Announcement::User { user, endpoint } => Some((user.to_string(), endpoint.port)),
            _ => None,
        })
    };
    let ann = "\"Ann\" <sip:ann@atlanta.example;transport=udp>;tag=1";
    assert_eq!(said("INVITE sip:b@x SIP/2.0", ann), Some(("ann@atlanta.example".into(), 4000)));
    assert_eq!(said("SIP/2.0 200 OK", ann), Some(("bob@biloxi.example".into(), 4000)));
    assert_eq!(said("INVITE sip:b@x SIP/2.0", "<sip:atlanta.example>"), None, "a host is no user");
    let machine = format!("<sip:{}@x>", "7".repeat(70));
    assert_eq!(said("INVITE sip:b@x SIP/2.0", &machine), None, "longer than people's names");
}

#[test]
fn over_tcp_the_split_does_not_matter() {
    let stream = [b"\r\n\r\n".as_slice(), INVITE, b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n"].concat();
    for split in (5..stream.len()).step_by(7) {
        let (one, two) = stream.split_at(split);
        // Line ends that only keep the connection open come before or after, never as its first bytes.
        let told = tell(&Sip, Transport::Tcp, &[(Side::Client, &one[4..]), (Side::Client, two)]);
        assert_eq!(told.announced.len(), 5, "split at {split}");
        assert_eq!(told.number(&STATUS), Some(200), "split at {split}");
    }
}

#[test]
fn requests_of_others_are_refused() {
    for bytes in [
        &b"OPTIONS * RTSP/1.0\r\n"[..],
        b"OPTIONS * HTTP/1.1\r\n",
        b"NOTIFY * HTTP/1.1\r\n",
        b"SIP/2.0 xyz OK",
        b"INVITED sip:a SIP/2.0\r\n",
        b"REGISTER me SIP/2.0\r\n",
    ] {
        assert!(tell(&Sip, Transport::Udp, &[(Side::Client, bytes)]).matched.is_none());
        assert!(tell(&Sip, Transport::Tcp, &[(Side::Client, bytes)]).matched.is_none());
    }
}
