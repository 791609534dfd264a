//! What the gate reads from a frame: a flow behind any tags, options, extensions and fragments, and nothing else.

use super::*;

#[test]
fn tcp_and_sctp_have_ports_and_the_rest_has_none() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let nowhere = (Endpoint { port: 0, ..one }, Endpoint { port: 0, ..other });
        let sctp = [&[0x9c, 0x40, 0, 53][..], &[0; 20]].concat();
        assert_keyed(gate, &ethernet(&[], &frames::segment(one, other, ACK, b"")), one, other, TCP);
        assert_keyed(gate, &ethernet(&[], &frames::packet(one, other, SCTP, &sctp)), one, other, SCTP);
        for proto in [1, 47, 50] {
            let frame = ethernet(&[], &frames::packet(one, other, proto, &[8; 16]));
            assert_keyed(gate, &frame, nowhere.0, nowhere.1, proto);
        }
    });
}

#[test]
fn vlan_tags_up_to_three_deep_are_read_through() {
    let stacks: [&[(u16, u16)]; 3] =
        [&[(0x8100, 7)], &[(0x88a8, 100), (0x8100, 7)], &[(0x88a8, 1), (0x8100, 2), (0x8100, 3)]];
    for tags in stacks {
        with_gate(|gate| {
            let (one, other) = ends6();
            assert_keyed(gate, &ethernet(tags, &frames::datagram(one, other, b"hi")), one, other, UDP);
        });
    }
}

#[test]
fn a_packet_is_read_the_same_without_a_detour_and_behind_tags_or_padding() {
    let Some(mut gate) = trial(&peergate_datapath::bridge::BridgeConfig { whole: 0, ..config() }) else { return };
    let mut read = |frame: &[u8]| {
        action(&mut gate, frame);
        let mut read = Vec::new();
        gate.drain(Duration::ZERO, |_, sample| {
            let seen = sample.seen();
            read.push((seen.key, seen.direction, seen.payload_len, seen.tcp_flags, seen.head));
        })
        .unwrap();
        read
    };
    for (one, other) in [ends4(), ends6()] {
        for (src, dst) in [(one, other), (other, one)] {
            for payload in [&b""[..], &[7; 5], &[7; 40]] {
                for packet in [frames::datagram(src, dst, payload), frames::segment(src, dst, ACK, payload)] {
                    let plain = read(&ethernet(&[], &packet));
                    let [(flow, _, length, ..)] = plain[..] else { panic!("{plain:?}") };
                    assert_eq!((flow, length as usize), (key(one, other, flow.proto), payload.len()));
                    assert_eq!(read(&ethernet(&[(0x88a8, 100), (0x8100, 7)], &packet)), plain);
                    assert_eq!(read(&[ethernet(&[], &packet), vec![0; 30]].concat()), plain);
                }
            }
        }
    }
}

#[test]
fn ipv4_options_move_the_ports() {
    with_gate(|gate| {
        let (one, other) = ends4();
        for length in [4, 20, 40] {
            let header = V4 { options: &[1; 40][..length], ..V4::default() };
            let one = Endpoint { port: length as u16, ..one };
            let frame = ethernet(&[], &frames::ipv4(one, other, UDP, &header, &frames::udp(one, other, b"x")));
            assert_keyed(gate, &frame, one, other, UDP);
        }
    });
}

#[test]
fn ipv6_extension_headers_are_skipped() {
    with_gate(|gate| {
        let (one, other) = ends6();
        let udp = frames::udp(one, other, b"x");
        let chain = frames::extension(60, &frames::extension(43, &frames::extension(UDP, &udp)));
        assert_keyed(gate, &ethernet(&[], &frames::ipv6(one, other, 0, &chain)), one, other, UDP);
    });
}

#[test]
fn an_endless_chain_of_extension_headers_is_malformed_and_passes() {
    with_gate(|gate| {
        let (one, other) = ends6();
        let mut chain = frames::extension(60, &[]);
        for _ in 0..20 {
            chain = frames::extension(60, &chain);
        }
        assert_eq!(action(gate, &ethernet(&[], &frames::ipv6(one, other, 60, &chain))), PASSED);
        assert_eq!(gate.tables().stats().unwrap().malformed, 1);
    });
}

#[test]
fn later_ipv4_fragments_follow_their_first() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let udp = frames::udp(one, other, &[7; 64]);
        let part = |fragment, bytes: &[u8]| {
            ethernet(&[], &frames::ipv4(one, other, UDP, &V4 { id: 9, fragment, ..V4::default() }, bytes))
        };
        let (first, last) = (part(0x2000, &udp[..32]), part(4, &udp[32..]));
        assert_eq!(action(gate, &last), PASSED, "its first was not seen");
        assert_eq!(gate.tables().stats().unwrap().orphan_fragments, 1);
        block(gate, one, other, UDP);
        assert_eq!(action(gate, &first), DROPPED);
        assert_eq!(action(gate, &last), DROPPED);
    });
}

#[test]
fn later_ipv6_fragments_follow_their_first() {
    with_gate(|gate| {
        let (one, other) = ends6();
        let udp = frames::udp(one, other, &[7; 64]);
        let part = |offset, more, bytes: &[u8]| {
            ethernet(&[], &frames::ipv6(one, other, 44, &frames::fragment(UDP, offset, more, 5, bytes)))
        };
        block(gate, one, other, UDP);
        assert_eq!(action(gate, &part(0, true, &udp[..32])), DROPPED);
        assert_eq!(action(gate, &part(4, false, &udp[32..])), DROPPED);
        let stranger = ethernet(&[], &frames::ipv6(one, other, 44, &frames::fragment(UDP, 4, false, 6, &udp[32..])));
        assert_eq!(action(gate, &stranger), PASSED, "another packet's fragment");
    });
}

#[test]
fn what_is_not_ip_passes() {
    with_gate(|gate| {
        for kind in [0x0806, 0x88cc, 0x8809, 0x0026] {
            assert_eq!(action(gate, &frames::ethernet_of(&[], kind, &[0; 46])), PASSED, "{kind:#x}");
        }
        assert_eq!(gate.tables().stats().unwrap().passed_not_ip, 4);
    });
}

#[test]
fn pause_frames_stay_on_their_link_in_wire_mode() {
    let Some(mut gate) = trial(&peergate_datapath::bridge::BridgeConfig { mode: Mode::Wire, ..config() }) else {
        return;
    };
    assert_eq!(action(&mut gate, &frames::ethernet_of(&[], 0x8808, &[0; 46])), DROPPED);
    assert_eq!(action(&mut gate, &frames::ethernet_of(&[], 0x8809, &[0; 46])), REDIRECTED, "LACP");
}

#[test]
fn every_truncation_passes_and_none_is_taken_for_a_flow() {
    with_gate(|gate| {
        let (one, other) = ends6();
        let chain = frames::extension(UDP, &frames::udp(one, other, b""));
        let whole = ethernet(&[(0x88a8, 1), (0x8100, 2)], &frames::ipv6(one, other, 60, &chain));
        // Four bytes of UDP make a key: what follows them may be missing.
        for length in 14..whole.len() - 4 {
            assert_eq!(action(gate, &whole[..length]), PASSED, "cut at {length}");
        }
        let mut flows = 0;
        gate.tables().flow_counters(&mut |_, _| flows += 1).unwrap();
        assert_eq!(flows, 0);
    });
}

#[test]
fn garbage_behind_an_ethernet_header_passes() {
    with_gate(|gate| {
        let mut state = 0x9e37_79b9_u32;
        for round in 0..2000 {
            let mut noise = [0; 80];
            for byte in &mut noise {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (state >> 24) as u8;
            }
            // Behind a tag, because the kernel itself refuses to run bare IP frames that are too short.
            noise[2..4].copy_from_slice(&[[8, 0], [0x86, 0xdd], [0x81, 0]][round % 3]);
            let length = 1 + round % 79;
            assert_eq!(action(gate, &frames::ethernet_of(&[], 0x88a8, &noise[..length])), PASSED);
        }
    });
}

/// PPPoE's version, code, session and length, and PPP's protocol.
fn pppoe(packet: &[u8]) -> Vec<u8> {
    let proto = if packet[0] >> 4 == 6 { [0x00, 0x57] } else { [0x00, 0x21] };
    let length = (packet.len() as u16 + 2).to_be_bytes();
    [&[0x11, 0, 0, 7], &length[..], &proto, packet].concat()
}

#[test]
fn pppoe_and_labels_are_read_through() {
    for (one, other) in [ends4(), ends6()] {
        let packet = frames::datagram(one, other, b"hi");
        let labels = [&[0, 1, 0x40, 64, 0, 2, 0x41, 64], &packet[..]].concat();
        let wrapped = [(0x8864, pppoe(&packet)), (0x8847, labels)];
        for (kind, packet) in &wrapped {
            for tags in [&[][..], &[(0x8100, 7)]] {
                with_gate(|gate| assert_keyed(gate, &frames::ethernet_of(tags, *kind, packet), one, other, UDP));
            }
        }
    }
}

#[test]
fn sessions_and_labels_that_carry_no_ip_pass() {
    with_gate(|gate| {
        // PPP's link control, a label stack without an end, a pseudowire's control word.
        let others = [
            (0x8864, vec![0x11, 0, 0, 7, 0, 4, 0xc0, 0x21, 1, 1]),
            (0x8847, vec![0; 64]),
            (0x8847, vec![0, 0, 1, 64, 0]),
        ];
        for (kind, packet) in others {
            assert_eq!(action(gate, &frames::ethernet_of(&[], kind, &packet)), PASSED);
        }
        assert_eq!(gate.tables().stats().unwrap().passed_not_ip, 3);
    });
}
