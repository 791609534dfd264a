//! SOCKS conversations of both versions.

use proptest::prelude::*;

use super::*;
use crate::inspect::testing::{tell, Told};

fn play(talk: &[(Side, &[u8])]) -> Told {
    tell(&Socks, Transport::Tcp, talk)
}

const NAMED: &[u8] = b"\x05\x01\x00\x03\x10chat.Example.org\x01\xbb";
const DONE: &[u8] = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

#[test]
fn a_tunnel_without_a_password_begins_after_the_second_answer() {
    let answer = [DONE, b"\x16\x03\x03"].concat();
    let told =
        play(&[(Side::Client, &[5, 2, 0, 2]), (Side::Server, &[5, 0]), (Side::Client, NAMED), (Side::Server, &answer)]);
    assert_eq!(told.text(&HOST).as_deref(), Some("chat.example.org"));
    assert_eq!(told.number(&PORT), Some(443));
    assert!(told.saw(&AGREED));
    assert!(matches!(told.last, Next::Inside(10)));
}

#[test]
fn a_tunnel_with_a_password_tells_the_user_only() {
    let told = play(&[
        (Side::Client, &[5, 1, 2]),
        (Side::Server, &[5, 2]),
        (Side::Client, b"\x01\x03bob\x06secret"),
        (Side::Server, &[1, 0]),
        (Side::Client, b"\x05\x01\x00\x01\xc6\x33\x64\x01\x00\x50"),
        (Side::Server, DONE),
    ]);
    assert_eq!(told.text(&USER).as_deref(), Some("bob"));
    assert_eq!(told.text(&HOST).as_deref(), Some("198.51.100.1"));
    assert!(matches!(told.last, Next::Inside(10)));
}

#[test]
fn version_4_asks_at_once() {
    let told = play(&[
        (Side::Client, b"\x04\x01\x00\x50\x00\x00\x00\x01bob\0www.example.org\0"),
        (Side::Server, &[0, 0x5a, 0, 0, 0, 0, 0, 0]),
    ]);
    assert_eq!(told.number(&VERSION), Some(4));
    assert_eq!(told.text(&HOST).as_deref(), Some("www.example.org"));
    assert!(matches!(told.last, Next::Inside(8)));
}

#[test]
fn an_answer_that_does_not_agree_gives_the_stream_back() {
    let told = play(&[(Side::Client, &[5, 1, 0]), (Side::Server, b"220 mail\r\n")]);
    assert!(matches!(told.last, Next::NotMine));
}

#[test]
fn a_greeting_that_does_not_fit_is_not_socks() {
    for bytes in [&[5, 1, 0, 0][..], &[5, 1, 0x70], &[5, 40, 0], &[4, 9, 0, 80]] {
        assert!(play(&[(Side::Client, bytes)]).matched.is_none());
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(
        version in 4_u8..6,
        asks in prop::collection::vec(any::<u8>(), 0..60),
        answers in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let asks = [&[version][..], &asks].concat();
        play(&[(Side::Client, &asks), (Side::Server, &answers), (Side::Client, &asks)]);
        play(&[(Side::Client, &[5, 1, 0]), (Side::Server, &[5, 0]), (Side::Client, &asks), (Side::Server, &answers)]);
    }
}
