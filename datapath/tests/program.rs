//! The kernel part, frame in and action out, by BPF_PROG_TEST_RUN: nothing is attached and nothing is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use std::thread::sleep;
use std::time::Duration;

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Fail, Mode};
use peergate_datapath::gate::Gate;
use peergate_datapath::sample::{Direction, Sample};
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::{Towards, Verdict};
use peergate_engine::packet::{Endpoint, Time};

use support::frames::{self, ethernet, key, v4, v6, A4, A6, ACK, B4, B6, SCTP, SYN, TCP, UDP, V4};
use support::{action, config, trial, DROPPED, PASSED, REDIRECTED};

const DROP: Verdict = Verdict::lasting(Action::Drop);

/// Runs `test` on a fresh gate, if there can be one here.
fn with_gate(test: impl FnOnce(&mut Gate)) {
    if let Some(mut gate) = trial(&config()) {
        test(&mut gate);
    }
}

fn block(gate: &mut Gate, one: Endpoint, other: Endpoint, proto: u8) {
    gate.tables().set_verdict(&key(one, other, proto), &DROP).unwrap();
}

fn ends4() -> (Endpoint, Endpoint) {
    (v4(A4, 40000), v4(B4, 53))
}

fn ends6() -> (Endpoint, Endpoint) {
    (v6(A6, 40000), v6(B6, 53))
}

/// A drop verdict for the flow stops the frame, so the gate has read the right key from it.
fn assert_keyed(gate: &mut Gate, frame: &[u8], one: Endpoint, other: Endpoint, proto: u8) {
    assert_eq!(action(gate, frame), PASSED, "undecided");
    block(gate, one, other, proto);
    assert_eq!(action(gate, frame), DROPPED, "decided");
}

#[test]
fn undecided_flows_pass_and_blocked_ones_do_not() {
    with_gate(|gate| {
        for (one, other) in [ends4(), ends6()] {
            assert_keyed(gate, &ethernet(&[], &frames::datagram(one, other, b"hi")), one, other, UDP);
            let back = ethernet(&[], &frames::datagram(other, one, b"hi"));
            assert_eq!(action(gate, &back), DROPPED, "the other direction is the same flow");
        }
    });
}

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
fn wire_mode_redirects_what_bridge_mode_passes() {
    let Some(mut gate) = trial(&peergate_datapath::bridge::BridgeConfig { mode: Mode::Wire, ..config() }) else {
        return;
    };
    let (one, other) = ends4();
    let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
    assert_eq!(action(&mut gate, &frame), REDIRECTED);
    block(&mut gate, one, other, UDP);
    assert_eq!(action(&mut gate, &frame), DROPPED);
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

#[test]
fn alert_passes_and_reject_drops_and_shows_what_it_drops() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let frame = ethernet(&[], &frames::segment(one, other, ACK, &[1; 500]));
        let flow = key(one, other, TCP);
        gate.tables().set_verdict(&flow, &Verdict::lasting(Action::Alert)).unwrap();
        assert_eq!(action(gate, &frame), PASSED);
        gate.tables().set_verdict(&flow, &Verdict::lasting(Action::Reject)).unwrap();
        assert_eq!(action(gate, &frame), DROPPED);
        assert_eq!(action(gate, &frame), DROPPED, "shown once in a while only");
        assert_eq!(gate.tables().stats().unwrap().copied_refused, 1);
    });
}

#[test]
fn an_expired_verdict_is_none() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
        gate.tables().set_verdict(&key(one, other, UDP), &Verdict { expires: Time(1), ..DROP }).unwrap();
        assert_eq!(action(gate, &frame), PASSED);
        assert_eq!(gate.tables().stats().unwrap().stale_verdicts, 1);
    });
}

#[test]
fn a_new_generation_makes_verdicts_stale_and_shows_packets_again() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
        let shown = |gate: &mut Gate| gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        for _ in 0..20 {
            action(gate, &frame);
        }
        assert_eq!(shown(gate), 20);
        block(gate, one, other, UDP);
        gate.tables().bump_generation().unwrap();
        assert_eq!(action(gate, &frame), PASSED);
        let mut whole = 0;
        gate.drain(Duration::ZERO, |_, sample| whole += usize::from(matches!(sample, Sample::Whole(..)))).unwrap();
        assert_eq!(whole, 1);
    });
}

#[test]
fn verdicts_prepared_for_the_next_generation_hold_before_and_after() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
        gate.tables().prepare_generation();
        block(gate, one, other, UDP);
        assert_eq!(action(gate, &frame), DROPPED);
        gate.tables().bump_generation().unwrap();
        assert_eq!(action(gate, &frame), DROPPED);
    });
}

#[test]
fn a_pass_is_not_inherited_by_the_next_connection() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let send = |gate: &mut Gate, flags| action(gate, &ethernet(&[], &frames::segment(one, other, flags, b"")));
        send(gate, SYN);
        send(gate, ACK);
        gate.tables().set_verdict(&key(one, other, TCP), &Verdict::lasting(Action::Pass)).unwrap();
        gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        send(gate, ACK);
        assert_eq!(gate.drain(Duration::ZERO, |_, _| ()).unwrap(), 0, "decided");
        send(gate, SYN);
        assert_eq!(gate.drain(Duration::ZERO, |_, _| ()).unwrap(), 1, "shown again");
    });
}

#[test]
fn a_learned_endpoint_stops_new_flows_of_the_groups_it_is_meant_for() {
    with_gate(|gate| {
        let node = v4(B4, 33445);
        let student = v4([10, 1, 0, 5].into(), 50000);
        let teacher = v4([10, 2, 0, 5].into(), 50000);
        let groups = [(v4([10, 1, 0, 0].into(), 0).addr, 16, 1), (v4([10, 2, 0, 0].into(), 0).addr, 16, 2)];
        gate.tables().set_groups(&groups).unwrap();
        gate.tables().set_endpoint(node, UDP, &DROP, Towards::NOBODY.and(1)).unwrap();
        let try_from = |gate: &mut Gate, who| action(gate, &ethernet(&[], &frames::datagram(who, node, b"hi")));
        assert_eq!(try_from(gate, student), DROPPED);
        assert_eq!(try_from(gate, teacher), PASSED);
        gate.tables().set_groups(&[(v4([10, 2, 0, 0].into(), 0).addr, 16, 1)]).unwrap();
        assert_eq!(try_from(gate, teacher), DROPPED, "the groups changed under a live flow");
        gate.tables().forget_endpoint(node, UDP).unwrap();
        assert_eq!(try_from(gate, teacher), PASSED);
    });
}

#[test]
fn a_live_flow_is_stopped_when_its_endpoint_is_learned() {
    with_gate(|gate| {
        let (one, other) = ends6();
        let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
        assert_eq!(action(gate, &frame), PASSED);
        gate.tables().set_endpoint(other, UDP, &DROP, Towards::EVERYONE).unwrap();
        assert_eq!(action(gate, &frame), DROPPED);
        assert_eq!(gate.tables().stats().unwrap().dropped_by_endpoint, 1);
    });
}

#[test]
fn without_a_beat_a_closed_line_drops_what_is_undecided_only() {
    let closed = peergate_datapath::bridge::BridgeConfig {
        fail: Fail::Closed,
        heartbeat_timeout: Duration::from_millis(300),
        ..config()
    };
    let Some(mut gate) = trial(&closed) else { return };
    let (one, other) = ends4();
    let decided = ethernet(&[], &frames::datagram(one, other, b"hi"));
    let undecided = ethernet(&[], &frames::datagram(one, v4(B4, 54), b"hi"));
    gate.tables().set_verdict(&key(one, other, UDP), &Verdict::lasting(Action::Pass)).unwrap();
    gate.tables().beat().unwrap();
    assert_eq!(action(&mut gate, &undecided), PASSED);
    sleep(Duration::from_millis(320));
    assert_eq!(action(&mut gate, &undecided), DROPPED);
    assert_eq!(action(&mut gate, &decided), PASSED);
    assert_eq!(action(&mut gate, &frames::ethernet_of(&[], 0x0806, &[0; 46])), PASSED, "ARP");
    gate.tables().beat().unwrap();
    assert_eq!(action(&mut gate, &undecided), PASSED);
}

#[test]
fn without_a_beat_an_open_line_passes_and_copies_nothing() {
    let open = peergate_datapath::bridge::BridgeConfig { heartbeat_timeout: Duration::from_millis(5), ..config() };
    let Some(mut gate) = trial(&open) else { return };
    // The gate's clock is exact to some milliseconds.
    sleep(Duration::from_millis(30));
    let (one, other) = ends4();
    assert_eq!(action(&mut gate, &ethernet(&[], &frames::datagram(one, other, b"hi"))), PASSED);
    assert_eq!(gate.drain(Duration::ZERO, |_, _| ()).unwrap(), 0);
}

#[test]
fn held_groups_get_their_first_packets_and_then_a_trickle() {
    let holding = peergate_datapath::bridge::BridgeConfig {
        whole: 3,
        hold_groups: 1 << 5,
        hold_interval: Duration::from_secs(50),
        ..config()
    };
    let Some(mut gate) = trial(&holding) else { return };
    let (one, other) = ends4();
    gate.tables().set_groups(&[(one.addr, 32, 5)]).unwrap();
    let frame = ethernet(&[], &frames::datagram(one, other, b"hi"));
    let actions: Vec<_> = (0..6).map(|_| action(&mut gate, &frame)).collect();
    assert_eq!(actions, [PASSED, PASSED, PASSED, PASSED, DROPPED, DROPPED], "three whole, one released, then held");
    let stranger = ethernet(&[], &frames::datagram(v4([10, 9, 9, 9].into(), 1), other, b"hi"));
    assert!((0..6).all(|_| action(&mut gate, &stranger) == PASSED));
}

#[test]
fn first_packets_come_whole_then_records_then_nothing() {
    let few = peergate_datapath::bridge::BridgeConfig { whole: 2, records: 3, ..config() };
    let Some(mut gate) = trial(&few) else { return };
    let (one, other) = ends6();
    let frame = ethernet(&[(0x8100, 7)], &frames::datagram(one, other, &[5; 1200]));
    let before = std::time::SystemTime::now();
    for _ in 0..9 {
        action(&mut gate, &frame);
    }
    let mut kinds = Vec::new();
    gate.drain(Duration::ZERO, |_, sample| {
        let seen = sample.seen();
        assert_eq!((seen.key, seen.payload_len), (key(one, other, UDP), 1200));
        assert_eq!(seen.direction, Direction::LowToHigh);
        assert_eq!(seen.wire_len as usize, frame.len());
        let since = before.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        assert!(seen.time.0.abs_diff(since) < 2_000_000_000, "wall-clock time");
        if let Sample::Whole(whole, _) = sample {
            assert_eq!(whole.bytes, frame);
        }
        kinds.push(matches!(sample, Sample::Whole(..)));
    })
    .unwrap();
    assert_eq!(kinds, [true, true, false, false, false]);
}

#[test]
fn frames_of_every_size_come_up_whole() {
    with_gate(|gate| {
        for size in [0, 1, 200, 210, 211, 1200, 1480, 1490, 1491, 3500] {
            let one = v4(A4, 10000 + size as u16);
            let frame = ethernet(&[], &frames::datagram(one, v4(B4, 53), &vec![9; size]));
            action(gate, &frame);
            let mut shown = Vec::new();
            gate.drain(Duration::ZERO, |_, sample| {
                if let Sample::Whole(whole, _) = sample {
                    shown = whole.bytes.to_vec();
                }
            })
            .unwrap();
            assert_eq!(shown, frame, "{size}");
        }
    });
}

#[test]
fn the_kernel_counts_each_direction() {
    with_gate(|gate| {
        let (one, other) = ends4();
        let there = ethernet(&[], &frames::datagram(one, other, &[0; 20]));
        let back = ethernet(&[], &frames::datagram(other, one, &[0; 1000]));
        for frame in [&there, &back, &there] {
            action(gate, frame);
        }
        let mut flows = Vec::new();
        gate.tables().flow_counters(&mut |key, counters| flows.push((*key, *counters))).unwrap();
        let [(flow, counters)] = flows[..] else { panic!("{flows:?}") };
        assert_eq!(flow, key(one, other, UDP));
        assert_eq!(counters.packets, [2, 1]);
        assert_eq!(counters.bytes, [2 * there.len() as u64, back.len() as u64]);
        assert_eq!(counters.sizes, [[2, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0]]);
        assert_eq!(counters.gaps[0].iter().sum::<u32>(), 1);
        assert!(counters.last[0] >= counters.first);
    });
}

#[test]
fn full_tables_make_room_for_what_is_new() {
    with_gate(|gate| {
        let other = v4(B4, 53);
        let flow = |n: u32| v4(std::net::Ipv4Addr::from(0x0a00_0000 + n), 1000);
        for n in 0..5000 {
            assert_eq!(action(gate, &ethernet(&[], &frames::datagram(flow(n), other, b"hi"))), PASSED);
            block(gate, flow(n), other, UDP);
            assert_eq!(action(gate, &ethernet(&[], &frames::datagram(flow(n), other, b"hi"))), DROPPED, "flow {n}");
        }
        let mut flows = 0;
        gate.tables().flow_counters(&mut |_, _| flows += 1).unwrap();
        assert!((512..=1024).contains(&flows), "{flows}");
        assert_eq!(gate.tables().stats().unwrap().flow_table_full, 0);
    });
}

#[test]
fn a_full_ring_costs_copies_and_nothing_else() {
    with_gate(|gate| {
        let other = v4(B4, 53);
        for port in 1..2000 {
            let frame = ethernet(&[], &frames::datagram(v4(A4, port), other, &[0; 1400]));
            assert_eq!(action(gate, &frame), PASSED);
        }
        let stats = gate.tables().stats().unwrap();
        assert!(stats.ring_full > 0 && stats.copied_whole > 0, "{stats:?}");
        assert_eq!(stats.ring_full + stats.copied_whole, 1999);
        gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        let late = ethernet(&[], &frames::datagram(v4(A4, 1999), other, &[0; 1400]));
        action(gate, &late);
        assert_eq!(gate.drain(Duration::ZERO, |_, _| ()).unwrap(), 1, "a flow keeps its claim to be shown");
    });
}
