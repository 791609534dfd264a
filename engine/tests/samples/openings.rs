//! The samples' openings, asked of every protocol: one is certain, and it is the one that the sample is of.

use peergate_engine::inspect::{registry, First, Layer, Match, CERTAIN, PROTOCOLS};

use crate::{protocol_of, samples, talks, Talk};

/// Who says of a flow's first payload that it is theirs, how much their sign weighs, and how deep they lie; the heaviest
/// first.
fn claims(talk: &Talk) -> Vec<(&'static str, i16, Layer)> {
    let (side, first) = &talk.messages[0];
    let payload = talk.payload(*side, first);
    let mut claims = Vec::new();
    registry().asked(&payload, |(_, protocol)| {
        if let Match::Yes(sign) = protocol.matches(&payload) {
            claims.push((protocol.profile().name, sign.weight, protocol.profile().layer));
        }
    });
    claims.sort_by_key(|(_, weight, _)| std::cmp::Reverse(*weight));
    claims
}

#[test]
fn an_opening_is_certain_to_one_protocol_at_most() {
    for sample in samples() {
        for claims in talks(&sample).iter().map(claims) {
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
        let claims: Vec<_> = talks(&sample).iter().map(claims).collect();
        let first = claims.iter().filter_map(|claims| claims.first());
        let known = first.map(|claim| claim.0).any(|name| name == protocol_of(&sample));
        assert!(known, "{}: {claims:?}", sample.display());
    }
}

/// Shapes spare questions, and change no answer.
#[test]
fn whoever_would_not_say_no_is_asked() {
    for talk in samples().iter().flat_map(|sample| talks(sample)) {
        for (side, message) in &talk.messages {
            for length in (1..=message.len().min(40)).chain([message.len()]) {
                let payload = talk.payload(*side, &message[..length]);
                let mut asked = Vec::new();
                registry().asked(&payload, |(_, protocol)| asked.push(protocol.profile().name));
                for protocol in PROTOCOLS {
                    let (name, transports) = (protocol.profile().name, protocol.profile().transports);
                    // A first byte is a condition of its own; shapes only say what is in the conditions anyway.
                    let shaped = matches!(protocol.profile().first, First::Shapes(_));
                    let in_vain =
                        !transports.contains(&talk.transport) || matches!(protocol.matches(&payload), Match::No);
                    assert!(
                        in_vain || !shaped || asked.contains(&name),
                        "{name} was not asked about {:?}",
                        &message[..length]
                    );
                }
            }
        }
    }
}
