//! Every kind of link, tag and label in front of the same packet.

use peergate_engine::decode::Decoder;
use peergate_engine::packet::LinkType;

use crate::build::{ethernet, join, snap, tag, udp, v4, v6, IPV4, IPV6, UDP};
use crate::seen::{frame, lines, lines_with, malformed, HELLO, HELLO6};

fn hello() -> Vec<u8> {
    v4(UDP, &udp(5000, 53, b"hello"))
}

fn hello6() -> Vec<u8> {
    v6(UDP, &udp(5000, 53, b"hello"))
}

fn vlan_of(bytes: &[u8]) -> [u16; 2] {
    let mut vlan = [u16::MAX; 2];
    Decoder::default().decode(&frame(LinkType::Ethernet, bytes), &mut |packet| vlan = packet.vlan);
    vlan
}

#[test]
fn every_link_type_leads_to_the_packet() {
    let cooked = |protocol: u16| join(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0], &protocol.to_be_bytes()]);
    let cooked2 =
        |protocol: u16| join(&[&protocol.to_be_bytes(), &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]]);
    let cases: [(LinkType, Vec<u8>, Vec<u8>); 14] = [
        (LinkType::Ethernet, ethernet(IPV4, &[]), ethernet(IPV6, &[])),
        (LinkType::RawIp, vec![], vec![]),
        // The address family in either byte order.
        (LinkType::Loopback, vec![2, 0, 0, 0], vec![30, 0, 0, 0]),
        (LinkType::Loopback, vec![0, 0, 0, 2], vec![0, 0, 0, 24]),
        // With and without the HDLC bytes, the protocol whole or compressed.
        (LinkType::Ppp, vec![0xff, 3, 0, 0x21], vec![0xff, 3, 0, 0x57]),
        (LinkType::Ppp, vec![0, 0x21], vec![0, 0x57]),
        (LinkType::Ppp, vec![0x21], vec![0x57]),
        (LinkType::Ppp, vec![0x0f, 0, 8, 0], vec![0x0f, 0, 0x86, 0xdd]),
        (LinkType::CiscoHdlc, vec![0x0f, 0, 8, 0], vec![0x8f, 0, 0x86, 0xdd]),
        (LinkType::LinuxSll, cooked(IPV4), cooked(IPV6)),
        (LinkType::LinuxSll2, cooked2(IPV4), cooked2(IPV6)),
        (LinkType::Ieee80211, wireless(0x08, 0x01, &[]), wireless(0x88, 0x02, &[0, 0])),
        // Between access points: a fourth address.
        (LinkType::Ieee80211, wireless(0x08, 0x03, &[9; 6]), wireless(0x88, 0x03, &[0; 8])),
        (LinkType::Radiotap, radiotap(false), radiotap(true)),
    ];
    for (link, before, before6) in cases {
        let (four, six) = match link {
            LinkType::Ieee80211 | LinkType::Radiotap => (snap(IPV4, &hello()), snap(IPV6, &hello6())),
            _ => (hello(), hello6()),
        };
        assert_eq!(lines(link, &join(&[&before, &four])), [HELLO], "{link:?} {before:02x?}");
        assert_eq!(lines(link, &join(&[&before6, &six])), [HELLO6], "{link:?} {before6:02x?}");
    }
}

fn wireless(control: u8, flags: u8, behind: &[u8]) -> Vec<u8> {
    join(&[&[control, flags, 0, 0], &[2; 18], &[0x10, 0], behind])
}

/// With a clock, flags and, in the second form, another word of fields; there the frame's header is padded.
fn radiotap(padded: bool) -> Vec<u8> {
    if padded {
        let header = [&[0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0][..], &[1; 8], &[0x20]].concat();
        return join(&[&header, &wireless(0x88, 0x01, &[0, 0]), &[0, 0]]);
    }
    join(&[&[0, 0, 17, 0, 3, 0, 0, 0], &[1; 8], &[0], &wireless(0x08, 0x01, &[])])
}

#[test]
fn wireless_frames_that_cannot_be_read_are_no_packets() {
    let body = snap(IPV4, &hello());
    for (control, flags) in [(0x08, 0x41), (0x48, 0x01), (0x80, 0x00), (0x08, 0x05)] {
        let mut decoder = Decoder::default();
        let bytes = join(&[&wireless(control, flags, &[]), &body]);
        assert!(lines_with(&mut decoder, &frame(LinkType::Ieee80211, &bytes)).is_empty());
        assert_eq!(decoder.counts().not_ip, 1);
    }
}

#[test]
fn several_wireless_frames_in_one_give_the_first() {
    let aggregate = join(&[&wireless(0x88, 0x01, &[0x80, 0]), &[2; 12], &[0, 45], &snap(IPV4, &hello())]);
    assert_eq!(lines(LinkType::Ieee80211, &aggregate), [HELLO]);
}

#[test]
fn vlan_tags_are_written_down_outer_first() {
    let one = ethernet(0x8100, &tag(7, IPV4, &hello()));
    assert_eq!(vlan_of(&one), [7, 0]);
    let two = ethernet(0x88a8, &tag(100, 0x8100, &tag(7, IPV4, &hello())));
    assert_eq!(vlan_of(&two), [100, 7]);
    let three = ethernet(0x9100, &tag(1, 0x8100, &tag(2, 0x8100, &tag(3, IPV4, &hello()))));
    assert_eq!(vlan_of(&three), [1, 2]);
    assert_eq!(lines(LinkType::Ethernet, &three), [HELLO]);
}

#[test]
fn endless_tags_are_given_up_with_a_reason() {
    let mut bytes = hello();
    for _ in 0..100 {
        bytes = tag(1, 0x8100, &bytes);
    }
    let mut decoder = Decoder::default();
    assert!(lines_with(&mut decoder, &frame(LinkType::Ethernet, &ethernet(0x8100, &bytes))).is_empty());
    assert_eq!(malformed(&decoder), [("too_many_tags", 1)]);
}

#[test]
fn pppoe_sessions_and_labels_lead_to_the_packet() {
    let len = u16::try_from(hello().len() + 2).unwrap();
    let pppoe = join(&[&[0x11, 0, 0, 9], &len.to_be_bytes(), &[0, 0x21], &hello()]);
    assert_eq!(lines(LinkType::Ethernet, &ethernet(0x8864, &pppoe)), [HELLO]);

    let labels = [0, 1, 0x20, 64, 0, 2, 0x31, 64];
    assert_eq!(lines(LinkType::Ethernet, &ethernet(0x8847, &join(&[&labels, &hello6()]))), [HELLO6]);
    let pseudo_wire = join(&[&labels, &[0, 0, 0, 0], &ethernet(0x8100, &tag(5, IPV4, &hello()))]);
    assert_eq!(lines(LinkType::Ethernet, &ethernet(0x8847, &pseudo_wire)), [HELLO]);
}

#[test]
fn llc_leads_to_the_packet_or_to_nothing() {
    let framed = |body: &[u8]| ethernet(u16::try_from(body.len()).unwrap(), body);
    assert_eq!(lines(LinkType::Ethernet, &framed(&snap(IPV4, &hello()))), [HELLO]);
    assert_eq!(lines(LinkType::Ethernet, &framed(&join(&[&[6, 6, 3], &hello()]))), [HELLO]);
    // Spanning tree.
    assert!(lines(LinkType::Ethernet, &framed(&[0x42, 0x42, 3, 0, 0, 0, 0, 0])).is_empty());
}

#[test]
fn address_resolution_is_no_packet_and_nothing_malformed() {
    let mut decoder = Decoder::default();
    assert!(lines_with(&mut decoder, &frame(LinkType::Ethernet, &ethernet(0x0806, &[0; 28]))).is_empty());
    assert_eq!((decoder.counts().not_ip, malformed(&decoder)), (1, vec![]));
}
