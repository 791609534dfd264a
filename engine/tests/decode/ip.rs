//! IP headers and transports: what counts as payload, and how long it was on the wire.

use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType, Packet, TcpHeader, Time};

use crate::build::{
    ethernet, extension, join, tcp, udp, v4, v6, v6_part, AUTHENTICATION, ICMP, ICMP6, IPV4, SCTP, TCP, UDP, UDP_LITE,
};
use crate::seen::{frame, lines, lines_with, malformed, HELLO, HELLO6};

const LINK: LinkType = LinkType::RawIp;

/// The first packet of a frame, less its borrowed payload.
fn first(frame: &Frame<'_>) -> Packet<'static> {
    let mut found = None;
    Decoder::default().decode(frame, &mut |packet| {
        found.get_or_insert(Packet { payload: &[], ..*packet });
    });
    found.unwrap()
}

#[test]
fn tcp_tells_numbers_and_flags() {
    let packet = first(&frame(LINK, &v4(TCP, &tcp(40000, 443, 0x18, b"abc"))));
    assert_eq!(packet.tcp, TcpHeader { seq: 1000, ack: 2000, flags: 0x18 });
    assert_eq!((packet.payload_len, packet.wire_len, packet.port, packet.time), (3, 43, 3, Time(Time::SECOND)));
}

#[test]
fn tcp_options_are_no_payload() {
    let mut segment = tcp(1, 2, 0x10, &join(&[&[1; 12], b"data"]));
    segment[12] = 0x80;
    assert_eq!(lines(LINK, &v4(TCP, &segment)), ["0 tcp 192.0.2.1/1 > 198.51.100.7/2: data"]);
}

#[test]
fn every_transport_gives_its_ports() {
    let ports = [0x13, 0x88, 0, 53];
    assert_eq!(
        lines(LINK, &v4(SCTP, &join(&[&ports, &[0; 8], b"chunk"]))),
        ["0 sctp 192.0.2.1/5000 > 198.51.100.7/53: chunk"]
    );
    assert_eq!(
        lines(LINK, &v4(UDP_LITE, &join(&[&ports, &[0, 8, 0, 0], b"lite"]))),
        ["0 136 192.0.2.1/5000 > 198.51.100.7/53: lite"]
    );
    assert_eq!(lines(LINK, &v4(89, &[1; 24])), ["0 89 192.0.2.1/0 > 198.51.100.7/0: 24 bytes"]);
}

#[test]
fn an_icmp_error_is_one_flow_not_two() {
    let quoted = v4(UDP, &udp(5000, 53, b"hello"));
    let lines4 = lines(LINK, &v4(ICMP, &join(&[&[3, 3, 0, 0, 0, 0, 0, 0], &quoted])));
    assert_eq!(lines4, ["0 icmp 192.0.2.1/0 > 198.51.100.7/0: 41 bytes"]);
    let lines6 = lines(LINK, &v6(ICMP6, &join(&[&[1, 4, 0, 0, 0, 0, 0, 0], &quoted])));
    assert_eq!(lines6, ["0 icmp6 2001:db8::1/0 > 2001:db8::7/0: 41 bytes"]);
}

#[test]
fn ip_options_and_extension_headers_are_passed() {
    let mut with_options = v4(UDP, &join(&[&[1; 8], &udp(5000, 53, b"hello")]));
    with_options[0] = 0x47;
    assert_eq!(lines(LINK, &with_options), [HELLO]);

    let routed = extension(43, &extension(60, &extension(UDP, &udp(5000, 53, b"hello"))));
    assert_eq!(lines(LINK, &v6(0, &routed)), [HELLO6]);
}

#[test]
fn endless_extension_headers_are_given_up_with_a_reason() {
    let endless = (0..20).fold(udp(1, 2, b""), |inner, _| extension(60, &inner));
    let mut decoder = Decoder::default();
    assert!(lines_with(&mut decoder, &frame(LINK, &v6(60, &endless))).is_empty());
    assert_eq!(malformed(&decoder), [("too_many_extension_headers", 1)]);
}

#[test]
fn an_atomic_fragment_is_whole() {
    let atomic = v6_part(UDP, 1, 0, false, &udp(5000, 53, b"hello"));
    assert_eq!(lines(LINK, &atomic), [HELLO6]);
}

#[test]
fn an_authentication_header_is_a_flow_with_another_inside() {
    let header = [UDP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
    let seen = lines(LINK, &v4(AUTHENTICATION, &join(&[&header, &udp(5000, 53, b"hello")])));
    assert_eq!(seen, ["0 51 192.0.2.1/0 > 198.51.100.7/0: 37 bytes", "1 udp 192.0.2.1/5000 > 198.51.100.7/53: hello"]);
}

#[test]
fn padding_is_no_payload() {
    let padded = join(&[&ethernet(IPV4, &v4(TCP, &tcp(1, 2, 0x10, b""))), &[0xee; 6]]);
    let packet = first(&frame(LinkType::Ethernet, &padded));
    assert_eq!((packet.payload_len, packet.wire_len), (0, 60));

    let trailed = v4(UDP, &join(&[&udp(5000, 53, b"hello"), b"behind the length"]));
    assert_eq!(lines(LINK, &trailed), [HELLO]);
}

#[test]
fn a_cut_frame_keeps_its_lengths_on_the_wire() {
    let bytes = ethernet(IPV4, &v4(TCP, &tcp(1, 2, 0x10, &[7; 1000])));
    let whole = frame(LinkType::Ethernet, &bytes);
    // Inside the payload, and inside the TCP header, behind the flags.
    for captured in [100, 48] {
        let cut = Frame { bytes: &bytes[..captured], ..whole };
        let packet = first(&cut);
        assert_eq!((packet.payload_len, packet.wire_len, packet.tcp.flags), (1000, 1054, 0x10));
    }
}

#[test]
fn a_super_packet_without_a_length_reaches_to_the_end_of_its_frame() {
    let mut bytes = v4(TCP, &tcp(1, 2, 0x10, &[7; 3000]));
    bytes[2..4].fill(0);
    let cut = Frame { bytes: &bytes[..200], ..frame(LINK, &bytes) };
    assert_eq!(first(&cut).payload_len, 3000);
}

#[test]
fn a_packet_that_claims_more_than_its_frame_is_read_as_far_as_it_goes() {
    let mut bytes = v4(UDP, &udp(5000, 53, b"hello"));
    bytes[2..4].copy_from_slice(&1400_u16.to_be_bytes());
    let mut decoder = Decoder::default();
    assert_eq!(lines_with(&mut decoder, &frame(LINK, &bytes)), [HELLO]);
    assert_eq!(malformed(&decoder), [("contradicting_lengths", 1)]);
}

#[test]
fn every_bad_header_has_its_reason() {
    let good = v4(TCP, &tcp(1, 2, 0x10, b"data"));
    let spoilt = |place: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[place] = value;
        bytes
    };
    let cases = [
        (good[..19].to_vec(), "truncated"),
        (good[..30].to_vec(), "truncated"),
        (spoilt(0, 0x55), "bad_ip_version"),
        (spoilt(0, 0x44), "bad_header_length"),
        (spoilt(3, 12), "bad_header_length"),
        (spoilt(32, 0x40), "bad_header_length"),
        (spoilt(32, 0xf0), "bad_header_length"),
        (v4(UDP, &[0, 1, 0, 2, 0, 7, 0, 0]), "bad_header_length"),
    ];
    for (bytes, reason) in cases {
        let mut decoder = Decoder::default();
        let long = Frame { wire_len: 1500, ..frame(LINK, &bytes) };
        assert!(lines_with(&mut decoder, &long).is_empty(), "{reason}");
        assert_eq!(malformed(&decoder), [(reason, 1)]);
    }
}
