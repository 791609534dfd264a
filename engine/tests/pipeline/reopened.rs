//! Ports that are used again in the line, where the kernel says which connection a packet is of.

use peergate_engine::pipeline::Connection;

use crate::play::{End, Play, Seen, ACK, FIN, HERE, STARTS, SYN, THERE};
use crate::talk::REQUEST;

const CLIENT: End = (HERE, 50_000);
const SERVER: End = (THERE, 8_080);
const FIRST: u16 = 7;
const SECOND: u16 = 9;
/// Where the second connection begins, on both sides.
const AGAIN: [u32; 2] = [0x1234_5678, 0x0bad_cafe];

const fn of(number: u16) -> Connection {
    Connection { number, wanted: false }
}

/// The SYN that asks for the second connection.
fn knock(play: &mut Play) {
    play.shown(Connection { number: SECOND, wanted: true }, CLIENT, SERVER, ([AGAIN[0] - 1, 0], SYN), b"");
}

fn open(play: &mut Play, number: u16, [ours, theirs]: [u32; 2]) {
    play.shown(of(number), CLIENT, SERVER, ([ours.wrapping_sub(1), 0], SYN), b"");
    answer(play, number, [ours, theirs]);
}

fn answer(play: &mut Play, number: u16, [ours, theirs]: [u32; 2]) {
    play.shown(of(number), SERVER, CLIENT, ([theirs - 1, ours], SYN | ACK), b"");
}

/// A connection that is open, of which three packets and one were seen.
fn first(play: &mut Play) {
    open(play, FIRST, STARTS);
    play.shown(of(FIRST), CLIENT, SERVER, (STARTS, ACK), b"ab");
    play.shown(of(FIRST), CLIENT, SERVER, ([STARTS[0] + 2, STARTS[1]], ACK), b"cd");
}

fn told(flows: &[Seen]) -> Vec<(Option<&str>, &str, [u32; 2])> {
    flows.iter().map(|flow| (flow.reason, flow.protocol, flow.packets)).collect()
}

#[test]
fn the_line_says_when_another_connection_has_begun_whether_its_syn_was_shown_or_not() {
    for shown in [false, true] {
        let mut play = Play::live();
        first(&mut play);
        play.wait(3);
        if shown {
            knock(&mut play);
        }
        play.reopened(CLIENT, SERVER, [FIRST, SECOND], (5, 500), (AGAIN[0] - 1, 2));
        answer(&mut play, SECOND, AGAIN);
        play.shown(of(SECOND), CLIENT, SERVER, (AGAIN, ACK), REQUEST);
        let flows = play.finish();
        assert_eq!(told(&flows), [(Some("tcp_reuse"), "unknown", [5, 5]), (Some("shutdown"), "http", [3, 1])]);
        assert_eq!(flows[0].bytes, [500, 500], "what the kernel counted of the one before");
        assert_eq!(flows[1].client, flows[0].client);
    }
}

#[test]
fn a_connection_of_which_nobody_told_the_beginning_is_known_by_any_packet() {
    let mut play = Play::live();
    first(&mut play);
    knock(&mut play);
    play.shown(of(SECOND), CLIENT, SERVER, (AGAIN, ACK), REQUEST);
    play.shown(of(SECOND), CLIENT, SERVER, ([AGAIN[0] + REQUEST.len() as u32, AGAIN[1]], ACK), b"");
    assert_eq!(told(&play.finish()), [(Some("tcp_reuse"), "unknown", [3, 1]), (Some("shutdown"), "http", [2, 0])]);
}

#[test]
fn a_thousand_connections_that_are_asked_for_meanwhile_hide_none() {
    let mut play = Play::live();
    first(&mut play);
    knock(&mut play);
    for port in 10_000..13_000 {
        let (client, numbers) = ((HERE, port), [STARTS[0] - 1, 0]);
        play.shown(of(1), client, SERVER, (STARTS, ACK), b"ab");
        play.shown(Connection { number: 3, wanted: true }, client, SERVER, (numbers, SYN), b"");
    }
    play.reopened(CLIENT, SERVER, [FIRST, SECOND], (4, 400), (AGAIN[0] - 1, 1));
    answer(&mut play, SECOND, AGAIN);
    assert_eq!(told(&play.ended()), [(Some("tcp_reuse"), "unknown", [4, 4])]);
}

#[test]
fn what_was_counted_of_the_connection_before_is_not_taken_for_the_next_ones() {
    let mut play = Play::live();
    first(&mut play);
    let [ours, theirs] = [STARTS[0] + 4, STARTS[1]];
    play.shown(of(FIRST), CLIENT, SERVER, ([ours, theirs], FIN | ACK), b"");
    play.shown(of(FIRST), SERVER, CLIENT, ([theirs, ours + 1], FIN | ACK), b"");
    play.wait(100);
    knock(&mut play);
    assert_eq!(told(&play.ended()), [(Some("timeout"), "unknown", [4, 2])], "the kernel knows it longer");
    play.counted(CLIENT, SERVER, FIRST, (5000, 5_000_000));
    play.reopened(CLIENT, SERVER, [FIRST, SECOND], (5000, 5_000_000), (AGAIN[0] - 1, 1));
    answer(&mut play, SECOND, AGAIN);
    play.counted(CLIENT, SERVER, SECOND, (2, 108));
    assert_eq!(told(&play.finish()), [(Some("shutdown"), "unknown", [2, 2])]);
}

#[test]
fn a_syn_that_nobody_answers_is_not_counted_for_the_connection_that_is_open() {
    let mut play = Play::live();
    first(&mut play);
    for _ in 0..5 {
        knock(&mut play);
    }
    assert_eq!(told(&play.finish()), [(Some("shutdown"), "unknown", [3, 1])]);
}

#[test]
fn a_syn_that_is_sent_again_is_one_connection_though_the_kernel_forgot_the_first() {
    let mut play = Play::live();
    for number in [FIRST, SECOND] {
        play.shown(of(number), CLIENT, SERVER, ([AGAIN[0] - 1, 0], SYN), b"");
    }
    answer(&mut play, SECOND, AGAIN);
    play.shown(of(SECOND), CLIENT, SERVER, (AGAIN, ACK), REQUEST);
    assert_eq!(told(&play.finish()), [(Some("shutdown"), "http", [3, 1])]);
}
