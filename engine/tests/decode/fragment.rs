//! Fragments: one datagram whatever the order, one copy of every byte, and never too many held.

use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType, Time};
use proptest::prelude::*;

use crate::build::{extension, udp, v4_part, v6_part, UDP};
use crate::seen::{frame, lines_with, malformed};

const LINK: LinkType = LinkType::RawIp;
const MORE: u16 = 0x2000;

/// A datagram of 40 bytes with its header, cut after 16 and after 32.
fn parts() -> [Vec<u8>; 3] {
    let datagram = udp(5000, 53, b"sixteen bytes...and sixteen more");
    [
        v4_part(UDP, 7, MORE, &datagram[..16]),
        v4_part(UDP, 7, MORE | 2, &datagram[16..32]),
        v4_part(UDP, 7, 4, &datagram[32..]),
    ]
}

/// Everything that the frames give, payload included.
fn payloads(decoder: &mut Decoder, frames: &[Vec<u8>]) -> Vec<(u16, bool, Vec<u8>)> {
    let mut seen = Vec::new();
    for bytes in frames {
        decoder.decode(&frame(LINK, bytes), &mut |packet| {
            seen.push((packet.destination.port, packet.fragment, packet.payload.to_vec()));
        });
    }
    seen
}

#[test]
fn the_last_part_to_come_gives_the_datagram() {
    let whole = b"sixteen bytes...and sixteen more".to_vec();
    let seen = payloads(&mut Decoder::default(), &parts());
    assert_eq!(seen, [(53, true, vec![]), (53, true, vec![]), (53, false, whole.clone())]);

    let [first, second, third] = parts();
    let seen = payloads(&mut Decoder::default(), &[third, first, second]);
    assert_eq!(seen, [(0, true, vec![]), (53, true, vec![]), (53, false, whole)]);
}

#[test]
fn every_part_counts_for_its_own_length() {
    let mut lens = Vec::new();
    let mut decoder = Decoder::default();
    for bytes in &parts() {
        decoder.decode(&frame(LINK, bytes), &mut |packet| lens.push((packet.wire_len, packet.payload_len)));
    }
    assert_eq!(lens, [(36, 16), (36, 16), (28, 32)]);
}

#[test]
fn ipv6_parts_give_the_datagram_behind_their_own_extension_headers() {
    let datagram = extension(UDP, &udp(5000, 53, b"sixteen bytes..."));
    let frames = [v6_part(60, 9, 16, false, &datagram[16..]), v6_part(60, 9, 0, true, &datagram[..16])];
    let seen = payloads(&mut Decoder::default(), &frames);
    assert_eq!(seen.last(), Some(&(53, false, b"sixteen bytes...".to_vec())));
}

#[test]
fn where_parts_overlap_the_first_to_come_holds() {
    let [first, _, third] = parts();
    let evil = v4_part(UDP, 7, MORE | 1, &[b'X'; 24]);
    let seen = payloads(&mut Decoder::default(), &[first, evil, third]);
    assert_eq!(seen.last().unwrap().2, b"sixteen XXXXXXXXXXXXXXXXeen more");
}

#[test]
fn a_first_part_that_was_cut_is_judged_at_once() {
    let bytes = v4_part(UDP, 7, MORE, &udp(5000, 53, &[b'a'; 1000]));
    let cut = Frame { bytes: &bytes[..33], ..frame(LINK, &bytes) };
    let mut decoder = Decoder::default();
    assert_eq!(lines_with(&mut decoder, &cut), ["0 udp 192.0.2.1/5000 > 198.51.100.7/53: aaaaa"]);
    assert_eq!(decoder.held_bytes(), 0);
}

#[test]
fn parts_that_fit_no_datagram_are_refused() {
    let [first, _, third] = parts();
    for evil in [
        // No multiple of eight; past the longest datagram; past the end that is known.
        v4_part(UDP, 7, MORE | 2, &[0; 15]),
        v4_part(UDP, 7, 0x1fff, &[0; 64]),
        v4_part(UDP, 7, MORE | 0x64, &[0; 16]),
    ] {
        let mut decoder = Decoder::default();
        payloads(&mut decoder, &[first.clone(), third.clone(), evil]);
        assert_eq!(malformed(&decoder), [("bad_fragment", 1)]);
    }
}

#[test]
fn what_waited_too_long_is_given_up() {
    let [first, second, third] = parts();
    let mut decoder = Decoder::default();
    lines_with(&mut decoder, &frame(LINK, &first));
    let late = |bytes| Frame { time: Time(60 * Time::SECOND), ..frame(LINK, bytes) };
    lines_with(&mut decoder, &late(&second));
    assert_eq!(malformed(&decoder), [("incomplete_datagram", 1)]);
    assert!(lines_with(&mut decoder, &late(&third))[0].contains("part"));
}

#[test]
fn a_flood_of_parts_is_held_within_bounds() {
    let mut decoder = Decoder::default();
    let body = [0; 1400];
    for id in 0..60_000_u16 {
        decoder.decode(&frame(LINK, &v4_part(UDP, id, MORE, &body)), &mut |_| {});
    }
    assert!(decoder.held_bytes() <= 4 << 20);
    // Many of one datagram, one byte apart, as no host sends them.
    let mut decoder = Decoder::default();
    for offset in 0..8000_u16 {
        decoder.decode(&frame(LINK, &v4_part(UDP, 7, MORE | offset, &body[..16])), &mut |_| {});
    }
    assert!(decoder.held_bytes() <= 4 << 10);
}

proptest! {
    #[test]
    fn fragments_in_any_order_give_the_same_datagram(
        body in prop::collection::vec(any::<u8>(), 1..3000),
        units in 1_usize..60,
        seed in any::<u64>(),
    ) {
        let datagram = udp(5000, 53, &body);
        let step = units * 8;
        let mut frames: Vec<Vec<u8>> = datagram
            .chunks(step)
            .enumerate()
            .map(|(index, chunk)| {
                let more = if (index + 1) * step < datagram.len() { MORE } else { 0 };
                v4_part(UDP, 7, more | u16::try_from(index * units).unwrap(), chunk)
            })
            .collect();
        prop_assume!(frames.len() <= 128);
        // Any order: a shuffle by multiplication, and some sent twice.
        let twice = frames[frames.len() / 2].clone();
        if frames.len() > 1 {
            frames.insert(0, twice);
        }
        frames.sort_by_key(|bytes| {
            bytes.iter().take(8).fold(seed | 1, |sum, byte| sum.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7) ^ u64::from(*byte))
        });
        let mut decoder = Decoder::default();
        let whole: Vec<_> = payloads(&mut decoder, &frames).into_iter().filter(|(_, part, _)| !part).collect();
        prop_assert_eq!(whole, [(53, false, body)]);
    }
}
