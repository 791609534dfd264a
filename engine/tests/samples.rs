//! The samples' openings, asked of every protocol: one is certain, and it is the one that the sample is of.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use peergate_engine::bytes::Reader;
use peergate_engine::decode::Decoder;
use peergate_engine::flow::FlowKey;
use peergate_engine::inspect::{Layer, Match, Payload, CERTAIN, PROTOCOLS};
use peergate_engine::packet::{Endpoint, Frame, LinkType, Packet, Side, Time, Transport};

/// The first payload of a flow; its sender is taken for the client, as in every sample.
struct Opening {
    bytes: Vec<u8>,
    transport: Transport,
    source: Endpoint,
    destination: Endpoint,
}

impl Opening {
    fn of(packet: &Packet<'_>) -> Self {
        Self {
            bytes: packet.payload.to_vec(),
            transport: packet.transport,
            source: packet.source,
            destination: packet.destination,
        }
    }

    /// Who says that it is theirs, how much their sign weighs, and how deep they lie; the heaviest first.
    fn claims(&self) -> Vec<(&'static str, i16, Layer)> {
        let payload = Payload {
            bytes: &self.bytes,
            wire_len: self.bytes.len() as u32,
            other: &[],
            side: Side::Client,
            time: Time(0),
            transport: self.transport,
            client: self.source,
            server: self.destination,
        };
        let asked = PROTOCOLS.iter().filter(|protocol| {
            let profile = protocol.profile();
            profile.transports.contains(&self.transport) && profile.first.fits(self.bytes[0])
        });
        let mut claims: Vec<_> = asked
            .filter_map(|protocol| match protocol.matches(&payload) {
                Match::Yes(sign) => Some((protocol.profile().name, sign.weight, protocol.profile().layer)),
                _ => None,
            })
            .collect();
        claims.sort_by_key(|(_, weight, _)| std::cmp::Reverse(*weight));
        claims
    }
}

/// The captures below `samples`, which are pcap with nanoseconds in little-endian order.
fn samples() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let below = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = below(all).filter(|path| path.is_dir()).flat_map(below);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "pcap")).collect()
}

/// How each flow of a capture begins.
fn openings(capture: &[u8]) -> Vec<Opening> {
    let mut reader = Reader::new(capture);
    reader.skip(24).unwrap();
    let (mut decoder, mut seen) = (Decoder::default(), HashMap::new());
    let mut found = Vec::new();
    while let (Some(_), Some(len), Some(wire_len)) = (reader.skip(8), reader.le32(), reader.le32()) {
        let bytes = reader.take(len as usize).unwrap();
        let frame = Frame { time: Time(0), link: LinkType::Ethernet, port: 0, bytes, wire_len };
        decoder.decode(&frame, &mut |packet| {
            let key = format!("{:?}", FlowKey::of(packet).0);
            if !packet.payload.is_empty() && seen.insert(key, ()).is_none() {
                found.push(Opening::of(packet));
            }
        });
    }
    found
}

fn protocol_of(sample: &Path) -> &str {
    sample.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap()
}

#[test]
fn an_opening_is_certain_to_one_protocol_at_most() {
    for sample in samples() {
        for opening in openings(&fs::read(&sample).unwrap()) {
            let claims = opening.claims();
            let deepest = claims.iter().map(|(_, _, layer)| *layer).max();
            // What travels in HTTP is HTTP too, but weighs less as that.
            let certain =
                claims.iter().filter(|(_, weight, layer)| *weight >= CERTAIN && Some(*layer) == deepest).count();
            let tied = claims.len() > 1 && claims[0].1 == claims[1].1;
            assert!(certain <= 1 && !tied, "{}: {claims:?}", sample.display());
        }
    }
}

#[test]
fn every_sample_begins_with_what_it_is_of() {
    for sample in samples() {
        let openings = openings(&fs::read(&sample).unwrap());
        let claims: Vec<_> = openings.iter().map(Opening::claims).collect();
        let first = claims.iter().filter_map(|claims| claims.first());
        let known = first.map(|claim| claim.0).any(|name| name == protocol_of(&sample));
        assert!(known, "{}: {claims:?}", sample.display());
    }
}
