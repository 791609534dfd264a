//! Ports that are used again: which SYN begins another connection, and what becomes of the verdict about the one before.

use super::*;
use peergate_datapath::bridge::BridgeConfig;
use support::frames::{numbered, RST};
use support::{line, SIDES};

/// Runs `test` on a fresh gate between the client and the server.
fn with_line(test: impl FnOnce(&mut Gate)) {
    if let Some(mut gate) = line(&config()) {
        test(&mut gate);
    }
}

/// A connection on the test's two ends: where both sides' numbers begin.
#[derive(Clone, Copy)]
struct Talk([u32; 2]);

const FIRST: Talk = Talk([1000, 9000]);
const SECOND: Talk = Talk([0xffff_ffff, 77_000]);

impl Talk {
    fn syn(self, gate: &mut Gate) -> u32 {
        send(gate, true, SYN, [self.0[0], 0], b"")
    }

    fn answer(self, gate: &mut Gate) -> u32 {
        send(gate, false, SYN | ACK, [self.0[1], self.0[0].wrapping_add(1)], b"")
    }

    fn data(self, gate: &mut Gate) -> u32 {
        send(gate, true, ACK, [self.0[0].wrapping_add(1), self.0[1] + 1], b"hello")
    }

    fn open(self, gate: &mut Gate) -> [u32; 3] {
        [self.syn(gate), self.answer(gate), self.data(gate)]
    }
}

fn send(gate: &mut Gate, from_client: bool, flags: u8, numbers: [u32; 2], payload: &[u8]) -> u32 {
    send_by(gate, SIDES[usize::from(!from_client)], from_client, flags, numbers, payload)
}

/// The same by a port that need not be the sender's.
fn send_by(gate: &mut Gate, port: u32, from_client: bool, flags: u8, numbers: [u32; 2], payload: &[u8]) -> u32 {
    let (client, server) = ends4();
    let (from, to) = if from_client { (client, server) } else { (server, client) };
    gate.run(&ethernet(&[], &numbered(from, to, flags, numbers, payload)), port, 1).unwrap().action
}

fn flow() -> peergate_datapath::abi::FlowKey {
    key(ends4().0, ends4().1, TCP)
}

fn decide(gate: &mut Gate, action: Action) {
    gate.tables().set_verdict(&flow(), &Verdict::lasting(action)).unwrap();
}

/// How many packets are shown whole.
fn shown(gate: &mut Gate) -> usize {
    let mut whole = 0;
    gate.drain(Duration::ZERO, |_, sample| whole += usize::from(matches!(sample, Sample::Whole(..)))).unwrap();
    whole
}

/// An open connection that was decided about.
fn decided(gate: &mut Gate, action: Action) {
    assert_eq!(FIRST.open(gate), [PASSED; 3]);
    decide(gate, action);
    assert_eq!(shown(gate), 3);
}

#[test]
fn a_pass_is_not_inherited_by_the_next_connection() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        assert_eq!((FIRST.data(gate), shown(gate)), (PASSED, 0), "decided");
        assert_eq!((SECOND.open(gate), shown(gate)), ([PASSED; 3], 3), "undecided");
        decide(gate, Action::Drop);
        assert_eq!(SECOND.data(gate), DROPPED);
    });
}

#[test]
fn a_block_is_not_inherited_by_the_next_connection_either() {
    for action in [Action::Drop, Action::Reject] {
        with_line(|gate| {
            decided(gate, action);
            assert_eq!((FIRST.data(gate), shown(gate)), (DROPPED, 0));
            assert_eq!((SECOND.open(gate), shown(gate)), ([PASSED; 3], 3));
            decide(gate, action);
            assert_eq!(SECOND.data(gate), DROPPED);
        });
    }
}

#[test]
fn a_syn_that_nobody_takes_does_not_shake_off_a_block() {
    with_line(|gate| {
        decided(gate, Action::Drop);
        for _ in 0..3 {
            assert_eq!(SECOND.syn(gate), PASSED, "it could be the next connection's");
            assert_eq!(FIRST.data(gate), DROPPED);
            let forged = send(gate, true, SYN | ACK, [1006, SECOND.0[0].wrapping_add(1)], b"");
            let other = send(gate, false, SYN | ACK, [FIRST.0[1], FIRST.0[0] + 1], b"");
            let bytes = send(gate, false, ACK, [9001, 1006], b"bytes");
            assert_eq!([forged, other, bytes], [DROPPED; 3]);
        }
        assert_eq!(send(gate, true, SYN, [5, 0], b"bytes"), DROPPED, "a SYN is no way out for bytes");
    });
}

#[test]
fn who_asks_for_a_connection_cannot_answer_it_in_the_name_of_the_other_host() {
    with_line(|gate| {
        decided(gate, Action::Drop);
        // Long enough for the server to have moved to the client's port.
        sleep(Duration::from_millis(1100));
        let number = SECOND.0[0].wrapping_add(1);
        assert_eq!(SECOND.syn(gate), PASSED);
        assert_eq!(send_by(gate, SIDES[0], false, SYN | ACK, [SECOND.0[1], number], b""), DROPPED);
        assert_eq!(FIRST.data(gate), DROPPED);
        assert_eq!((SECOND.answer(gate), SECOND.data(gate)), (PASSED, PASSED), "the server can");
    });
}

#[test]
fn a_syn_waits_for_its_answer_no_longer_than_a_host_would() {
    let config = BridgeConfig { answer_timeout: Duration::from_millis(200), ..config() };
    let Some(mut gate) = line(&config) else { return };
    decided(&mut gate, Action::Drop);
    assert_eq!(SECOND.syn(&mut gate), PASSED);
    sleep(Duration::from_millis(300));
    assert_eq!(SECOND.answer(&mut gate), DROPPED);
    assert_eq!(SECOND.open(&mut gate), [PASSED; 3], "asked for anew");
}

/// Both hosts are behind one port, their router behind the other: each packet passes twice.
fn send_twice(gate: &mut Gate, from_client: bool, flags: u8, numbers: [u32; 2], payload: &[u8]) -> [u32; 2] {
    SIDES.map(|port| send_by(gate, port, from_client, flags, numbers, payload))
}

fn open_twice(gate: &mut Gate, Talk([ours, theirs]): Talk) -> [[u32; 2]; 3] {
    [
        send_twice(gate, true, SYN, [ours, 0], b""),
        send_twice(gate, false, SYN | ACK, [theirs, ours.wrapping_add(1)], b""),
        send_twice(gate, true, ACK, [ours.wrapping_add(1), theirs + 1], b"hello"),
    ]
}

#[test]
fn ports_that_were_blocked_can_be_used_again_where_packets_pass_twice() {
    with_line(|gate| {
        assert_eq!((open_twice(gate, FIRST), shown(gate)), ([[PASSED; 2]; 3], 3));
        decide(gate, Action::Drop);
        assert_eq!(send_twice(gate, true, ACK, [1006, 9001], b"hello"), [DROPPED; 2]);
        assert_eq!(send_twice(gate, true, SYN, [SECOND.0[0], 0], b"bytes"), [DROPPED; 2]);
        assert_eq!((open_twice(gate, SECOND), shown(gate)), ([[PASSED; 2]; 3], 3));
        let counters = gate.tables().counters_of(&flow()).unwrap().unwrap();
        assert_eq!(counters.packets, [3, 1], "once, and the SYN with bytes");
    });
}

#[test]
fn a_syn_that_is_sent_again_changes_nothing() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        assert_eq!((FIRST.syn(gate), FIRST.answer(gate), FIRST.data(gate), shown(gate)), (PASSED, PASSED, PASSED, 0));
        decide(gate, Action::Drop);
        assert_eq!((FIRST.syn(gate), FIRST.answer(gate), FIRST.data(gate)), (DROPPED, DROPPED, DROPPED));
    });
}

#[test]
fn hosts_may_settle_what_they_know_of_a_blocked_connection_when_another_is_asked_for() {
    with_line(|gate| {
        decided(gate, Action::Drop);
        let challenge = |gate: &mut Gate| send(gate, false, ACK, [9001, 1006], b"");
        let gone = |gate: &mut Gate| send(gate, true, RST, [1006, 0], b"");
        assert_eq!([challenge(gate), gone(gate)], [DROPPED; 2]);
        assert_eq!(SECOND.syn(gate), PASSED);
        assert_eq!([challenge(gate), gone(gate)], [PASSED; 2]);
        assert_eq!(SECOND.open(gate), [PASSED; 3]);
    });
}

#[test]
fn a_refusal_of_the_next_connection_comes_through() {
    with_line(|gate| {
        decided(gate, Action::Drop);
        assert_eq!(SECOND.syn(gate), PASSED);
        assert_eq!(send(gate, false, RST | ACK, [0, SECOND.0[0].wrapping_add(1)], b""), PASSED);
    });
}

#[test]
fn a_verdict_on_the_next_connection_may_come_before_its_answer() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        assert_eq!(SECOND.syn(gate), PASSED);
        decide(gate, Action::Drop);
        assert_eq!((SECOND.answer(gate), SECOND.data(gate)), (DROPPED, DROPPED));
    });
}

#[test]
fn an_attempt_that_nobody_answers_is_over_with_the_next() {
    with_line(|gate| {
        assert_eq!(FIRST.syn(gate), PASSED);
        decide(gate, Action::Drop);
        assert_eq!((FIRST.syn(gate), FIRST.answer(gate)), (DROPPED, DROPPED));
    });
    with_line(|gate| {
        assert_eq!(FIRST.syn(gate), PASSED);
        decide(gate, Action::Drop);
        assert_eq!((SECOND.syn(gate), shown(gate)), (PASSED, 2));
    });
}

#[test]
fn a_block_outlives_the_flow_that_was_crowded_out_of_the_table() {
    with_line(|gate| {
        decided(gate, Action::Drop);
        for n in 0..3000_u32 {
            let stranger = v4(std::net::Ipv4Addr::from(0x0a01_0000 + n), 1000);
            action(gate, &ethernet(&[], &frames::datagram(stranger, ends4().1, b"hi")));
        }
        gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        assert!(gate.tables().counters_of(&flow()).unwrap().is_none(), "crowded out");
        for forged in [SECOND.0[0], 5, 6] {
            assert_eq!(send(gate, true, SYN, [forged, 0], b""), PASSED);
            assert_eq!(FIRST.data(gate), DROPPED);
        }
    });
}

#[test]
fn each_connection_is_counted_by_itself() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        let length =
            |flags, payload| ethernet(&[], &frames::segment(ends4().0, ends4().1, flags, payload)).len() as u64;
        let (bare, full) = (length(ACK, b""), length(ACK, b"hello"));
        SECOND.syn(gate);
        SECOND.open(gate);
        let mut told = None;
        gate.drain(Duration::ZERO, |_, sample| {
            if let Sample::Reopened(seen, reopening) = sample {
                told = Some((seen.key, reopening));
            }
        })
        .unwrap();
        let (key, reopening) = told.unwrap();
        let former = Some((key, reopening.totals.packets, reopening.totals.bytes));
        let counters = gate.tables().counters_of(&flow()).unwrap().unwrap();
        // The server's end is the greater one here.
        assert_eq!(former, Some((flow(), [2, 1], [bare + full, bare])));
        assert_eq!((counters.packets, counters.bytes), ([3, 1], [2 * bare + full, bare]));
        let syns = (SECOND.0[0], Direction::LowToHigh, (2, 2 * bare as u32));
        assert_eq!((reopening.seq, reopening.direction, reopening.syns), syns);
    });
}

#[test]
fn a_syn_that_waits_for_its_answer_is_not_counted_for_the_connection_that_is_open() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        let before = gate.tables().counters_of(&flow()).unwrap().unwrap();
        SECOND.syn(gate);
        let after = gate.tables().counters_of(&flow()).unwrap().unwrap();
        assert_eq!(after.packets, [before.packets[0] + 1, before.packets[1]]);
        assert_eq!((after.connection(), after.totals()), (before.connection(), before.totals()));
    });
}

/// The numbers of the connections that packets were shown of, and whether they only ask for them.
fn numbers(gate: &mut Gate) -> Vec<(u16, bool)> {
    let mut numbers = Vec::new();
    gate.drain(Duration::ZERO, |_, sample| {
        let connection = sample.seen().connection.unwrap();
        numbers.push((connection.number, connection.wanted));
    })
    .unwrap();
    numbers
}

#[test]
fn every_packet_says_which_connection_it_is_of() {
    with_line(|gate| {
        FIRST.open(gate);
        let first = numbers(gate);
        let number = first[0].0;
        assert_eq!((number > 0, first), (true, vec![(number, false); 3]));
        SECOND.open(gate);
        let next = gate.tables().counters_of(&flow()).unwrap().unwrap().connection();
        assert_ne!(next, number);
        assert_eq!(
            numbers(gate),
            [(next, true), (next, false), (next, false), (next, false)],
            "SYN, news, answer, data"
        );
    });
}

#[test]
fn a_flood_of_syns_on_an_open_connection_is_not_shown() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        assert!((0..500).all(|seq| send(gate, true, SYN, [seq + 5000, 0], b"") == PASSED));
        assert!((1..20).contains(&shown(gate)), "one in fifty milliseconds");
        assert_eq!(SECOND.open(gate), [PASSED; 3]);
        let of_the_next = numbers(gate).into_iter().filter(|(number, wanted)| *number != 0 && !wanted);
        assert_eq!(of_the_next.count(), 3, "news, answer, data");
    });
}

#[test]
fn a_connection_that_began_while_the_ring_was_full_is_known_by_what_comes_later() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        let old = gate.tables().counters_of(&flow()).unwrap().unwrap().connection();
        for port in 1..2000 {
            action(gate, &ethernet(&[], &frames::datagram(v4(A4, port), ends4().1, &[0; 1400])));
        }
        assert_eq!([SECOND.syn(gate), SECOND.answer(gate)], [PASSED; 2]);
        gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        SECOND.data(gate);
        let [(number, false)] = numbers(gate)[..] else { panic!("one packet") };
        assert!(number != 0 && number != old);
    });
}

#[test]
fn what_passes_is_looked_up_again_when_its_verdict_changes() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        for blocking in [Action::Drop, Action::Reject] {
            assert_eq!(FIRST.data(gate), PASSED);
            decide(gate, blocking);
            assert_eq!(FIRST.data(gate), DROPPED);
            decide(gate, Action::Alert);
            assert_eq!(FIRST.data(gate), PASSED);
        }
        gate.tables().forget_verdict(&flow()).unwrap();
        gate.drain(Duration::ZERO, |_, _| ()).unwrap();
        assert_eq!((FIRST.data(gate), shown(gate)), (PASSED, 1), "forgotten");
        decide(gate, Action::Pass);
        assert_eq!((FIRST.data(gate), shown(gate)), (PASSED, 0));
        gate.tables().listen(&flow(), true).unwrap();
        assert_eq!((FIRST.data(gate), shown(gate)), (PASSED, 1), "listened to");
    });
}

#[test]
fn what_passed_is_blocked_at_once_though_its_verdict_was_crowded_out() {
    with_line(|gate| {
        decided(gate, Action::Pass);
        assert_eq!(FIRST.data(gate), PASSED, "known to pass for a second");
        let pass = Verdict::lasting(Action::Pass);
        for n in 0..3000_u32 {
            let one = v4(std::net::Ipv4Addr::from(0x0a01_0000 + n), 1000);
            gate.tables().set_verdict(&key(one, ends4().1, UDP), &pass).unwrap();
        }
        decide(gate, Action::Drop);
        assert_eq!(FIRST.data(gate), DROPPED);
    });
}

#[test]
fn what_passes_stays_in_a_table_of_verdicts_that_overflows() {
    let config = BridgeConfig { whole: 1, ..config() };
    let Some(mut gate) = line(&config) else { return };
    decided_once(&mut gate);
    for n in 0..4u32 {
        sleep(Duration::from_millis(1100));
        assert_eq!(FIRST.data(&mut gate), PASSED);
        for stranger in 0..300 {
            let one = v4(std::net::Ipv4Addr::from(0x0a01_0000 + n * 300 + stranger), 1000);
            block(&mut gate, one, ends4().1, UDP);
        }
    }
    assert_eq!(FIRST.data(&mut gate), PASSED);
    assert_eq!(shown(&mut gate), 0, "its verdict is there still");
}

fn decided_once(gate: &mut Gate) {
    FIRST.data(gate);
    decide(gate, Action::Pass);
    shown(gate);
}
