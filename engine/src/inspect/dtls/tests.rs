//! DTLS conversations, whole, in fragments and false.

use proptest::prelude::*;

use super::*;
use crate::inspect::testing::{tell, Told};
use crate::inspect::tls::samples::{client_hello_body, extension, long, short};

fn play(talk: &[(Side, &[u8])]) -> Told {
    tell(&Dtls, Transport::Udp, talk)
}

fn record(kind: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1][..], &long(body)].concat()
}

/// The part of a message from `from` to `to`.
fn fragment(kind: u8, number: u8, body: &[u8], from: usize, to: usize) -> Vec<u8> {
    let be24 = |number: usize| u32::try_from(number).unwrap().to_be_bytes()[1..].to_vec();
    [vec![kind], be24(body.len()), vec![0, number], be24(from), be24(to - from), body[from..to].to_vec()].concat()
}

const NAME: &str = "Turn.Example.org";

fn hello_body() -> Vec<u8> {
    client_hello_body(0xfefd, Some(&[5; 20]), NAME, &extension(14, &[0, 2, 0, 1, 0]))
}

fn hello_with(body: &[u8]) -> Vec<u8> {
    record(22, 0, &fragment(1, 0, body, 0, body.len()))
}

fn hello() -> Vec<u8> {
    hello_with(&hello_body())
}

#[test]
fn a_hello_of_webrtc_is_told() {
    let told = play(&[(Side::Client, &hello())]);
    assert!(told.saw(&HANDSHAKE));
    assert!(told.has(&SRTP));
    assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("turn.example.org"));
    assert_eq!(told.text(&OFFERED).as_deref(), Some("DTLS 1.2"));
    assert!(told.text(&JA4).unwrap().starts_with("dd2d0305h2_"));
}

#[test]
fn facts_do_not_depend_on_where_messages_are_cut_nor_on_their_order() {
    let body = hello_body();
    for cut in 1..body.len() {
        let first = record(22, 0, &fragment(1, 0, &body, 0, cut));
        let second = record(22, 0, &fragment(1, 0, &body, cut, body.len()));
        for talk in [[&first, &second], [&second, &first]] {
            let told = play(&talk.map(|datagram| (Side::Client, &datagram[..])));
            assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("turn.example.org"), "cut at {cut}");
        }
    }
}

#[test]
fn a_server_that_chooses_1_3_ends_what_can_be_told() {
    let chosen = extension(43, &DTLS_1_3.to_be_bytes());
    let body = [vec![0xfe, 0xfd], vec![8; 32], short(&[]), vec![0x13, 1, 0], long(&chosen)].concat();
    let answer = record(22, 0, &fragment(2, 0, &body, 0, body.len()));
    let hello = hello_with(&client_hello_body(0xfefd, Some(&[]), NAME, &[]));
    let told = play(&[(Side::Client, &hello), (Side::Server, &answer)]);
    assert_eq!(told.text(&VERSION).as_deref(), Some("DTLS 1.3"));
    assert!(matches!(told.last, Next::Done));
}

#[test]
fn a_flow_joined_late_is_known_by_its_records() {
    assert!(play(&[(Side::Client, &record(23, 1, &[9; 60]))]).saw(&RECORDS));
    let two = [record(23, 1, &[9; 60]), record(21, 1, &[9; 26])].concat();
    assert!(play(&[(Side::Client, &two)]).saw(&RECORDS));
}

#[test]
fn lengths_that_do_not_fit_are_not_dtls() {
    let whole = hello();
    assert!(play(&[(Side::Client, &whole[..whole.len() - 1])]).matched.is_none());
    let trailing = [record(23, 1, &[9; 60]), vec![1, 2, 3]].concat();
    assert!(play(&[(Side::Client, &trailing)]).matched.is_none());
}

#[test]
fn media_on_the_same_flow_is_left_to_others() {
    let media = [0x80, 0x6f, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let told = play(&[(Side::Client, &hello()), (Side::Client, &media)]);
    assert!(matches!(told.last, Next::NotMine));
}

proptest! {
    #[test]
    fn no_bytes_panic(kind in 20_u8..27, epoch in 0_u8..2, body in prop::collection::vec(any::<u8>(), 1..300)) {
        let datagram = record(kind, epoch, &body);
        play(&[(Side::Client, &datagram), (Side::Server, &datagram), (Side::Client, &body)]);
    }

    #[test]
    fn a_damaged_hello_never_panics(place in 0_usize..200, byte in any::<u8>()) {
        let mut datagram = hello();
        if let Some(damaged) = datagram.get_mut(place) {
            *damaged = byte;
        }
        play(&[(Side::Client, &datagram)]);
    }
}
