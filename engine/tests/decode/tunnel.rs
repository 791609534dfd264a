//! Tunnels: the outer packet as a flow of its own, then what is inside.

use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType};

use crate::build::{ethernet, join, tag, udp, v4, v6, GRE, IPV4, IPV6, IPV6_IN_IP, IP_IN_IP, UDP};
use crate::seen::{frame, lines, lines_with, malformed};

const LINK: LinkType = LinkType::RawIp;
const INSIDE: &str = "1 udp 192.0.2.1/5000 > 198.51.100.7/53: hello";
const INSIDE6: &str = "1 udp 2001:db8::1/5000 > 2001:db8::7/53: hello";

fn hello() -> Vec<u8> {
    v4(UDP, &udp(5000, 53, b"hello"))
}

fn hello6() -> Vec<u8> {
    v6(UDP, &udp(5000, 53, b"hello"))
}

/// What is seen inside a packet of this protocol.
fn inside(protocol: u8, payload: &[u8]) -> Vec<String> {
    let mut seen = lines(LINK, &v4(protocol, payload));
    assert!(seen.remove(0).starts_with("0 "), "the tunnel itself comes first");
    seen
}

#[test]
fn ip_in_ip_and_6in4_give_what_is_inside() {
    assert_eq!(inside(IP_IN_IP, &hello()), [INSIDE]);
    assert_eq!(inside(IPV6_IN_IP, &hello6()), [INSIDE6]);
    let seen = lines(LINK, &v6(IP_IN_IP, &hello()));
    assert_eq!(seen, ["0 4 2001:db8::1/0 > 2001:db8::7/0: 33 bytes", INSIDE]);
}

#[test]
fn gre_gives_what_is_inside_whatever_its_options() {
    let gre = |flags: u16, options: &[u8], protocol: u16, inner: &[u8]| {
        inside(GRE, &join(&[&flags.to_be_bytes(), &protocol.to_be_bytes(), options, inner]))
    };
    let bridged = ethernet(IPV4, &hello());
    assert_eq!(gre(0, &[], IPV4, &hello()), [INSIDE]);
    assert_eq!(gre(0x2000, &[0; 4], IPV6, &hello6()), [INSIDE6]);
    assert_eq!(gre(0xb000, &[0; 12], IPV4, &hello()), [INSIDE]);
    let route = [&[0; 4][..], &[8, 0, 0, 4, 192, 0, 2, 9], &[0; 4]].concat();
    assert_eq!(gre(0x4000, &route, IPV4, &hello()), [INSIDE]);
    assert_eq!(gre(0x2000, &[0; 4], 0x6558, &bridged), [INSIDE]);
    // The three forms of mirrored traffic.
    assert_eq!(gre(0, &[], 0x88be, &bridged), [INSIDE]);
    assert_eq!(gre(0x1000, &[0; 4], 0x88be, &join(&[&[0x10; 8], &bridged])), [INSIDE]);
    assert_eq!(gre(0x1000, &[0; 4], 0x22eb, &join(&[&[0x20; 11], &[1; 9], &bridged])), [INSIDE]);
    // PPTP, with a sequence and an acknowledgment number.
    assert_eq!(gre(0x3081, &[0; 12], 0x880b, &join(&[&[0xff, 3, 0, 0x21], &hello()])), [INSIDE]);
    assert!(gre(0x2081, &[0; 8], 0x880b, &[]).is_empty());
}

#[test]
fn vxlan_is_believed_only_with_its_strict_header() {
    let vxlan = |header: [u8; 8]| inside(UDP, &udp(50000, 4789, &join(&[&header, &ethernet(IPV4, &hello())])));
    assert_eq!(vxlan([8, 0, 0, 0, 0, 0, 42, 0]), [INSIDE]);
    assert!(vxlan([8, 0, 0, 1, 0, 0, 42, 0]).is_empty());
    assert!(vxlan([9, 0, 0, 0, 0, 0, 42, 0]).is_empty());
}

#[test]
fn gtp_carries_packets_behind_its_options() {
    let gtp = |first: u8, options: &[u8]| {
        let body = join(&[options, &hello()]);
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        inside(UDP, &udp(2152, 2152, &join(&[&[first, 255], &len, &[0, 0, 0, 1], &body])))
    };
    assert_eq!(gtp(0x30, &[]), [INSIDE]);
    assert_eq!(gtp(0x32, &[0, 9, 0, 0]), [INSIDE]);
    // The session container of 5G.
    assert_eq!(gtp(0x34, &[0, 0, 0, 0x85, 1, 0x10, 9, 0]), [INSIDE]);
    // An extension header that is no longer than nothing.
    assert!(gtp(0x34, &[0, 0, 0, 0x85, 0, 0x10, 9, 0]).is_empty());
    // Version 2 has no user plane.
    assert!(gtp(0x48, &[]).is_empty());
}

#[test]
fn teredo_carries_ipv6_behind_its_indications() {
    let mut bubble = hello6();
    bubble[8..12].copy_from_slice(&[0x20, 0x01, 0, 0]);
    let expected = "1 udp 2001::1/5000 > 2001:db8::7/53: hello";
    let authentication = [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let origin = [0, 0, 0xec, 0x77, 0x3f, 0xff, 0xfd, 0xfe];
    for before in [vec![], origin.to_vec(), authentication.to_vec(), join(&[&authentication, &origin])] {
        assert_eq!(inside(UDP, &udp(3544, 51000, &join(&[&before, &bubble]))), [expected]);
    }
    // Neither address is one that Teredo uses; and a length that does not fill the datagram.
    assert!(inside(UDP, &udp(3544, 51000, &hello6())).is_empty());
    assert!(inside(UDP, &udp(3544, 51000, &join(&[&bubble, &[0]]))).is_empty());
}

#[test]
fn l2tp_carries_ppp() {
    let ppp = join(&[&[0xff, 3, 0, 0x21], &hello()]);
    let l2tp = |header: &[u8]| inside(UDP, &udp(1701, 1701, &join(&[header, &ppp])));
    assert_eq!(l2tp(&[0, 2, 0, 1, 0, 1]), [INSIDE]);
    let len = u8::try_from(ppp.len() + 12).unwrap();
    assert_eq!(l2tp(&[0x48, 2, 0, len, 0, 1, 0, 1, 0, 0, 0, 0]), [INSIDE]);
    assert_eq!(l2tp(&[2, 2, 0, 1, 0, 1, 0, 2, 0xaa, 0xaa]), [INSIDE]);
    // A control message, and version 3.
    assert!(l2tp(&[0xc8, 2, 0, 20, 0, 1, 0, 1]).is_empty());
    assert!(l2tp(&[0, 3, 0, 1, 0, 1]).is_empty());
}

#[test]
fn lengths_inside_a_tunnel_survive_a_cut() {
    let inner = v4(UDP, &udp(1, 2, &[7; 900]));
    let bytes = ethernet(IPV4, &v4(IP_IN_IP, &inner));
    let cut = Frame { bytes: &bytes[..80], ..frame(LinkType::Ethernet, &bytes) };
    let mut lens = Vec::new();
    let mut decoder = Decoder::default();
    decoder.decode(&cut, &mut |packet| lens.push((packet.wire_len, packet.payload_len)));
    assert_eq!((lens, malformed(&decoder)), (vec![(962, 928), (928, 900)], vec![]));
}

#[test]
fn tags_belong_to_the_packet_that_they_are_in_front_of() {
    let inner = ethernet(0x8100, &tag(7, IPV4, &hello()));
    let outer = v4(UDP, &udp(50000, 4789, &join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &inner])));
    let mut vlans = Vec::new();
    let bytes = ethernet(0x8100, &tag(100, IPV4, &outer));
    Decoder::default().decode(&frame(LinkType::Ethernet, &bytes), &mut |packet| vlans.push(packet.vlan));
    assert_eq!(vlans, [[100, 0], [7, 0]]);
}

#[test]
fn endless_tunnels_are_given_up_with_a_reason() {
    let endless = (0..30).fold(hello(), |inner, _| v4(IP_IN_IP, &inner));
    let mut decoder = Decoder::default();
    assert_eq!(lines_with(&mut decoder, &frame(LINK, &endless)).len(), 5);
    assert_eq!(malformed(&decoder), [("too_many_tunnels", 1)]);
}
