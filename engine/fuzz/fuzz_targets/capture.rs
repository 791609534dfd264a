//! Capture files: pcap, pcapng, gzip and zstd, whatever the bytes say they are.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use peergate_datapath::file::CaptureFile;

/// A few bytes unpack to gigabytes of honest frames; reading them all finds nothing new.
const MAX_FRAMES: u64 = 10_000;

fuzz_target!(|input: &[u8]| {
    let Ok(mut capture) = CaptureFile::from_reader(Cursor::new(input.to_vec())) else { return };
    while let Some(frame) = capture.next_frame() {
        assert!(frame.bytes.len() as u64 <= u64::from(frame.wire_len));
        if capture.frames() == MAX_FRAMES {
            return;
        }
    }
    assert!(capture.next_frame().is_none());
    assert!(capture.warnings().len() <= 9);
});
