//! TLS conversations, whole, cut and false.

use proptest::prelude::*;

use super::samples::{client_hello, extension, message, record, server_hello};
use super::*;
use crate::inspect::testing::{tell, Told};

const NAME: &str = "Www.Example.org";

fn play(talk: &[(Side, &[u8])]) -> Told {
    tell(&Tls, Transport::Tcp, talk)
}

fn assert_client_told(told: &Told) {
    assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("www.example.org"));
    assert_eq!(told.text(&ALPN).as_deref(), Some("h2,http/1.1"));
    assert_eq!(told.text(&OFFERED).as_deref(), Some("1.3"));
    assert_eq!(told.text(&JA4).unwrap().split('_').next(), Some("t13d0305h2"));
    assert!(!told.has(&MALFORMED));
}

#[test]
fn a_handshake_of_tls_1_3_is_told_and_done() {
    let (hello, answer) = (record(22, &client_hello(NAME)), record(22, &server_hello(0x0304)));
    let told = play(&[(Side::Client, &hello), (Side::Server, &answer)]);
    assert_client_told(&told);
    assert_eq!(told.text(&VERSION).as_deref(), Some("1.3"));
    assert_eq!(told.number(&CIPHER), Some(0x1302));
    assert!(matches!(told.last, Next::Done));
}

#[test]
fn a_handshake_of_tls_1_2_waits_for_the_certificate() {
    let hello = record(22, &client_hello(NAME));
    let answer = record(22, &server_hello(0x0303));
    let told = play(&[(Side::Client, &hello), (Side::Server, &answer)]);
    assert_eq!(told.text(&CHOSEN).as_deref(), Some("h2"));
    assert!(matches!(told.last, Next::More));
    let certificate = record(22, &message(11, &[0, 0, 6, 0, 0, 3, 0x30, 1, 0]));
    let told = play(&[(Side::Client, &hello), (Side::Server, &answer), (Side::Server, &certificate)]);
    assert!(matches!(told.last, Next::Done));
}

#[test]
fn a_server_that_answers_in_another_protocol_is_read_as_that() {
    let hello = record(22, &client_hello(NAME));
    let told = play(&[(Side::Client, &hello), (Side::Server, b"<?xml version='1.0'?><stream:stream>")]);
    assert_client_told(&told);
    assert!(matches!(told.last, Next::Inside(0)));
}

#[test]
fn facts_do_not_depend_on_where_segments_split() {
    let hello = record(22, &client_hello(NAME));
    for cut in 1..hello.len() {
        let (first, second) = hello.split_at(cut);
        assert_client_told(&play(&[(Side::Client, first), (Side::Client, second)]));
    }
}

#[test]
fn facts_do_not_depend_on_where_records_split() {
    let hello = client_hello(NAME);
    for cut in 1..hello.len() {
        let (first, second) = hello.split_at(cut);
        let stream = [record(22, first), record(22, second)].concat();
        let told = play(&[(Side::Client, &stream)]);
        assert!(told.saw(&CLIENT_HELLO), "cut at {cut}");
        assert_client_told(&told);
    }
}

#[test]
fn an_encrypted_hello_is_told() {
    let body = samples::client_hello_body(0x0303, None, NAME, &extension(0xfe0d, &[0; 40]));
    let told = play(&[(Side::Client, &record(22, &message(1, &body)))]);
    assert!(told.has(&ECH));
    assert_eq!(told.text(&OFFERED).as_deref(), Some("1.2"));
}

#[test]
fn a_hello_with_lengths_that_contradict_each_other_is_malformed_and_no_error() {
    let mut hello = client_hello(NAME);
    // A session of 200 bytes leaves its end in the middle of the extensions.
    let session = 4 + 2 + 32;
    hello[session] = 200;
    let told = play(&[(Side::Client, &record(22, &hello))]);
    assert!(told.has(&MALFORMED));
    assert!(matches!(told.last, Next::Done));
}

#[test]
fn a_hello_longer_than_may_be_kept_still_gives_its_name() {
    let padding = extension(21, &vec![0; 12_000]);
    let body = samples::client_hello_body(0x0303, None, NAME, &padding);
    let stream = record(22, &message(1, &body));
    let segments: Vec<(Side, &[u8])> = stream.chunks(1400).map(|chunk| (Side::Client, chunk)).collect();
    let told = play(&segments);
    assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("www.example.org"));
    assert!(!told.has(&JA4));
}

#[test]
fn a_flow_joined_late_is_known_by_its_records() {
    let data = [record(23, &[5; 300]), record(23, &[6; 40])].concat();
    assert!(play(&[(Side::Server, &data)]).saw(&RECORDS));
    assert!(play(&[(Side::Server, &record(23, &[5; 300]))]).saw(&RECORDS));
    let long = record(23, &[5; 9000]);
    assert!(play(&[(Side::Server, &long[..1400])]).saw(&ONE_RECORD));
}

#[test]
fn an_old_hello_is_followed_by_records() {
    let mut old = vec![0x80, 46, 1, 3, 1, 0, 21, 0, 0, 0, 16];
    old.extend_from_slice(&[0; 37]);
    let told = play(&[
        (Side::Client, &old),
        (Side::Server, &record(22, &server_hello(0x0303))),
        (Side::Client, &record(22, &message(16, &[0; 66]))),
    ]);
    assert!(told.saw(&OLD_HELLO));
    assert_eq!(told.text(&VERSION).as_deref(), Some("1.2"));
    assert!(!told.has(&MALFORMED));
}

#[test]
fn what_is_not_tls_is_not_taken_for_it() {
    let login = [22, 3, 1, 0, 0];
    assert!(play(&[(Side::Client, &login)]).matched.is_none(), "an empty handshake record");
    assert!(play(&[(Side::Client, b"\x16\x03\x01\x00\xcd\x41\x03\x00\x09\x80\x40")]).matched.is_none());
    assert!(play(&[(Side::Client, b"\x17\x03\x03")]).matched.is_none(), "too short to say");
}

proptest! {
    #[test]
    fn no_bytes_panic(kind in 19_u8..25, bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0_usize..400) {
        let all = [&[kind, 3, 1][..], &bytes].concat();
        let (first, second) = all.split_at(cut.min(all.len()));
        play(&[(Side::Client, first), (Side::Client, second), (Side::Server, &all)]);
    }

    #[test]
    fn a_damaged_hello_never_panics(place in 0_usize..200, byte in any::<u8>()) {
        let mut hello = record(22, &client_hello(NAME));
        if let Some(damaged) = hello.get_mut(place) {
            *damaged = byte;
        }
        play(&[(Side::Client, &hello)]);
    }
}
