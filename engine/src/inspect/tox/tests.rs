//! Conversations built from the specification, with cipher text from a small generator.

use super::datagram::{ANSWERED, CRYPTO_RUN, DISCOVERY_ON_PORT, KEYED, ONION, ONION_ANSWER, SAME_KEY};
use super::relay::{ANSWER, FRAMES, PING, PING_ANSWERED};
use super::*;
use crate::inspect::noise::tests::cipher;
use crate::inspect::testing::{tell, tell_between, Told, CLIENT, SERVER};
use crate::packet::{Endpoint, Side};

fn packet(kind: u8, key: u64, seed: u64, length: usize) -> Vec<u8> {
    [&[kind][..], &cipher(key, 32), &cipher(seed, length - 33)].concat()
}

fn datagrams(talk: &[(Side, &[u8])]) -> Told {
    tell(&Tox, Transport::Udp, talk)
}

#[test]
fn a_search_and_its_answer_are_told_with_the_public_key() {
    let told = datagrams(&[(Side::Client, &packet(2, 1, 2, 113)), (Side::Server, &packet(4, 3, 4, 238))]);
    assert!(told.saw(&KEYED) && told.saw(&ANSWERED));
    assert!(told.has(&PUBLIC_KEY));
    assert_eq!(told.text(&ACTIVITY).unwrap(), "log-on");
}

#[test]
fn a_key_that_comes_again_is_certain() {
    let told = datagrams(&[(Side::Client, &packet(0, 1, 2, 82)), (Side::Client, &packet(2, 1, 5, 113))]);
    assert!(told.saw(&SAME_KEY));
    let told = datagrams(&[(Side::Client, &packet(0, 1, 2, 82)), (Side::Client, &packet(2, 7, 5, 113))]);
    assert!(!told.saw(&SAME_KEY));
}

#[test]
fn node_lists_have_the_lengths_of_nodes() {
    for (length, fits) in [(82, true), (121, true), (133, true), (238, true), (286, true), (120, false), (287, false)] {
        assert_eq!(datagrams(&[(Side::Client, &packet(4, 1, 2, length))]).matched.is_some(), fits, "{length}");
    }
}

#[test]
fn encrypted_data_is_told_by_its_counter() {
    let data = |count: u16| [&[0x1b][..], &count.to_be_bytes(), &cipher(count.into(), 205)].concat();
    let talk: Vec<_> = (0xfffd..=0xffff).chain(0..3).map(data).collect();
    assert!(datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>()).saw(&CRYPTO_RUN));
    let talk: Vec<_> = (0..9).map(|count| data(count * 1000)).collect();
    assert!(!datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>()).saw(&CRYPTO_RUN));
}

#[test]
fn an_onion_answer_has_as_many_layers_as_its_request() {
    let asked = packet(0x81, 1, 2, 395);
    let told = datagrams(&[(Side::Client, &asked), (Side::Server, &packet(0x8d, 3, 4, 357))]);
    assert!(told.saw(&ONION) && told.saw(&ONION_ANSWER));
    let told = datagrams(&[(Side::Client, &asked), (Side::Server, &packet(0x8e, 3, 4, 298))]);
    assert!(!told.saw(&ONION_ANSWER));
}

#[test]
fn a_search_of_the_local_network_is_told_on_its_port() {
    let group = Endpoint { port: 33445, ..SERVER };
    let told = tell_between(&Tox, Transport::Udp, CLIENT, group, &[(Side::Client, &packet(0x21, 1, 2, 33))]);
    assert!(told.saw(&DISCOVERY_ON_PORT));
}

#[test]
fn rtp_and_text_are_not_tox() {
    let rtp = [&[0x80, 0x6f, 0, 1, 0, 0, 3, 0xc0, 1, 2, 3, 4][..], &[0; 391]].concat();
    assert!(datagrams(&[(Side::Client, &rtp)]).matched.is_none());
    assert!(datagrams(&[(Side::Client, &[0; 82])]).matched.is_none());
}

fn relay_talk() -> Vec<(Side, Vec<u8>)> {
    let framed = |seed: u64, length: u16| [&length.to_be_bytes()[..], &cipher(seed, length.into())].concat();
    vec![
        (Side::Client, cipher(1, 128)),
        (Side::Server, cipher(2, 96)),
        (Side::Client, framed(3, 25)),
        (Side::Server, framed(4, 25)),
        (Side::Client, [framed(5, 371), framed(6, 40)].concat()),
        (Side::Server, [framed(7, 216), framed(8, 40)].concat()),
    ]
}

fn told_of(talk: &[(Side, Vec<u8>)]) -> Told {
    tell(&Tox, Transport::Tcp, &talk.iter().map(|(side, bytes)| (*side, bytes.as_slice())).collect::<Vec<_>>())
}

#[test]
fn a_stream_to_a_relay_is_told_however_it_is_cut() {
    let whole = told_of(&relay_talk());
    assert!(whole.saw(&ANSWER) && whole.saw(&PING) && whole.saw(&FRAMES));
    let bytes = |(side, bytes): &(Side, Vec<u8>)| bytes.iter().map(|byte| (*side, vec![*byte])).collect::<Vec<_>>();
    let [greeting, rest @ ..] = &relay_talk()[..] else { unreachable!() };
    let cut: Vec<_> = std::iter::once(greeting.clone()).chain(rest.iter().flat_map(bytes)).collect();
    let cut = told_of(&cut);
    assert!(cut.saw(&ANSWER) && cut.saw(&PING) && cut.saw(&FRAMES));
}

#[test]
fn a_stream_whose_lengths_are_impossible_is_not_a_relays() {
    let mut talk = relay_talk();
    talk[2].1 = cipher(77, 60);
    talk.truncate(3);
    let told = told_of(&talk);
    assert!(!told.saw(&ANSWER) && matches!(told.last, Next::NotMine));
}

#[test]
fn an_idle_session_is_told_by_its_pings() {
    let ping = |seed: u64| [&[0, 25][..], &cipher(seed, 25)].concat();
    let told = told_of(&[(Side::Server, ping(1)), (Side::Client, ping(2))]);
    assert!(told.saw(&PING_ANSWERED) && told.has(&RELAY));
    let name = b"\x00\x19\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x02de\x00\x00\x01\x00\x01";
    assert!(tell(&Tox, Transport::Tcp, &[(Side::Client, name)]).matched.is_none());
}
