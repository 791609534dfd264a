//! Frames in memory: copies of the conversations under other addresses, many at a time, as a line carries them.

use std::io::{self, Write};
use std::path::Path;

use peergate_datapath::file::CaptureFile;
use peergate_engine::packet::{Frame, LinkType, Time};

use crate::talks::Talk;
use crate::wire::{self, Ends};

/// Conversations that take turns.
const AT_ONCE: u32 = 2000;
/// Nanoseconds between two frames: a line of 200,000 packets a second.
const APART: u64 = 5_000;
const BEGIN: u64 = 1_700_000_000 * Time::SECOND;

struct Kept {
    time: Time,
    link: LinkType,
    at: usize,
    len: usize,
    wire_len: u32,
}

/// A capture in memory.
#[derive(Default)]
pub struct Load {
    bytes: Vec<u8>,
    frames: Vec<Kept>,
}

impl Load {
    /// So many flows, each of at most so many packets.
    pub fn generate(talks: &[Talk], flows: u32, most_packets: usize) -> Self {
        let mut load = Self::default();
        each_frame(talks, flows, most_packets, &mut |frame| load.push(frame));
        load
    }

    /// A capture file.
    pub fn read(path: &Path) -> Self {
        let mut file = CaptureFile::open(path).expect("a capture");
        let mut load = Self::default();
        while let Some(frame) = file.next_frame() {
            load.push(&frame);
        }
        load
    }

    fn push(&mut self, frame: &Frame<'_>) {
        let (at, len) = (self.bytes.len(), frame.bytes.len());
        self.bytes.extend_from_slice(frame.bytes);
        self.frames.push(Kept { time: frame.time, link: frame.link, at, len, wire_len: frame.wire_len });
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    pub fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        self.frames.iter().map(|kept| Frame {
            time: kept.time,
            link: kept.link,
            port: 0,
            bytes: &self.bytes[kept.at..kept.at + kept.len],
            wire_len: kept.wire_len,
        })
    }

    /// The frames that `wanted` names, in a place of their own.
    pub fn part(&self, wanted: impl Fn(&Frame<'_>) -> bool) -> Self {
        let mut part = Self::default();
        self.frames().filter(wanted).for_each(|frame| part.push(&frame));
        part
    }

    /// As a pcap file.
    pub fn write(&self, mut file: impl Write) -> io::Result<()> {
        file.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        file.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0])?;
        for frame in self.frames() {
            let micros = frame.time.0 / 1000;
            let head = [micros / 1_000_000, micros % 1_000_000, frame.bytes.len() as u64, u64::from(frame.wire_len)];
            for number in head {
                file.write_all(&(number as u32).to_le_bytes())?;
            }
            file.write_all(frame.bytes)?;
        }
        file.flush()
    }
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
