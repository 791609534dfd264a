//! Any bytes whatsoever after a good beginning: nothing panics, and nothing is given that was not there.

use proptest::prelude::*;

use crate::write::{enhanced, interface, obsolete, pcap, record, section, simple, Order};
use crate::{open, read};

fn good() -> [Vec<u8>; 2] {
    let order = Order::Big;
    let frames = |number: u32| record(order, number, 0, b"some frame", 10);
    let blocks = [
        section(order),
        interface(order, 1, 0, &[(9, &[0x94]), (14, &[0xff; 8])]),
        enhanced(order, 0, u64::MAX, b"some frame", 10),
        simple(order, b"some frame", 10),
        obsolete(order, 0, 9, b"some frame"),
    ];
    [[pcap(order, 0xa1b2_c3d4, 1), frames(1), frames(2), frames(3)].concat(), blocks.concat()]
}

/// Reads all there is; the bytes of frames cannot be more than those of the file.
fn survives(bytes: &[u8]) {
    if let Ok(mut capture) = open(bytes) {
        let mut given = 0;
        while let Some(frame) = capture.next_frame() {
            given += frame.bytes.len();
            assert!(frame.wire_len as usize >= frame.bytes.len());
        }
        assert!(given <= bytes.len());
    }
}

#[test]
fn every_cut_of_a_good_capture_is_survived() {
    for file in good() {
        assert!(read(&file).1.is_empty());
        (0..file.len()).for_each(|end| survives(&file[..end]));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), begin in 0_usize..2, keep in 0_usize..60) {
        survives(&[&good()[begin][..keep], &bytes].concat());
    }

    #[test]
    fn no_spoilt_capture_panics(which in 0_usize..2, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = good()[which].clone();
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        survives(&bytes);
    }
}
