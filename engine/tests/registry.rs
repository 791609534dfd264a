//! What must hold for every protocol. A new file joins by its line in `PROTOCOLS`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;

use peergate_engine::facts::{FactStore, Facts, Signs};
use peergate_engine::inspect::{registry, First, Layer, Match, Next, Parser, Payload, MOST_KEPT, PROTOCOLS};
use peergate_engine::packet::{Addr, Endpoint, Side, Time, Transport};
use proptest::prelude::*;

const CLIENT: Endpoint = Endpoint { addr: Addr::v4([10, 0, 0, 1]), port: 40_000 };
const SERVER: Endpoint = Endpoint { addr: Addr::v4([198, 51, 100, 7]), port: 443 };

fn payload(bytes: &[u8], side: Side, transport: Transport, server_port: u16) -> Payload<'_> {
    Payload {
        bytes,
        wire_len: bytes.len() as u32,
        other: &[],
        side,
        time: Time(0),
        transport,
        client: CLIENT,
        server: Endpoint { port: server_port, ..SERVER },
    }
}

fn feed(parser: &mut dyn Parser, payload: &Payload<'_>) -> Next {
    let (mut store, mut signs, mut announced) = (FactStore::default(), Signs::new(), Vec::new());
    parser.feed(payload, &mut Facts::new(&mut store, &mut signs, &mut announced, 1, 1))
}

#[test]
fn names_are_unique_and_words() {
    let mut seen = BTreeSet::new();
    for protocol in PROTOCOLS {
        let name = protocol.profile().name;
        assert!(seen.insert(name), "{name} twice");
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        assert!(name.bytes().all(word), "{name} is no word");
    }
}

#[test]
fn facts_begin_with_the_name_of_their_protocol() {
    for protocol in PROTOCOLS {
        let profile = protocol.profile();
        let prefix = format!("{}.", profile.name.replace('-', "_"));
        for field in profile.fields {
            assert!(field.name.starts_with(&prefix), "{} of {}", field.name, profile.name);
        }
    }
}

#[test]
fn fields_and_signs_have_numbers_of_their_own() {
    let registry = registry();
    let mut fields = BTreeSet::new();
    let mut signs = BTreeSet::new();
    for profile in PROTOCOLS.iter().map(|protocol| protocol.profile()) {
        for field in profile.fields {
            assert!(fields.insert(field.id()), "{} is listed twice", field.name);
            assert_eq!(registry.field(field.id()).unwrap().name, field.name);
        }
        for sign in profile.signs {
            assert!(signs.insert(sign.id()), "\"{}\" of {} is listed twice", sign.what, profile.name);
        }
    }
}

#[test]
fn what_is_shown_to_people_is_said() {
    for profile in PROTOCOLS.iter().map(|protocol| protocol.profile()) {
        assert!(!profile.title.is_empty() && !profile.transports.is_empty(), "{}", profile.name);
        assert!(!profile.signs.is_empty(), "{} can never say why", profile.name);
        for sign in profile.signs {
            assert!(sign.weight > 0 && sign.what.len() > 8, "{}: \"{}\"", profile.name, sign.what);
        }
    }
}

#[test]
fn the_deepest_layer_outweighs() {
    assert!(Layer::Carrier < Layer::Session && Layer::Session < Layer::Content);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_panic_and_nobody_keeps_too_much(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 1..12),
        sides in proptest::collection::vec(any::<bool>(), 12),
        port in prop_oneof![Just(443u16), Just(53), Just(80), Just(5060), any::<u16>()],
    ) {
        for protocol in PROTOCOLS {
            for transport in protocol.profile().transports {
                let mut parser = protocol.parser();
                for (piece, server) in pieces.iter().zip(&sides) {
                    let side = if *server { Side::Server } else { Side::Client };
                    let payload = payload(piece, side, *transport, port);
                    let _ = protocol.matches(&payload);
                    let next = feed(parser.as_mut(), &payload);
                    prop_assert!(parser.kept() <= MOST_KEPT, "{} keeps {}", protocol.profile().name, parser.kept());
                    if let Next::Inside(used) | Next::Becomes(_, used) = next {
                        prop_assert!(used <= piece.len(), "{} used {used} of {}", protocol.profile().name, piece.len());
                    }
                }
            }
        }
    }

    #[test]
    fn random_payloads_are_nobody_s_for_certain(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..600),
            proptest::collection::vec(any::<u8>(), 1..20),
            proptest::collection::vec(0u8..8, 1..20),
        ],
    ) {
        for protocol in PROTOCOLS {
            for transport in protocol.profile().transports.iter().filter(|each| !matches!(each, Transport::Other(_))) {
                let payload = payload(&bytes, Side::Client, *transport, 31_337);
                let (name, said) = (protocol.profile().name, protocol.matches(&payload));
                if let Match::Yes(sign) = said {
                    // 400 cases by some 100 protocols: a rule worth more than 1 in a million must not fit by chance.
                    prop_assert!(sign.weight < 60, "{name} takes noise: {}", sign.what);
                }
                let mut asked = false;
                registry().asked(&payload, |(_, each)| asked |= each.profile().name == name);
                let shaped = matches!(protocol.profile().first, First::Shapes(_));
                prop_assert!(asked || !shaped || matches!(said, Match::No), "{name} was not asked");
            }
        }
    }
}
