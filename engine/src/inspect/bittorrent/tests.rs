//! Conversations built from the specifications.

use super::*;
use crate::inspect::noise::tests::cipher;
use crate::inspect::testing::{tell, tell_between, Told, CLIENT as ASKER, SERVER};

fn handshake(peer_id: &[u8; 20]) -> Vec<u8> {
    [&peer::NAME[..], &[0, 0, 0, 0, 0, 0x10, 0, 5], &cipher(9, 20), peer_id].concat()
}

const TRANSMISSION: &[u8; 20] = b"-TR3000-abcdefghijkl";

fn streams(talk: &[(Side, &[u8])]) -> Told {
    tell(&BitTorrent, Transport::Tcp, talk)
}

fn datagrams(talk: &[(Side, &[u8])]) -> Told {
    tell(&BitTorrent, Transport::Udp, talk)
}

#[test]
fn both_handshakes_tell_torrent_and_programs() {
    let (asked, answered) = (handshake(TRANSMISSION), handshake(b"A2-1-36-0-abcdefghij"));
    let told = streams(&[(Side::Client, &asked), (Side::Server, &answered)]);
    assert!(told.saw(&peer::HANDSHAKE));
    assert_eq!(told.text(&CLIENT).unwrap(), "Transmission 3.0.0.0");
    assert_eq!(told.text(&PEER_CLIENT).unwrap(), "aria2 1.36.0");
    assert!(told.has(&INFO_HASH));
}

#[test]
fn a_handshake_may_come_byte_by_byte() {
    let asked = handshake(TRANSMISSION);
    let talk: Vec<_> = asked.chunks(1).map(|byte| (Side::Client, byte)).collect();
    assert_eq!(streams(&talk).text(&CLIENT).unwrap(), "Transmission 3.0.0.0");
}

fn utp(first: u8, connection: u16, clock: u32, sequence: u16, acknowledged: u16, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![first, 0];
    packet.extend_from_slice(&connection.to_be_bytes());
    packet.extend_from_slice(&clock.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 0, 0, 4, 0, 0]);
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&acknowledged.to_be_bytes());
    packet.extend_from_slice(data);
    packet
}

#[test]
fn a_utp_connection_is_told_by_its_identifiers_and_carries_the_handshake() {
    let opened = utp(0x41, 700, 1_000_000, 1, 0, b"");
    let answered = utp(0x21, 700, 77, 900, 1, b"");
    let data = utp(0x01, 701, 1_040_000, 2, 900, &handshake(TRANSMISSION));
    let told = datagrams(&[(Side::Client, &opened), (Side::Server, &answered), (Side::Client, &data)]);
    assert!(told.saw(&utp::SYN) && told.saw(&utp::SYN_ANSWER) && told.saw(&utp::CLOCK));
    assert!(told.saw(&utp::IDENTIFIERS) && told.saw(&peer::HANDSHAKE));
}

#[test]
fn a_utp_connection_joined_in_the_middle_is_told_by_its_clock() {
    let talk: Vec<_> = (0..4u32).map(|count| utp(0x21, 700, 5 + count * 20_000, 9, 10, b"")).collect();
    let told = datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>());
    assert!(told.saw(&utp::HEADER) && told.saw(&utp::CLOCK));
}

#[test]
fn dns_is_never_utp_whatever_its_identifier() {
    let question = b"\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";
    for first in [0x01, 0x11, 0x21, 0x31, 0x41] {
        for second in [0, 1, 2] {
            let query = [&[first, second, 1, 0][..], question].concat();
            let server = Endpoint { port: 53, ..SERVER };
            let told = tell_between(&BitTorrent, Transport::Udp, ASKER, server, &[(Side::Client, &query)]);
            assert!(told.matched.is_none());
            let elsewhere = datagrams(&[(Side::Client, &query), (Side::Client, &query)]);
            assert!(elsewhere.matched.is_none_or(|sign| sign.weight < 30) && !elsewhere.saw(&utp::CLOCK));
        }
    }
}

#[test]
fn the_hash_table_tells_the_question_and_announces_peers() {
    let asked =
        [&b"d1:ad2:id20:"[..], &[7; 20], b"9:info_hash20:", &[8; 20], b"e1:q9:get_peers1:t2:aa1:y1:qe"].concat();
    let peers = [203, 0, 113, 5, 0x1a, 0xe1];
    let answered = [&b"d1:rd2:id20:"[..], &[9; 20], b"6:valuesl6:", &peers, b"ee1:t2:aa1:y1:re"].concat();
    let told = datagrams(&[(Side::Client, &asked), (Side::Server, &answered)]);
    assert!(told.saw(&dht::MESSAGE));
    assert_eq!(told.text(&QUERY).unwrap(), "get_peers");
    assert_eq!(told.announced.len(), 2);
}

#[test]
fn a_tracker_over_udp_is_told_by_its_numbers_and_announces_peers() {
    let connect = b"\x00\x00\x04\x17\x27\x10\x19\x80\x00\x00\x00\x00\x68\x5e\xa4\xe3";
    let connected = b"\x00\x00\x00\x00\x68\x5e\xa4\xe3\x03\x76\x3a\xda\xbd\xd9\xdb\x6a";
    let asked = [&connected[8..], &[0, 0, 0, 1, 1, 2, 3, 4], &cipher(4, 20), TRANSMISSION, &[0; 42]].concat();
    let answered = [&[0, 0, 0, 1, 1, 2, 3, 4][..], &[0; 12], &[203, 0, 113, 5, 0x1a, 0xe1]].concat();
    let talk =
        [(Side::Client, &connect[..]), (Side::Server, connected), (Side::Client, &asked), (Side::Server, &answered)];
    let told = datagrams(&talk);
    assert!(told.saw(&tracker::CONNECT) && told.saw(&tracker::TRANSACTION));
    assert_eq!(told.text(&CLIENT).unwrap(), "Transmission 3.0.0.0");
    assert_eq!(told.announced.len(), 2);
}

#[test]
fn a_tracker_over_http_is_told_and_announces_peers() {
    let asked = b"GET /x/announce?info_hash=%9B%C5%3FZKC%5DY%C6%A1%1A%96%05%5B%AE%C2G%E7wI&peer_id=-TR3000-abcdefghijkl&port=1 HTTP/1.1\r\n\r\n";
    let answered = b"HTTP/1.0 200 OK\r\n\r\nd8:intervali1800e5:peers6:\xcb\x00\x71\x05\x1a\xe1e";
    let told = streams(&[(Side::Client, asked), (Side::Server, answered)]);
    assert!(told.saw(&tracker::ANNOUNCE) && told.saw(&tracker::PEERS));
    assert_eq!(told.text(&CLIENT).unwrap(), "Transmission 3.0.0.0");
    assert_eq!(told.announced.len(), 2);
    assert!(streams(&[(Side::Client, b"GET /announce?page=1 HTTP/1.1\r\n\r\n")]).matched.is_none());
}

#[test]
fn a_search_of_the_local_network_tells_its_torrent() {
    let search = b"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: 9bc53f5a4b435d59c6a11a96055baec247e77749\r\n\r\n\r\n";
    let told = datagrams(&[(Side::Client, search)]);
    assert!(told.saw(&SEARCH) && told.has(&INFO_HASH));
}

#[test]
fn an_obfuscated_handshake_is_weak_evidence_alone() {
    let talk = [(Side::Client, cipher(1, 300)), (Side::Server, cipher(2, 200)), (Side::Client, cipher(3, 200))];
    let told = streams(&talk.iter().map(|(side, bytes)| (*side, bytes.as_slice())).collect::<Vec<_>>());
    let weight: i16 = PROFILE.signs.iter().filter(|sign| told.saw(sign)).map(|sign| sign.weight).sum();
    assert!((15..33).contains(&weight));
}

#[test]
fn an_obfuscated_handshake_with_the_lengths_of_one_is_told() {
    let lengths =
        [(Side::Client, 607), (Side::Server, 98), (Side::Client, 291), (Side::Server, 82), (Side::Client, 68)];
    let talk: Vec<_> = (1..).zip(lengths).map(|(seed, (side, length))| (side, cipher(seed, length))).collect();
    let told = streams(&talk.iter().map(|(side, bytes)| (*side, bytes.as_slice())).collect::<Vec<_>>());
    assert!(told.saw(&obfuscated::FIRST_LENGTH) && told.saw(&obfuscated::SECOND_LENGTH));
}

#[test]
fn a_key_exchange_that_ends_in_plain_text_shows_the_handshake() {
    let plain = [cipher(5, 14), handshake(TRANSMISSION)].concat();
    let talk = [
        (Side::Client, &cipher(1, 300)[..]),
        (Side::Server, &cipher(2, 200)),
        (Side::Client, &cipher(3, 200)),
        (Side::Server, &plain),
    ];
    assert_eq!(streams(&talk).text(&PEER_CLIENT).unwrap(), "Transmission 3.0.0.0");
}

#[test]
fn a_stream_that_was_joined_late_is_told_by_what_is_asked_and_sent() {
    let asked = [0, 0, 0, 1, 2, 0, 0, 0, 13, 6, 0, 0, 1, 7, 0, 1, 0x40, 0, 0, 0, 0x40, 0];
    let sent = [&[0, 0, 0x40, 9, 7, 0, 0, 1, 7, 0, 1, 0x40, 0][..], &[0x55; 600]].concat();
    for payload in [&asked[..], &sent] {
        assert!(tell(&BitTorrent, Transport::Tcp, &[(Side::Client, payload)]).saw(&peer::PART));
    }
    let odd = [0, 0, 0, 13, 6, 0, 0, 1, 7, 0, 1, 0x40, 1, 0, 0, 0x40, 0];
    assert!(!tell(&BitTorrent, Transport::Tcp, &[(Side::Client, &odd)]).saw(&peer::PART));
}
