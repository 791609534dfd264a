//! What is told of STUN and TURN: who asks, what they carry, and what only looks like them.

use super::*;
use crate::facts::Announcement;
use crate::inspect::testing::tell;
use crate::packet::Addr;

const XOR_127_0_0_1_PORT_5000: [u8; 8] = [0, 1, 0x32, 0x9a, 0x5e, 0x12, 0xa4, 0x43];

fn message(kind: u16, cookie: bool, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend(kind.to_be_bytes());
        body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(if cookie { [0x21, 0x12, 0xa4, 0x42] } else { [0x5e, 0x77, 0x19, 0xc3] });
    bytes.extend([0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae]);
    bytes.extend(body);
    bytes
}

#[test]
fn an_ice_check_tells_fragments_vendor_and_purpose() {
    let check = message(1, true, &[(0x0006, b"abcd:efgh"), (0xc057, &[0, 3, 0, 10]), (0x0024, &[0x6e, 0, 1, 0xff])]);
    let told = super::super::testing::tell(&Stun, Transport::Udp, &[(Side::Client, &check)]);
    assert_eq!(told.text(&UFRAG).as_deref(), Some("abcd:efgh"));
    assert_eq!(told.text(&VENDOR).as_deref(), Some("google"));
    assert_eq!(told.text(&ATTRIBUTES).as_deref(), Some("0006 c057 0024"));
    assert_eq!(told.text(&METHOD).as_deref(), Some("binding"));
    assert!(told.has(&ICE) && !told.has(&TURN));
    assert!(told.saw(&COOKIE));
}

#[test]
fn a_granted_allocation_announces_the_lent_address() {
    let granted = message(0x0103, true, &[(0x0016, &XOR_127_0_0_1_PORT_5000), (0x8022, b"Coturn-4.6\0\0")]);
    let told = tell(&Stun, Transport::Udp, &[(Side::Server, &granted)]);
    assert_eq!(told.text(&RELAYED).as_deref(), Some("127.0.0.1:5000"));
    assert_eq!(told.text(&SOFTWARE).as_deref(), Some("Coturn-4.6"));
    assert!(matches!(&told.announced[..], [Announcement::Media { endpoint, .. }]
        if endpoint.addr == Addr::v4([127, 0, 0, 1]) && endpoint.port == 5000));
}

#[test]
fn old_messages_need_a_known_type_and_an_exact_chain() {
    let old = message(0x0101, false, &[(0x0001, &[0, 1, 0x13, 0x88, 127, 0, 0, 1])]);
    assert!(tell(&Stun, Transport::Udp, &[(Side::Server, &old)]).saw(&CLASSIC));
    let short = &old[..old.len() - 1];
    assert!(tell(&Stun, Transport::Udp, &[(Side::Server, short)]).matched.is_none());
    let zeros = [&[0, 1, 0, 0][..], &[0; 16]].concat();
    assert!(tell(&Stun, Transport::Udp, &[(Side::Server, &zeros)]).matched.is_none());
}

#[test]
fn channels_are_opened() {
    let check = message(1, true, &[]);
    let channel = [0x40, 0x01, 0x00, 0x05, 0x80, 1, 2, 3, 4, 0, 0, 0];
    let told = tell(&Stun, Transport::Udp, &[(Side::Client, &check), (Side::Client, &channel)]);
    assert!(matches!(told.last, Next::Inside(4)));
    let mut multiplex = vec![0xff, 0x10, 0x00, 0x14];
    multiplex.resize(24, 0x80);
    let told = tell(&Stun, Transport::Udp, &[(Side::Client, &multiplex)]);
    assert!(matches!(told.last, Next::Inside(12)));
    let data = message(0x0016, true, &[(0x0012, &XOR_127_0_0_1_PORT_5000), (0x0013, b"inner")]);
    let told = tell(&Stun, Transport::Udp, &[(Side::Client, &data)]);
    assert!(matches!(told.last, Next::Inside(36)));
}

#[test]
fn what_shares_the_port_is_left_to_others() {
    let check = message(1, true, &[]);
    let rtp = [0x80, 0x60, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4];
    let told = tell(&Stun, Transport::Udp, &[(Side::Client, &check), (Side::Client, &rtp)]);
    assert!(matches!(told.last, Next::NotMine));
}

#[test]
fn streams_are_read_with_and_without_frames_wherever_they_are_split() {
    let check = message(3, true, &[(0x8022, b"libjingle")]);
    let frame = [&u16::try_from(check.len()).unwrap().to_be_bytes()[..], &check].concat();
    for stream in [check, frame] {
        for split in 1..stream.len() {
            let (one, two) = stream.split_at(split);
            let told = tell(&Stun, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&SOFTWARE).as_deref(), Some("libjingle"), "split at {split}");
        }
    }
}

/// What a stream hands over, cut at every place in turn.
fn handed_over(stream: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let payload = |bytes| Payload {
        bytes,
        wire_len: 0,
        other: &[],
        side: Side::Client,
        time: crate::packet::Time(0),
        transport: Transport::Tcp,
        client: crate::inspect::testing::CLIENT,
        server: crate::inspect::testing::SERVER,
    };
    let cut_at = |split: usize| {
        let (mut store, mut signs, mut announced) = Default::default();
        let mut facts = Facts::new(&mut store, &mut signs, &mut announced, 1, 1);
        let mut parser = Stun.parser();
        let mut got = Vec::new();
        for part in [&stream[..split], &stream[split..]] {
            if matches!(parser.feed(&payload(part), &mut facts), Next::Datagrams) {
                got.extend(parser.datagrams());
            }
        }
        got
    };
    (1..stream.len()).map(cut_at).collect()
}

#[test]
fn what_a_relay_passes_on_over_tcp_is_handed_over_wherever_it_is_split() {
    let asked = message(3, true, &[(0x0019, &[17, 0, 0, 0])]);
    let data = message(0x0016, true, &[(0x0012, &XOR_127_0_0_1_PORT_5000), (0x0013, b"check")]);
    // Padded to four bytes over TCP (RFC 8656 §12.5).
    let channel = [0x40, 0x01, 0x00, 0x05, b's', b'o', b'u', b'n', b'd', 0, 0, 0];
    let relayed = [&asked[..], &data, &channel, &channel].concat();
    for got in handed_over(&relayed) {
        assert_eq!(got, [&b"check"[..], b"sound", b"sound"]);
    }
}

#[test]
fn frames_beside_messages_are_handed_over() {
    let check = message(1, true, &[(0x0024, &[0x6e, 0, 1, 0xff])]);
    let framed = [&u16::try_from(check.len()).unwrap().to_be_bytes()[..], &check, &[0, 5], b"sound"].concat();
    for got in handed_over(&framed) {
        assert_eq!(got, [b"sound"]);
    }
}

#[test]
fn an_empty_frame_ends_nothing_and_what_came_before_a_foreign_one_counts() {
    let check = message(1, true, &[(0x0024, &[0x6e, 0, 1, 0xff])]);
    let begun = [&u16::try_from(check.len()).unwrap().to_be_bytes()[..], &check].concat();
    let framed = [&begun[..], &[0, 0], &[0, 5], b"sound", &[0xff; 40]].concat();
    for got in handed_over(&framed) {
        assert_eq!(got, [b"sound"]);
    }
}

#[test]
fn no_bytes_panic() {
    let whole = message(0x0103, true, &[(0x0016, &XOR_127_0_0_1_PORT_5000), (0x0006, b"x")]);
    for end in 0..whole.len() {
        let _ = tell(&Stun, Transport::Udp, &[(Side::Client, &whole[..end])]);
        let _ = tell(&Stun, Transport::Tcp, &[(Side::Client, &whole[..end])]);
    }
}

#[test]
fn without_the_cookie_microsofts_own_cookie_tells_whose_attributes_they_are() {
    let request = |cookie: [u8; 4]| message(3, false, &[(0x000f, &cookie), (0x8008, &[0, 0, 0, 3])]);
    let vendor = |bytes: &[u8]| tell(&Stun, Transport::Udp, &[(Side::Client, bytes)]).text(&VENDOR);
    assert_eq!(vendor(&request([0x72, 0xc6, 0x4b, 0xc6])).as_deref(), Some("microsoft"));
    assert_eq!(vendor(&request([9, 9, 9, 9])), None);
}
