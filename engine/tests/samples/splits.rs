//! What the streams of the samples tell must not depend on where their segments split. Evidence may: a segment of the right
//! length is some.

use std::collections::BTreeSet;

use peergate_engine::facts::{FactStore, Signs};
use peergate_engine::inspect::{registry, Notes, Reading};
use peergate_engine::packet::{Side, Transport};

use crate::{samples, talks, Talk};

/// Protocols and facts that were found.
type Found = BTreeSet<String>;

/// Reads a conversation of which one message comes in two pieces.
fn found(talk: &Talk, split: usize, cut: usize) -> Found {
    let (mut reading, mut facts) = (Reading::default(), FactStore::default());
    let (mut signs, mut announced, mut found) = (Signs::new(), Vec::new(), Found::new());
    let mut turned = false;
    for (place, (side, bytes)) in talk.messages.iter().enumerate() {
        let (one, other) = bytes.split_at(if place == split { cut } else { bytes.len() });
        for piece in [one, other].into_iter().filter(|piece| !piece.is_empty()) {
            let mut notes = Notes::new(&mut facts, &mut signs, &mut announced, 1);
            reading.bytes(&talk.payload(if turned { side.other() } else { *side }, piece), &mut notes);
            found.extend(notes.recognised.iter().map(|id| registry().profile(id).unwrap().name.to_owned()));
            if notes.client == Some(Side::Server) {
                turned = !turned;
                reading.turn();
            }
        }
    }
    found.extend(facts.iter().map(|(field, value)| format!("{} {value:?}", registry().field(field).unwrap().name)));
    found
}

#[test]
fn what_a_stream_tells_does_not_depend_on_where_its_segments_split() {
    for sample in samples() {
        for talk in talks(&sample).iter().filter(|talk| talk.transport == Transport::Tcp) {
            let whole = found(talk, usize::MAX, 0);
            for (place, (_, bytes)) in talk.messages.iter().enumerate() {
                for cut in 1..bytes.len() {
                    let seen = found(talk, place, cut);
                    assert_eq!(seen, whole, "{}: message {place} cut at {cut}", sample.display());
                }
            }
        }
    }
}
