//! What the gate does with a packet: verdicts, endpoints, generations, heartbeat, holding back.

use super::*;

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
    let mut segment = |flags, seq, payload: &[u8]| {
        action(&mut gate, &ethernet(&[], &frames::numbered(one, other, flags, [seq, 0], payload)))
    };
    let actions: Vec<_> = (0..5).map(|_| segment(ACK, 7, b"hi")).collect();
    assert_eq!(actions, [PASSED, PASSED, PASSED, PASSED, DROPPED]);
    assert!((8..14).all(|seq| segment(SYN, seq, b"hi") == DROPPED), "bytes are held in whatever comes");
    assert_eq!(segment(SYN, 14, b""), PASSED);
}
