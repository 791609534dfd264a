//! What the gate shows and counts: copies, records, counters, and tables that are full.

use super::*;

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
        } else {
            assert_eq!(seen.head, Some([5; 8]), "how a datagram begins");
        }
        kinds.push(matches!(sample, Sample::Whole(..)));
    })
    .unwrap();
    assert_eq!(kinds, [true, true, false, false, false]);
}

#[test]
fn a_flow_that_is_listened_to_passes_and_shows_the_head_of_every_packet() {
    let few = peergate_datapath::bridge::BridgeConfig { whole: 1, records: 0, ..config() };
    let Some(mut gate) = trial(&few) else { return };
    let (one, other) = ends6();
    let frame = ethernet(&[], &frames::datagram(one, other, &[5; 1200]));
    assert_eq!(action(&mut gate, &frame), PASSED);
    let flow = key(one, other, UDP);
    let shown = |gate: &mut Gate| {
        let mut sizes = Vec::new();
        gate.drain(Duration::ZERO, |_, sample| {
            if let Sample::Whole(head, _) = sample {
                sizes.push((head.bytes.len(), head.wire_len as usize));
            }
        })
        .unwrap();
        sizes
    };
    shown(&mut gate);
    gate.tables().listen(&flow, true).unwrap();
    assert_eq!([(); 3].map(|()| action(&mut gate, &frame)), [PASSED; 3]);
    assert_eq!(shown(&mut gate), [(128, frame.len()); 3]);
    gate.tables().listen(&flow, false).unwrap();
    assert_eq!(action(&mut gate, &frame), PASSED);
    assert!(shown(&mut gate).is_empty());
    block(&mut gate, one, other, UDP);
    gate.tables().listen(&flow, true).unwrap();
    assert_eq!(action(&mut gate, &frame), DROPPED, "who is blocked stays so");
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
