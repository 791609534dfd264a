//! What must hold for every protocol on its samples. A new sample joins by lying in its folder.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod openings;
mod splits;

use std::fs;
use std::path::{Path, PathBuf};

use peergate_engine::bytes::Reader;
use peergate_engine::decode::Decoder;
use peergate_engine::flow::FlowKey;
use peergate_engine::inspect::Payload;
use peergate_engine::packet::{Endpoint, Frame, LinkType, Packet, Side, Time, Transport};

/// One flow: who said what, in order. Who sent the first packet, be it an empty one, is the client.
struct Talk {
    key: FlowKey,
    transport: Transport,
    client: Endpoint,
    server: Endpoint,
    messages: Vec<(Side, Vec<u8>)>,
}

impl Talk {
    fn begin(key: FlowKey, packet: &Packet<'_>) -> Self {
        let (client, server) = (packet.source, packet.destination);
        Self { key, transport: packet.transport, client, server, messages: Vec::new() }
    }

    fn payload<'a>(&self, side: Side, bytes: &'a [u8]) -> Payload<'a> {
        Payload {
            bytes,
            wire_len: bytes.len() as u32,
            other: &[],
            side,
            time: Time(0),
            transport: self.transport,
            client: self.client,
            server: self.server,
        }
    }
}

/// The flows of a capture that say something.
fn talks(capture: &Path) -> Vec<Talk> {
    let capture = fs::read(capture).unwrap();
    let mut reader = Reader::new(&capture);
    reader.skip(24).unwrap();
    let (mut decoder, mut talks) = (Decoder::default(), Vec::<Talk>::new());
    while let (Some(()), Some(len), Some(wire_len)) = (reader.skip(8), reader.le32(), reader.le32()) {
        let bytes = reader.take(len as usize).unwrap();
        let frame = Frame { time: Time(0), link: LinkType::Ethernet, port: 0, bytes, wire_len };
        decoder.decode(&frame, &mut |packet| add(&mut talks, packet));
    }
    talks.retain(|talk| !talk.messages.is_empty());
    talks
}

fn add(talks: &mut Vec<Talk>, packet: &Packet<'_>) {
    let (key, _) = FlowKey::of(packet);
    let place = talks.iter().position(|talk| talk.key == key).unwrap_or_else(|| {
        talks.push(Talk::begin(key, packet));
        talks.len() - 1
    });
    if packet.payload.is_empty() {
        return;
    }
    let talk = &mut talks[place];
    let side = if packet.source == talk.client { Side::Client } else { Side::Server };
    talk.messages.push((side, packet.payload.to_vec()));
}

/// The captures below `samples`, which are pcap with nanoseconds in little-endian order.
fn samples() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = below(all).filter(|path| path.is_dir()).flat_map(below);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "pcap")).collect()
}

/// The folder that a sample is in.
fn protocol_of(sample: &Path) -> &str {
    sample.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap()
}
