//! HTTP conversations: whole, cut, upgraded, tunnelled, joined late.

use proptest::prelude::*;

use super::*;
use crate::inspect::testing::{tell, Told};

const REQUEST_BYTES: &[u8] = b"GET /a?b=c HTTP/1.1\r\nHost: Www.Example.org\r\nUser-Agent: curl/8.0\r\n\r\n";
const RESPONSE_BYTES: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx\r\ncontent-type: text/html\r\n\r\n<html>";

fn play(talk: &[(Side, &[u8])]) -> Told {
    tell(&Http, Transport::Tcp, talk)
}

fn assert_told(told: &Told) {
    for (field, value) in [
        (&METHOD, "GET"),
        (&URL, "/a?b=c"),
        (&HOST, "www.example.org"),
        (&USER_AGENT, "curl/8.0"),
        (&SERVER, "nginx"),
        (&CONTENT_TYPE, "text/html"),
    ] {
        assert_eq!(told.text(field).as_deref(), Some(value), "{}", field.name);
    }
    assert_eq!(told.number(&STATUS), Some(200));
    assert!(matches!(told.last, Next::Done));
}

#[test]
fn a_request_and_its_response_are_told() {
    assert_told(&play(&[(Side::Client, REQUEST_BYTES), (Side::Server, RESPONSE_BYTES)]));
}

#[test]
fn facts_do_not_depend_on_where_segments_split() {
    for cut in 1..REQUEST_BYTES.len() {
        let (first, second) = REQUEST_BYTES.split_at(cut);
        assert_told(&play(&[(Side::Client, first), (Side::Client, second), (Side::Server, RESPONSE_BYTES)]));
    }
    for cut in 1..RESPONSE_BYTES.len() - 6 {
        let (first, second) = RESPONSE_BYTES.split_at(cut);
        assert_told(&play(&[(Side::Client, REQUEST_BYTES), (Side::Server, first), (Side::Server, second)]));
    }
}

#[test]
fn a_flow_that_starts_with_the_reply_goes_on_to_the_next_request() {
    let told = play(&[(Side::Server, RESPONSE_BYTES), (Side::Client, REQUEST_BYTES), (Side::Server, RESPONSE_BYTES)]);
    assert!(told.saw(&RESPONSE));
    assert_eq!(told.text(&HOST).as_deref(), Some("www.example.org"));
}

#[test]
fn what_is_inside_a_tunnel_begins_after_the_proxys_answer() {
    let refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 6\r\n\r\nsorry\n";
    let connect = b"CONNECT chat.example.org:443 HTTP/1.1\r\nHost: chat.example.org:443\r\n\r\n";
    let answer = b"HTTP/1.0 200 Connection established\r\n\r\nSSH-2.0-";
    let told =
        play(&[(Side::Client, connect), (Side::Server, refused), (Side::Client, connect), (Side::Server, answer)]);
    assert_eq!(told.text(&TUNNEL).as_deref(), Some("chat.example.org:443"));
    let Next::Inside(start) = told.last else { panic!("no tunnel") };
    assert_eq!(answer.get(start..), Some(&b"SSH-2.0-"[..]));
}

#[test]
fn an_upgrade_becomes_websocket() {
    let ask = b"GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi";
    let told = play(&[(Side::Client, ask), (Side::Server, answer)]);
    let Next::Becomes(next, start) = told.last else { panic!("no upgrade") };
    assert_eq!(next.profile().name, "websocket");
    assert_eq!(answer.get(start..), Some(&b"\x81\x02hi"[..]));
}

#[test]
fn an_upgrade_with_a_body_is_false() {
    let asks = |length: &str| {
        let head = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
        let ask = format!("{head}Content-Length: {length}\r\n\r\nhello");
        play(&[(Side::Client, ask.as_bytes())]).has(&FALSE_UPGRADE)
    };
    assert!(asks("5") && !asks("0"));
}

#[test]
fn going_on_is_not_the_answer() {
    let told = play(&[
        (Side::Client, REQUEST_BYTES),
        (Side::Server, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n"),
    ]);
    assert_eq!(told.text(&SERVER).as_deref(), Some("nginx"));
}

#[test]
fn other_protocols_that_look_like_it_are_left_alone() {
    for line in [
        &b"OPTIONS sip:bob@example.org SIP/2.0\r\n"[..],
        b"DESCRIBE rtsp://example.org/ RTSP/1.0\r\n",
        b"GNUTELLA CONNECT/0.6\r\n",
        b"GET /only/nine\r\n",
        b"PRI * HTTP/2.0\r\n",
        b"HTTP/1.1 abc\r\n",
        b"GET \x00\x01",
    ] {
        assert!(play(&[(Side::Client, line)]).matched.is_none(), "{}", String::from_utf8_lossy(line));
    }
}

#[test]
fn a_request_longer_than_an_opening_is_believed_before_its_end() {
    let line = [&b"GET /"[..], &[b'a'; 4000], b" HTTP/1.1\r\nHost: example.org\r\n\r\n"].concat();
    let segments: Vec<(Side, &[u8])> = line.chunks(1400).map(|chunk| (Side::Client, chunk)).collect();
    let told = play(&segments);
    assert!(told.saw(&LONG_REQUEST));
    assert_eq!(told.text(&HOST).as_deref(), Some("example.org"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..200) {
        let all = [REQUEST_BYTES, &bytes].concat();
        let (first, second) = all.split_at(cut.min(all.len()));
        play(&[(Side::Client, first), (Side::Client, second), (Side::Server, &bytes), (Side::Server, RESPONSE_BYTES)]);
    }
}
