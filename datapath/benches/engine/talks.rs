//! The conversations of the load: what a network of students carries, and the repository's own Skype captures.

use std::path::Path;

use peergate_datapath::file::CaptureFile;
use peergate_engine::decode::Decoder;
use peergate_engine::flow::FlowKey;
use peergate_engine::packet::{Endpoint, Transport};

use crate::wire::{self, Said, TCP, UDP};

/// One conversation, to be copied with other addresses.
pub struct Talk {
    pub name: &'static str,
    pub proto: u8,
    pub port: u16,
    /// Copies of it in a hundred flows.
    pub share: u32,
    pub said: Vec<Said>,
}

/// Payloads after the opening, so that a flow can be as long as is wanted.
const MORE: usize = 40;

/// Every conversation.
pub fn all() -> Vec<Talk> {
    let mut all = vec![
        datagrams("a name of the DNS", 30, 53, dns()),
        stream("TLS", 12, 443, tls("www.example.com")),
        stream("TLS", 12, 443, tls("www.wikipedia.org")),
        stream("TLS", 4, 443, tls("chat.signal.org")),
        datagrams("QUIC", 8, 443, quic()),
        stream("HTTP", 6, 80, http()),
        datagrams("a call in RTP", 3, 50_004, rtp()),
        stream("BitTorrent", 4, 51_413, bittorrent()),
        datagrams("BitTorrent's DHT", 6, 6881, dht()),
        datagrams("Tox", 3, 33_445, tox()),
        datagrams(
            "random datagrams",
            4,
            40_001,
            (0..MORE).map(|place| (place.is_multiple_of(2), noise(place as u64, 300))).collect(),
        ),
        stream(
            "a random stream",
            4,
            40_002,
            (0..MORE).map(|place| (place.is_multiple_of(2), noise(place as u64, 900))).collect(),
        ),
    ];
    let skype = captured(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/skype"));
    let rest = 100 - all.iter().map(|talk| talk.share).sum::<u32>();
    all.extend(skype.into_iter().take(rest as usize).map(|talk| Talk { share: 1, ..talk }));
    all
}

fn stream(name: &'static str, share: u32, port: u16, said: Vec<(bool, Vec<u8>)>) -> Talk {
    Talk { name, proto: TCP, port, share, said: wire::stream(said) }
}

fn datagrams(name: &'static str, share: u32, port: u16, said: Vec<(bool, Vec<u8>)>) -> Talk {
    Talk { name, proto: UDP, port, share, said: wire::datagrams(said) }
}

/// The conversations of every capture in a folder, the longest first.
fn captured(folder: &Path) -> Vec<Talk> {
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("samples").map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut talks = Vec::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|end| end == "pcap")) {
        let mut file = CaptureFile::open(path).expect("a sample");
        let mut decoder = Decoder::default();
        let mut found: Vec<(FlowKey, Endpoint, Talk)> = Vec::new();
        while let Some(frame) = file.next_frame() {
            decoder.decode(&frame, &mut |packet| {
                let proto = match packet.transport {
                    Transport::Tcp => TCP,
                    Transport::Udp => UDP,
                    _ => return,
                };
                let (key, _) = FlowKey::of(packet);
                let place = found.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
                    let talk = Talk { name: "Skype", proto, port: packet.destination.port, share: 1, said: Vec::new() };
                    found.push((key, packet.source, talk));
                    found.len() - 1
                });
                let (_, client, talk) = &mut found[place];
                talk.said.push(Said {
                    by_client: packet.source == *client,
                    flags: packet.tcp.flags,
                    numbers: [packet.tcp.seq, packet.tcp.ack],
                    payload: packet.payload.to_vec(),
                });
            });
        }
        talks.extend(found.into_iter().map(|(.., talk)| talk));
    }
    talks.sort_by_key(|talk| std::cmp::Reverse(talk.said.len()));
    talks
}

/// Bytes without order, the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..length).map(next).collect()
}

/// A length in two bytes, then the bytes.
fn long(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

fn dns() -> Vec<(bool, Vec<u8>)> {
    let question = b"\x03www\x07example\x03com\0\0\x01\0\x01";
    let ask = [&[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], &question[..]].concat();
    let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0x2c, 0, 4, 198, 18, 0, 1];
    let answer = [&[0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &question[..], &record].concat();
    vec![(true, ask), (false, answer)]
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &long(body)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &long(body)].concat()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3][..], &long(body)].concat()
}

fn client_hello(name: &str, session: &[u8], more: &[u8]) -> Vec<u8> {
    let extensions = [
        extension(0, &long(&[&[0][..], &long(name.as_bytes())].concat())),
        extension(10, &[0, 6, 0, 29, 0, 23, 0, 24]),
        extension(13, &[0, 8, 4, 3, 8, 4, 4, 1, 5, 3]),
        extension(16, b"\0\x0c\x02h2\x08http/1.1"),
        extension(43, &[4, 3, 4, 3, 3]),
        extension(51, &long(&[&[0, 29][..], &long(&noise(2, 32))].concat())),
        more.to_vec(),
    ]
    .concat();
    let ciphers = [0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f, 0xcc, 0xa9];
    let session = [&[session.len() as u8][..], session].concat();
    handshake(1, &[&[3, 3][..], &noise(3, 32), &session, &long(&ciphers), &[1, 0], &long(&extensions)].concat())
}

fn tls(name: &str) -> Vec<(bool, Vec<u8>)> {
    let session = noise(4, 32);
    let keys = [extension(43, &[3, 4]), extension(51, &[&[0, 29][..], &long(&noise(5, 32))].concat())].concat();
    let hello = handshake(2, &[&[3, 3][..], &noise(6, 32), &[32], &session, &[0x13, 1, 0], &long(&keys)].concat());
    let answer = [record(22, &hello), record(20, &[1]), record(23, &noise(7, 900))].concat();
    let mut said = vec![(true, record(22, &client_hello(name, &session, &[]))), (false, answer)];
    said.extend((0..MORE).map(|place| (place.is_multiple_of(3), record(23, &noise(place as u64, 1000)))));
    said
}

/// Sealed with the keys of RFC 9001 appendix A.1, which every connection of this identifier has.
fn quic() -> Vec<(bool, Vec<u8>)> {
    use ring::aead::{quic, Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM};
    const CONNECTION: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
    let key = 0x1f36_9613_dd76_d546_7730_efcb_e3b1_a22d_u128.to_be_bytes();
    let head = 0x9f50_449e_04a0_e810_283a_1e99_33ad_edd2_u128.to_be_bytes();
    let mut nonce = [0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c];
    nonce[11] ^= 2;
    let hello = client_hello("www.example.com", &[], &extension(57, &[4, 4, 0x80, 0, 0xff, 0xff]));
    let mut payload = [&[6, 0][..], &(hello.len() as u16 | 0x4000).to_be_bytes(), &hello].concat();
    payload.resize(1162, 0);
    let length = (4 + payload.len() + 16) as u16 | 0x4000;
    let mut packet = [&[0xc3, 0, 0, 0, 1, 8][..], &CONNECTION, &[0, 0], &length.to_be_bytes(), &[0, 0, 0, 2]].concat();
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap())
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&packet), &mut payload)
        .unwrap();
    let mask = quic::HeaderProtectionKey::new(&quic::AES_128, &head).unwrap().new_mask(&payload[..16]).unwrap();
    packet[0] ^= mask[0] & 0x0f;
    let number = packet.len() - 4;
    packet[number..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
    let mut said = vec![(true, [packet, payload].concat())];
    said.extend((0..MORE).map(|place| (place % 3 == 2, [&[0x45][..], &noise(place as u64, 1100)].concat())));
    said
}

fn http() -> Vec<(bool, Vec<u8>)> {
    let ask = b"GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 50000\r\n\r\n";
    let mut said = vec![(true, ask.to_vec()), (false, [&answer[..], &[b'x'; 900]].concat())];
    said.extend((0..MORE).map(|_| (false, vec![b'x'; 1200])));
    said
}

fn rtp() -> Vec<(bool, Vec<u8>)> {
    let packet = |place: u32| {
        let head = [&[0x80, 0][..], &(place as u16 + 77).to_be_bytes(), &(place * 160 + 4000).to_be_bytes()].concat();
        (place.is_multiple_of(2), [head, vec![7, 7, 1, (place % 2) as u8], noise(u64::from(place), 160)].concat())
    };
    (0..MORE as u32).map(packet).collect()
}

fn bittorrent() -> Vec<(bool, Vec<u8>)> {
    let hello =
        |seed| [&b"\x13BitTorrent protocol"[..], &[0; 8], &noise(1, 20), b"-TR4050-", &noise(seed, 12)].concat();
    let mut said = vec![(true, hello(1)), (false, hello(2))];
    let piece = |place: usize| [&[0, 0, 4, 9, 7, 0, 0, 0, 0, 0, 0, 0, 0][..], &noise(place as u64, 1024)].concat();
    said.extend((0..MORE).map(|place| (place.is_multiple_of(2), piece(place))));
    said
}

fn dht() -> Vec<(bool, Vec<u8>)> {
    let ask = [&b"d1:ad2:id20:"[..], &noise(1, 20), b"e1:q4:ping1:t2:aa1:y1:qe"].concat();
    let answer = [&b"d1:rd2:id20:"[..], &noise(2, 20), b"e1:t2:aa1:y1:re"].concat();
    (0..MORE).map(|place| if place.is_multiple_of(2) { (true, ask.clone()) } else { (false, answer.clone()) }).collect()
}

fn tox() -> Vec<(bool, Vec<u8>)> {
    let packet = |place: usize| {
        let (kind, length) = if place.is_multiple_of(2) { (2, 112) } else { (4, 230) };
        (
            place.is_multiple_of(2),
            [vec![kind], noise(place as u64 % 2 + 1, 32), noise(place as u64, length - 32)].concat(),
        )
    };
    (0..MORE).map(packet).collect()
}
