//! What means nothing is called nothing: payloads drawn by lot, of every length, alone and in conversation, accuse nobody.

use crate::play::{End, Play, ACK, HERE, STARTS};

/// What payloads are drawn from: any byte; the zeros and small numbers of binary headers; letters, digits and marks.
const KINDS: [fn(u64) -> u8; 3] = [
    |lot| lot as u8,
    |lot| if lot % 4 < 2 { 0 } else { (lot / 4 % if lot % 4 == 2 { 17 } else { 256 }) as u8 },
    |lot| 0x20 + (lot % 95) as u8,
];
const FLOWS: u64 = 6_000;
const CONTROLLED: [&str; 4] = ["call", "chat", "p2p", "tunnel"];

/// Numbers that are the same every time (Vigna's splitmix64).
struct Lot(u64);

impl Lot {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn payload(&mut self, kind: fn(u64) -> u8) -> Vec<u8> {
        let most = if self.next().is_multiple_of(2) { 64 } else { 1200 };
        (0..=self.next() % most).map(|_| kind(self.next())).collect()
    }

    /// Somewhere on the Internet, on a port that anybody may use.
    fn end(&mut self) -> End {
        let [first, second, third, fourth, high, low, ..] = self.next().to_be_bytes();
        ([20 + first % 60, second, third, fourth], 1024 + u16::from_be_bytes([high, low]) % 60_000)
    }
}

/// Flows that were given a category that is there to be controlled.
fn accused(mut play: Play) -> Vec<String> {
    let flows = play.finish();
    let accused = flows.iter().filter(|flow| CONTROLLED.contains(&flow.category));
    accused.map(|flow| format!("{} {}: {:?}", flow.app, flow.protocol, flow.evidence)).collect()
}

#[track_caller]
fn at_most(accused: &[String], most: usize) {
    assert!(accused.len() <= most, "{} accused:\n{}", accused.len(), accused.join("\n"));
}

#[test]
fn one_random_datagram_accuses_nobody() {
    for kind in KINDS {
        let (mut play, mut lot) = (Play::new(), Lot(1));
        for flow in 0..FLOWS {
            let server = lot.end();
            play.datagram((HERE, 20_000 + (flow % 40_000) as u16), server, &lot.payload(kind));
        }
        // One in two thousand.
        at_most(&accused(play), 3);
    }
}

#[test]
fn a_conversation_of_random_datagrams_accuses_nobody() {
    for kind in KINDS {
        let (mut play, mut lot) = (Play::new(), Lot(2));
        for flow in 0..FLOWS / 4 {
            let (client, server) = ((HERE, 20_000 + flow as u16), lot.end());
            for turn in 0..24 {
                let (from, to) = if turn % 2 == 0 { (client, server) } else { (server, client) };
                play.datagram(from, to, &lot.payload(kind));
                play.pass(lot.next() % 700);
            }
        }
        at_most(&accused(play), 2);
    }
}

#[test]
fn a_socket_of_random_datagrams_to_thousands_teaches_nothing() {
    let (mut play, mut lot) = (Play::new(), Lot(3));
    for _ in 0..FLOWS {
        let peer = lot.end();
        play.datagram((HERE, 40_404), peer, &lot.payload(KINDS[0]));
        play.datagram(peer, (HERE, 40_404), &lot.payload(KINDS[0]));
        play.pass(20);
    }
    let flows = play.finish();
    let taught = flows.iter().filter(|flow| flow.shows("spoke it in another flow").is_some()).count();
    assert_eq!(taught, 0);
}

#[test]
fn a_stream_of_random_bytes_accuses_nobody() {
    let (mut play, mut lot) = (Play::new(), Lot(4));
    for flow in 0..FLOWS / 2 {
        let (client, server) = ((HERE, 20_000 + flow as u16), lot.end());
        play.connect(client, server);
        let mut numbers = STARTS;
        for turn in 0..6 {
            let payload = lot.payload(KINDS[turn % 3 * (flow % 2) as usize]);
            let (from, to, side) = if turn % 2 == 0 { (client, server, 0) } else { (server, client, 1) };
            let [own, heard] = if side == 0 { numbers } else { [numbers[1], numbers[0]] };
            play.segment(from, to, [own, heard], ACK, &payload);
            numbers[side] = numbers[side].wrapping_add(payload.len() as u32);
            play.pass(lot.next() % 300);
        }
    }
    at_most(&accused(play), 1);
}
