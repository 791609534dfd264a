//! The pcap format, the packers around it, and what is said about files that are something else.

use std::io::Write;

use peergate_datapath::file::{CaptureFile, OpenError};
use peergate_engine::packet::LinkType;

use crate::write::{pcap, record, Order};
use crate::{open, read};

const MICROSECONDS: u32 = 0xa1b2_c3d4;

fn two_frames() -> Vec<u8> {
    let order = Order::Little;
    [pcap(order, MICROSECONDS, 1), record(order, 5, 7, b"first", 100), record(order, 6, 0, b"second!", 7)].concat()
}

#[test]
fn every_variant_gives_the_same_frames() {
    for order in [Order::Little, Order::Big] {
        for (magic, fraction, interface) in [(MICROSECONDS, 7, 0), (0xa1b2_3c4d, 7000, 0), (0xa1b2_cd34, 7, 8)] {
            let mut one = record(order, 5, fraction, b"bytes", 100);
            one.splice(16..16, vec![0; interface]);
            let (frames, warnings) = read(&[pcap(order, magic, 1), one].concat());
            assert_eq!(frames, [(5_000_007_000, LinkType::Ethernet, b"bytes".to_vec(), 100)]);
            assert!(warnings.is_empty());
        }
    }
}

#[test]
fn the_upper_half_of_the_link_type_tells_of_checksums_only() {
    let (frames, _) = read(&[pcap(Order::Big, MICROSECONDS, 0x1400_0071), record(Order::Big, 0, 0, b"x", 1)].concat());
    assert_eq!(frames[0].1, LinkType::LinuxSll);
}

#[test]
fn packed_captures_read_like_plain_ones() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&two_frames()[..40]).unwrap();
    let mut gzip = gzip.finish().unwrap();
    // In two members, as pigz and concatenation leave them.
    let mut rest = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    rest.write_all(&two_frames()[40..]).unwrap();
    gzip.extend(rest.finish().unwrap());
    let zstd = zstd::encode_all(&two_frames()[..], 1).unwrap();

    let plain = read(&two_frames());
    assert_eq!(plain.0.len(), 2);
    assert_eq!(read(&gzip), plain);
    assert_eq!(read(&zstd), plain);
}

#[test]
fn captures_that_were_joined_are_read_one_after_the_other() {
    let other = [pcap(Order::Big, MICROSECONDS, 0x71), record(Order::Big, 7, 0, b"third", 5)].concat();
    let (frames, warnings) = read(&[two_frames(), other, two_frames()].concat());
    let links: Vec<_> = frames.iter().map(|frame| frame.1).collect();
    let ethernet = LinkType::Ethernet;
    assert_eq!(links, [ethernet, ethernet, LinkType::LinuxSll, ethernet, ethernet]);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_capture_that_was_joined_and_cannot_be_read_is_told() {
    let (frames, warnings) = read(&[two_frames(), pcap(Order::Little, MICROSECONDS, 227)].concat());
    assert_eq!(frames.len(), 2);
    assert_eq!(warnings, ["byte 68: another capture begins, which cannot be read"]);
}

#[test]
fn a_record_without_bytes_is_no_other_capture() {
    let (frames, warnings) = read(&[two_frames(), record(Order::Little, 0xa1b2_c3d4, 5, b"", 0)].concat());
    assert_eq!(frames.len(), 3);
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_packed_capture_that_was_cut_gives_what_is_there() {
    let mut many = pcap(Order::Little, MICROSECONDS, 1);
    for number in 0..20_000_u32 {
        many.extend(record(Order::Little, number, 0, &number.wrapping_mul(0x9e37_79b9).to_be_bytes(), 4));
    }
    let packed = zstd::encode_all(&many[..], 1).unwrap();
    let (frames, warnings) = read(&packed[..packed.len() / 2]);
    assert!(frames.len() > 1000 && frames.len() < 20_000);
    assert!(warnings[0].contains("the zstd data is damaged or cut"), "{warnings:?}");
}

#[test]
fn a_cut_capture_gives_what_is_there_and_says_where_it_ends() {
    let whole = two_frames();
    let (frames, warnings) = read(&whole[..whole.len() - 1]);
    assert_eq!(frames.len(), 1);
    assert_eq!(warnings, ["byte 45: the capture ends in the middle of a packet"]);
    let (frames, warnings) = read(&whole[..50]);
    assert_eq!(frames.len(), 1);
    assert_eq!(warnings, ["byte 45: the capture ends in the middle of the header of a packet"]);
}

#[test]
fn a_record_that_claims_too_much_ends_the_capture_without_its_memory() {
    let mut bytes = two_frames();
    bytes[53..57].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let (frames, warnings) = read(&bytes);
    assert_eq!(frames.len(), 1);
    assert_eq!(warnings, ["byte 45: a packet claims 4294967280 bytes, more than any interface carries"]);
}

#[test]
fn a_file_that_is_no_capture_is_told_for_what_it_is() {
    let cases: [(&[u8], &str); 9] = [
        (b"", "the file is empty"),
        (b"\xd4\xc3\xb2\xa1\x02", "the file ends after 5 bytes, inside the header of the capture"),
        (b"hello, this is a letter\n", "neither pcap nor pcapng: it looks like text"),
        (b"{\"event_type\": \"flow\"}", "neither pcap nor pcapng: it looks like JSON"),
        (b"PK\x03\x04....", "neither pcap nor pcapng: it looks like a ZIP archive; unpack it first"),
        (b"\xfd7zXZ\0..", "neither pcap nor pcapng: it is packed with xz; unpack it with: xz -d"),
        (b"snoop\0\0\0....", "neither pcap nor pcapng: it looks like a capture of Solaris snoop; convert it with: editcap -F pcap IN OUT"),
        (&[0; 64], "neither pcap nor pcapng: it begins with zeros, as files do whose disk or transfer failed"),
        (b"\x01\x02\x03\x04\x05", "neither pcap nor pcapng: it begins with the bytes 01 02 03 04 05"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(open(bytes).err().unwrap().to_string(), expected);
    }
    assert!(matches!(CaptureFile::open("/nowhere/at.all"), Err(OpenError::Io(_))));
    assert!(matches!(CaptureFile::open("/"), Err(OpenError::Io(_))));
}

#[test]
fn an_unread_link_type_is_told_by_number_and_name() {
    for (number, name) in
        [(227, "227 (CAN_SOCKETCAN)"), (149, "149 (USER2, for private use)"), (999, "999 (not in the registry)")]
    {
        let error = open(&pcap(Order::Little, MICROSECONDS, number)).err().unwrap().to_string();
        assert!(error.starts_with(&format!("link type {name} is not read; Ethernet,")), "{error}");
    }
}

#[test]
fn progress_is_told_in_bytes_of_the_file() {
    let path = std::env::temp_dir().join(format!("peergate-progress-{}.pcap", std::process::id()));
    std::fs::write(&path, two_frames()).unwrap();
    let mut capture = CaptureFile::open(&path).unwrap();
    while capture.next_frame().is_some() {}
    std::fs::remove_file(&path).unwrap();
    assert_eq!((capture.bytes_read(), capture.bytes_total()), (68, Some(68)));
}
