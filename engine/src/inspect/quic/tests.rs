//! QUIC conversations. The protected packets are the examples of RFC 9001 and RFC 9369, sealed here with the keys that
//! those print, so that what we derive is held against them.

use proptest::prelude::*;
use ring::aead::{quic, Aad, LessSafeKey, Nonce, UnboundKey, AES_128_GCM};

use super::*;
use crate::inspect::testing::{tell, tell_between, Told, CLIENT as CLIENT_END, SERVER};
use crate::inspect::tls::samples::{client_hello_body, extension, message, short};
use crate::packet::Endpoint;

const CONNECTION: &[u8] = &[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
const V1: u32 = 1;
const V2: u32 = 0x6b33_43cf;

/// The ClientHello of RFC 9001 appendix A.2, in its CRYPTO frame.
const HELLO: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113\
    02010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e0005000501\
    00000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d001000\
    0e0403050306030203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104\
    800075300901100f088394c8f03e51570806048000ffff";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// Seals frames into the Initial packet of a client, with the keys of RFC 9001 appendix A.1 or RFC 9369 appendix A.1.
fn initial(version: u32, number: u32, frames: &[u8]) -> Vec<u8> {
    let (key, iv, head, first) = if version == V1 {
        ("1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2", 0xc3)
    } else {
        ("8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9", 0xd3)
    };
    let mut payload = frames.to_vec();
    payload.resize(payload.len().max(1162), 0);
    let mut packet = [&[first][..], &version.to_be_bytes(), &[8], CONNECTION, &[0, 0]].concat();
    let length = u16::try_from(4 + payload.len() + 16).unwrap() | 0x4000;
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&number.to_be_bytes());
    let mut nonce: [u8; 12] = hex(iv).try_into().unwrap();
    nonce.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(byte, number)| *byte ^= number);
    LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &hex(key)).unwrap())
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&packet), &mut payload)
        .unwrap();
    let mask = quic::HeaderProtectionKey::new(&quic::AES_128, &hex(head)).unwrap().new_mask(&payload[..16]).unwrap();
    packet[0] ^= mask[0] & 0x0f;
    let number_at = packet.len() - 4;
    packet[number_at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
    [packet, payload].concat()
}

fn crypto(offset: usize, piece: &[u8]) -> Vec<u8> {
    let two_bytes = |number: usize| (u16::try_from(number).unwrap() | 0x4000).to_be_bytes();
    [&[6][..], &two_bytes(offset), &two_bytes(piece.len()), piece].concat()
}

fn play(talk: &[(Side, &[u8])]) -> Told {
    tell(&Quic, Transport::Udp, talk)
}

#[test]
fn the_examples_of_both_versions_are_opened() {
    for (version, name) in [(V1, "1"), (V2, "2")] {
        let told = play(&[(Side::Client, &initial(version, 2, &hex(HELLO)))]);
        assert!(told.saw(&OPENED), "version {name}");
        assert_eq!(told.text(&VERSION).as_deref(), Some(name));
        assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("example.com"));
        assert_eq!(told.text(&ALPN).as_deref(), Some("alpn"));
        assert!(told.text(&JA4).unwrap().starts_with("q13d0211an_"));
        assert!(matches!(told.last, Next::Done));
    }
}

#[test]
fn the_sealed_example_is_the_one_of_the_rfc() {
    let packet = initial(V1, 2, &hex(HELLO));
    let start = hex("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b");
    assert_eq!(packet[..start.len()], start);
    assert_eq!(packet.len(), 1200);
}

#[test]
fn a_hello_shuffled_over_packets_and_datagrams_is_put_together() {
    let user_agent = [&[0x71, 0x29][..], &short(b"Chrome/130")].concat();
    let extra = [extension(57, &user_agent), extension(51, &[5; 1200]), extension(0xfe0d, &[0; 200])].concat();
    let hello = message(1, &client_hello_body(0x0303, None, "www.example.org", &extra));
    let cuts = [0, 300, 310, 900, 1400, hello.len()];
    let pieces: Vec<Vec<u8>> = cuts.windows(2).map(|cut| crypto(cut[0], &hello[cut[0]..cut[1]])).collect();
    let ping = vec![1, 0, 0];
    let first = initial(V1, 0, &[pieces[3].clone(), ping.clone(), pieces[1].clone()].concat());
    let second = initial(V1, 1, &[pieces[4].clone(), ping, pieces[0].clone()].concat());
    let third = initial(V1, 2, &pieces[2]);
    let both = [&first[..], &second].concat();
    let told = play(&[(Side::Client, &both), (Side::Client, &third)]);
    assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("www.example.org"));
    assert_eq!(told.text(&USER_AGENT).as_deref(), Some("Chrome/130"));
    assert!(told.has(&ECH));
}

#[test]
fn a_damaged_packet_is_known_by_its_header_only() {
    let mut packet = initial(V1, 2, &hex(HELLO));
    packet[600] ^= 1;
    let told = play(&[(Side::Client, &packet)]);
    assert!(told.saw(&LONG_HEADER));
    assert!(!told.saw(&OPENED));
    assert!(!told.has(&SERVER_NAME));
}

#[test]
fn a_server_alone_is_known_by_its_version() {
    let mut packet = [&[0xe5, 0, 0, 0, 1, 4][..], &[9; 4], &[8], &[7; 8], &[0x40, 200]].concat();
    packet.resize(packet.len() + 200, 0x5a);
    let told = play(&[(Side::Server, &packet)]);
    assert!(told.saw(&LONG_HEADER));
    assert_eq!(told.text(&VERSION).as_deref(), Some("1"));
}

#[test]
fn a_negotiation_names_a_known_version() {
    let packet = [&[0x9a, 0, 0, 0, 0, 0, 4][..], &[7; 4], &[0x1a, 0x2a, 0x3a, 0x4a], &[0, 0, 0, 1]].concat();
    assert!(play(&[(Side::Server, &packet)]).saw(&NEGOTIATION));
    let unknown = [&packet[..11], &[9, 9, 9, 9]].concat();
    assert!(play(&[(Side::Server, &unknown)]).matched.is_none());
}

#[test]
fn googles_hello_is_read_in_the_clear() {
    let mut packet = [&[0x09][..], &[3; 8], b"Q043\x01", &[0; 12], &[0xa0, 1, 0, 0]].concat();
    packet.extend_from_slice(b"CHLO\x01\0\0\0SNI\0\x0f\0\0\0www.example.org");
    let told = play(&[(Side::Client, &packet)]);
    assert!(told.saw(&GOOGLE));
    assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("www.example.org"));
}

#[test]
fn a_short_header_is_a_guess_on_its_port_only() {
    let packet = [&[0x4c][..], &[0x33; 40]].concat();
    assert!(play(&[(Side::Client, &packet)]).saw(&SHORT_HEADER));
    let elsewhere = Endpoint { port: 40_000, ..SERVER };
    let told = tell_between(&Quic, Transport::Udp, CLIENT_END, elsewhere, &[(Side::Client, &packet)]);
    assert!(told.matched.is_none());
}

proptest! {
    #[test]
    fn no_bytes_panic(first in any::<u8>(), version in 0_usize..6, bytes in prop::collection::vec(any::<u8>(), 0..1400)) {
        let version = [&[0, 0, 0, 1][..], &[0x6b, 0x33, 0x43, 0xcf], b"Q046", b"Q050", &[0; 4], &[0xff, 0, 0, 29]][version];
        let all = [&[first][..], version, &bytes].concat();
        play(&[(Side::Client, &all), (Side::Server, &bytes), (Side::Client, &all)]);
    }

    #[test]
    fn no_frames_panic(frames in prop::collection::vec(any::<u8>(), 0..300)) {
        play(&[(Side::Client, &initial(V1, 0, &frames))]);
    }
}
