//! Capture files, from outside: written by hand in every variant, then read, cut and spoilt.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod hostile;
mod pcap;
mod pcapng;
mod write;

use peergate_datapath::file::{CaptureFile, OpenError};
use peergate_engine::packet::LinkType;

/// A frame as it was read: time, link, bytes, wire length.
type Read = (u64, LinkType, Vec<u8>, u32);

fn open(bytes: &[u8]) -> Result<CaptureFile, OpenError> {
    CaptureFile::from_reader(std::io::Cursor::new(bytes.to_vec()))
}

/// All frames and what the capture is said to suffer from.
fn read(bytes: &[u8]) -> (Vec<Read>, Vec<String>) {
    let mut capture = open(bytes).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = capture.next_frame() {
        frames.push((frame.time.0, frame.link, frame.bytes.to_vec(), frame.wire_len));
    }
    assert_eq!(capture.frames(), frames.len() as u64);
    (frames, capture.warnings().iter().map(ToString::to_string).collect())
}
