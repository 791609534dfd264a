//! Frames in memory: copies of the conversations under other addresses, many at a time, as a line carries them.

use std::io::{self, Cursor};
use std::path::Path;
use std::sync::Arc;

use peergate_datapath::file::CaptureFile;
use peergate_engine::packet::{Frame, LinkType, Time};

use crate::talks::Talk;
use crate::wire::{self, Ends};

/// Conversations that take turns, packet by packet: about as near each other as in a capture of a busy office.
const AT_ONCE: u32 = 250;
/// Nanoseconds between two frames: a line of 200,000 packets a second.
const APART: u64 = 5_000;
const BEGIN: u64 = 1_700_000_000 * Time::SECOND;

/// The header of a pcap file: microseconds, Ethernet.
const HEADER: [u8; 24] = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];

/// A capture in memory. Frames come out of it as out of a file: through a window that stays in the processor's cache, as
/// a network card would leave them there.
pub struct Load {
    bytes: Arc<[u8]>,
    packets: usize,
}

impl Load {
    /// So many flows, each of at most so many packets.
    pub fn generate(talks: &[Talk], flows: u32, most_packets: usize) -> Self {
        let (mut bytes, mut packets) = (HEADER.to_vec(), 0);
        each_frame(talks, flows, most_packets, &mut |frame| {
            record(frame, &mut bytes);
            packets += 1;
        });
        Self { bytes: bytes.into(), packets }
    }

    /// A capture file, as it is.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut load = Self { bytes: std::fs::read(path)?.into(), packets: 0 };
        let mut file = load.open();
        while file.next_frame().is_some() {
            load.packets += 1;
        }
        Ok(load)
    }

    pub fn len(&self) -> usize {
        self.packets
    }

    /// The capture, at its beginning.
    pub fn open(&self) -> CaptureFile {
        CaptureFile::from_reader(Cursor::new(Arc::clone(&self.bytes))).expect("a capture")
    }

    /// The frames that `wanted` names, as a capture of their own.
    pub fn part(&self, wanted: impl Fn(&Frame<'_>) -> bool) -> Self {
        let (mut bytes, mut packets, mut file) = (HEADER.to_vec(), 0, self.open());
        while let Some(frame) = file.next_frame() {
            if wanted(&frame) {
                record(&frame, &mut bytes);
                packets += 1;
            }
        }
        Self { bytes: bytes.into(), packets }
    }

    /// As a file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, &self.bytes)
    }
}

fn record(frame: &Frame<'_>, bytes: &mut Vec<u8>) {
    let micros = frame.time.0 / 1000;
    for number in [micros / 1_000_000, micros % 1_000_000, frame.bytes.len() as u64, u64::from(frame.wire_len)] {
        bytes.extend_from_slice(&(number as u32).to_le_bytes());
    }
    bytes.extend_from_slice(frame.bytes);
}

/// Gives every frame of so many flows, in the order of time.
pub fn each_frame(talks: &[Talk], flows: u32, most_packets: usize, each: &mut impl FnMut(&Frame<'_>)) {
    let shares: Vec<usize> =
        talks.iter().enumerate().flat_map(|(place, talk)| vec![place; talk.share as usize]).collect();
    let (mut time, mut bytes) = (BEGIN, Vec::new());
    for first in (0..flows).step_by(AT_ONCE as usize) {
        let wave = first..(first + AT_ONCE).min(flows);
        for place in 0..most_packets {
            for flow in wave.clone() {
                let talk = &talks[shares[mixed(flow) as usize % shares.len()]];
                let Some(said) = talk.said.get(place) else { continue };
                bytes.clear();
                wire::write(said, talk.proto, ends(flow, talk.port), &mut bytes);
                time += APART;
                let wire_len = bytes.len() as u32;
                each(&Frame { time: Time(time), link: LinkType::Ethernet, port: 0, bytes: &bytes, wire_len });
            }
        }
    }
}

/// 30,000 hosts in 10.0.0.0/8 talk to 4,000 servers; no two flows have the same ends.
fn ends(flow: u32, port: u16) -> Ends {
    const HOSTS: u32 = 30_000;
    let host = (flow % HOSTS).to_be_bytes();
    let server = (mixed(flow) >> 8).to_be_bytes();
    let client_port = 20_000 + (flow / HOSTS) as u16;
    Ends { client: ([10, 7, host[2], host[3]], client_port), server: ([198, 18, server[2] & 15, server[3]], port) }
}

/// Spreads numbers that follow each other.
fn mixed(number: u32) -> u32 {
    let number = (number ^ number >> 16).wrapping_mul(0x7feb_352d);
    (number ^ number >> 15).wrapping_mul(0x846c_a68b) ^ number >> 16
}
