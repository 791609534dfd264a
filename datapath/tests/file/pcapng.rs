//! The pcapng format: sections, interfaces, clocks, and every kind of block that holds a frame.

use peergate_engine::packet::LinkType;

use crate::read;
use crate::write::{block, enhanced, interface, obsolete, section, simple, Order};

/// Codes and values of an interface's options.
type Options<'a> = &'a [(u16, &'a [u8])];

const SECOND: u64 = 1_000_000_000;

#[test]
fn every_kind_of_block_gives_its_frame() {
    for order in [Order::Little, Order::Big] {
        let file = [
            section(order),
            interface(order, 1, 4, &[]),
            // Name resolution, and a block of nobody's.
            block(order, 4, &[0; 20]),
            block(order, 0x0bad_cafe, &[0; 8]),
            enhanced(order, 0, 5_000_007, b"bytes", 100),
            simple(order, b"byte", 100),
            obsolete(order, 0, 6_000_000, b"bytes"),
        ];
        let (frames, warnings) = read(&file.concat());
        let ethernet = LinkType::Ethernet;
        let expected = [
            (5_000_007_000, ethernet, b"bytes".to_vec(), 100),
            // It has no time of its own, and is as long as the interface lets it be.
            (5_000_007_000, ethernet, b"byte".to_vec(), 100),
            (6_000_000_000, ethernet, b"bytes".to_vec(), 5),
        ];
        assert_eq!((frames.as_slice(), warnings), (&expected[..], vec![]));
    }
}

#[test]
fn every_clock_gives_nanoseconds() {
    let hour = 3600_u64.to_le_bytes();
    let before = (-2_i64).to_le_bytes();
    let cases: [(Options<'_>, u64, u64); 8] = [
        (&[], 1_500_000, 3 * SECOND / 2),
        (&[(9, &[6])], 1_500_000, 3 * SECOND / 2),
        (&[(9, &[9])], 1_500_000_000, 3 * SECOND / 2),
        (&[(9, &[0])], 7, 7 * SECOND),
        (&[(9, &[12])], 1_500_000_000_000, 3 * SECOND / 2),
        // A 1024th of a second.
        (&[(9, &[0x8a])], 1536, 3 * SECOND / 2),
        (&[(2, b"eth0"), (9, &[9]), (14, &hour)], 5, 3600 * SECOND + 5),
        (&[(14, &before)], 3_000_000, SECOND),
    ];
    for (options, ticks, expected) in cases {
        let order = Order::Little;
        let file = [section(order), interface(order, 1, 0, options), enhanced(order, 0, ticks, b"x", 1)].concat();
        assert_eq!(read(&file).0[0].0, expected, "{options:?}");
    }
}

#[test]
fn sections_have_byte_order_and_interfaces_of_their_own() {
    let (little, big) = (Order::Little, Order::Big);
    let file = [
        section(little),
        interface(little, 1, 0, &[]),
        interface(little, 101, 0, &[]),
        enhanced(little, 1, 1, b"a", 1),
        enhanced(little, 0, 2, b"b", 1),
        section(big),
        interface(big, 113, 0, &[]),
        enhanced(big, 0, 3, b"c", 1),
    ];
    let links: Vec<_> = read(&file.concat()).0.into_iter().map(|frame| frame.1).collect();
    assert_eq!(links, [LinkType::RawIp, LinkType::Ethernet, LinkType::LinuxSll]);
}

#[test]
fn interfaces_that_cannot_be_read_are_left_out_with_one_warning() {
    let order = Order::Little;
    let file = [
        section(order),
        interface(order, 189, 0, &[]),
        interface(order, 1, 0, &[]),
        enhanced(order, 0, 1, b"usb", 3),
        enhanced(order, 1, 2, b"frame", 5),
        enhanced(order, 0, 3, b"usb", 3),
    ];
    let (frames, warnings) = read(&file.concat());
    assert_eq!(frames.len(), 1);
    assert_eq!(
        warnings,
        ["byte 68: link type 189 (USB_LINUX) is not read; the packets of its interfaces are left out"]
    );
}

#[test]
fn damage_ends_the_capture_where_it_is() {
    let order = Order::Little;
    let good = [section(order), interface(order, 1, 0, &[]), enhanced(order, 0, 1, b"good", 4)].concat();
    let spoilt = |change: fn(&mut Vec<u8>)| {
        let mut bytes = enhanced(order, 0, 2, b"late", 4);
        change(&mut bytes);
        bytes
    };
    let cases = [
        (spoilt(|bytes| bytes[4] = 8), "a block that says it is shorter than its own header"),
        (spoilt(|bytes| bytes[7] = 0x7f), "a block that says it is longer than 16 MiB"),
        (spoilt(|bytes| bytes[32] = 0), "a block whose two lengths differ"),
        (spoilt(|bytes| bytes[8] = 9), "a packet of interface 9, which is not described"),
        (spoilt(|bytes| bytes[20] = 200), "a packet claims 200 bytes in a block of 36"),
        (spoilt(|bytes| bytes.truncate(30)), "the capture ends in the middle of a block"),
        (block(order, 6, &[0; 8]), "a block that is too short for what it holds"),
        (block(order, 0x0a0d_0d0a, &[0; 16]), "a section whose byte order cannot be told"),
    ];
    for (bad, what) in cases {
        let (frames, warnings) = read(&[good.clone(), bad].concat());
        assert_eq!(frames.len(), 1, "{what}");
        assert_eq!(warnings, [format!("byte {}: {what}", good.len())]);
    }
}
