//! What is told of questions and answers of the DNS, over UDP and TCP, right and wrong ones.

use super::*;
use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
use crate::packet::Endpoint;

const RESOLVER: Endpoint = Endpoint { port: PORT, ..SERVER };

fn query() -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
    bytes.extend(b"\x03ui\x32\x05skype\x03com\x00\x00\x01\x00\x01");
    bytes
}

/// An alias, its address, and an address that nobody asked for.
fn answer() -> Vec<u8> {
    let mut bytes = query();
    bytes[2] = 0x81;
    bytes[3] = 0x80;
    bytes[7] = 3;
    bytes.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x0e\x10\x00\x06\x03edg\xc0\x10");
    let alias = u8::try_from(bytes.len() - 6).unwrap();
    bytes.extend([0xc0, alias, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 7]);
    bytes.extend(b"\x04bank\x00\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x08");
    bytes
}

#[test]
fn a_query_on_any_port_is_told_with_its_name() {
    let told = tell(&Dns, Transport::Udp, &[(Side::Client, &query())]);
    assert_eq!(told.text(&QUERY).as_deref(), Some("ui2.skype.com"));
    assert_eq!(told.number(&KIND), Some(1));
    assert!(told.saw(&QUESTION));
}

#[test]
fn an_answer_names_the_addresses_that_were_asked_for() {
    let talk: [(Side, &[u8]); 2] = [(Side::Client, &query()), (Side::Server, &answer())];
    let told = tell_between(&Dns, Transport::Udp, CLIENT, RESOLVER, &talk);
    let expected = Announcement::Name {
        addr: Addr::v4([192, 0, 2, 7]),
        name: b"ui2.skype.com".as_slice().into(),
        ttl: SHORTEST_LIFE,
    };
    assert_eq!(told.announced, [expected]);
    assert_eq!(told.number(&CODE), Some(0));
    // The same answer from a peer on another port is not believed.
    assert!(tell(&Dns, Transport::Udp, &talk).announced.is_empty());
}

#[test]
fn over_tcp_the_split_does_not_matter() {
    let message = query();
    let stream = [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat();
    for split in 1..stream.len() {
        let (one, two) = stream.split_at(split);
        let told = tell(&Dns, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
        assert_eq!(told.text(&QUERY).as_deref(), Some("ui2.skype.com"), "split at {split}");
    }
}

#[test]
fn what_only_looks_like_it_is_refused() {
    let change = |at: usize, to: u8| {
        let mut bytes = query();
        bytes[at] = to;
        bytes
    };
    let trailing = [query(), vec![0]].concat();
    let refused = [change(2, 0x31), change(3, 0x40), change(5, 2), change(12, 0x7f), change(27, 9), trailing];
    for bytes in refused {
        assert!(tell(&Dns, Transport::Udp, &[(Side::Client, &bytes)]).matched.is_none(), "{bytes:02x?}");
    }
}

#[test]
fn a_bare_refusal_counts_on_the_port_only() {
    let refusal = [0x12, 0x34, 0x81, 0x05, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(tell(&Dns, Transport::Udp, &[(Side::Server, &refusal)]).matched.is_none());
    let told = tell_between(&Dns, Transport::Udp, CLIENT, RESOLVER, &[(Side::Server, &refusal)]);
    assert!(told.saw(&ON_PORT));
}

#[test]
fn no_bytes_panic() {
    let whole = answer();
    for end in 0..whole.len() {
        let _ = tell_between(&Dns, Transport::Udp, CLIENT, RESOLVER, &[(Side::Server, &whole[..end])]);
        let _ = tell_between(&Dns, Transport::Tcp, CLIENT, RESOLVER, &[(Side::Server, &whole[..end])]);
    }
}
