//! What the two ends say in these tests, built from the specifications.

use crate::build::join;

pub const REQUEST: &[u8] =
    b"GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Example/1.0\r\nAccept: */*\r\n\r\n";
pub const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n";

/// A handshake of BEP 3.
pub fn bittorrent() -> Vec<u8> {
    let hash: Vec<u8> = (0..20).map(|place: u8| place.wrapping_mul(113) ^ 0x5a).collect();
    join(&[b"\x13BitTorrent protocol", &[0, 0, 0, 0, 0, 0x10, 0, 5], &hash, b"-TR3000-abcdefghijkl"])
}

/// A question of BEP 5.
pub fn dht() -> Vec<u8> {
    join(&[b"d1:ad2:id20:", &[7; 20], b"9:info_hash20:", &[8; 20], b"e1:q9:get_peers1:t2:aa1:y1:qe"])
}

/// Its answer, without peers.
pub fn dht_answer() -> Vec<u8> {
    join(&[b"d1:rd2:id20:", &[9; 20], b"5:token2:xx", b"e1:t2:aa1:y1:re"])
}

/// Bytes that are nothing.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn long(bytes: &[u8]) -> Vec<u8> {
    join(&[&(bytes.len() as u16).to_be_bytes(), bytes])
}

fn extension(kind: u16, value: &[u8]) -> Vec<u8> {
    join(&[&kind.to_be_bytes(), &long(value)])
}

/// A TLS 1.3 ClientHello in its record (RFC 8446 §4.1.2); without a name where `name` is empty.
pub fn client_hello(name: &str) -> Vec<u8> {
    let named = extension(0, &long(&join(&[&[0], &long(name.as_bytes())])));
    let extensions = join(&[
        if name.is_empty() { &[] } else { &named },
        &extension(10, &long(&[0, 29])),
        &extension(13, &long(&[4, 3, 8, 4])),
        &extension(16, &long(b"\x02h2\x08http/1.1")),
        &extension(43, &[2, 3, 4]),
    ]);
    let body = join(&[
        &[3, 3],
        &noise(32),
        &[32],
        &noise(32),
        &long(&[0x13, 1, 0x13, 2, 0xc0, 0x2b]),
        &[1, 0],
        &long(&extensions),
    ]);
    let message = join(&[&(1 << 24 | body.len() as u32).to_be_bytes(), &body]);
    join(&[&[22, 3, 1], &long(&message)])
}

fn label(name: &str) -> Vec<u8> {
    let mut labels: Vec<u8> = name.split('.').flat_map(|word| join(&[&[word.len() as u8], word.as_bytes()])).collect();
    labels.push(0);
    labels
}

/// A question for a name's address, and its answer for a minute (RFC 1035 §4).
pub fn dns(name: &str, address: [u8; 4]) -> [Vec<u8>; 2] {
    let question = join(&[&label(name), &[0, 1, 0, 1]]);
    let asked = join(&[&[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], &question]);
    let answer = join(&[&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4], &address]);
    let answered = join(&[&[0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &question, &answer]);
    [asked, answered]
}

/// An INVITE that offers sound at an address and port (RFC 3261, RFC 8866).
pub fn invite(address: &str, port: u16) -> Vec<u8> {
    let offer = format!(
        "v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n\
         a=rtpmap:0 PCMU/8000\r\n"
    );
    let head = format!(
        "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP {address}:5060;branch=z9hG4bK776\r\n\
         From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.org>\r\nCall-ID: a84b4c76e66710\r\n\
         CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n",
        offer.len()
    );
    (head + &offer).into_bytes()
}

/// A packet of sound (RFC 3550 §5.1).
pub fn rtp(number: u16) -> Vec<u8> {
    let stamp = u32::from(number) * 160;
    join(&[&[0x80, 0], &number.to_be_bytes(), &stamp.to_be_bytes(), &[0xca, 0xfe, 0xf0, 0x0d], &noise(160)])
}
