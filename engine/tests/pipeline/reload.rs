//! New signatures in a running engine: what is up is judged by them, and what is learned is learned anew.

use std::sync::Arc;

use peergate_engine::apps::Catalog;
use peergate_engine::policy::{Policy, RuleSpec};

use crate::play::{End, Happened, Play, Seen, ACK, HERE, STARTS, THERE};
use crate::talk::{client_hello, dht, dht_answer, noise};

/// Sorts before all shipped applications, so that every number is another than before.
const OURS: &str = r#"
app = "aaa"
title = "Ours"
category = "chat"
what = "A messenger."
why = "It is not wanted here."
domains = ["example.com"]
"#;

const BYTES: &str = r#"
app = "bbb"
title = "Bytes"
category = "game"
what = "A game."
[[sign]]
what = "its greeting"
bytes = { side = "client", hex = "de ad be ef 01" }
weight = 60
"#;

const SOCKET: End = (HERE, 51_413);
const PEER: End = (THERE, 6_881);

fn catalog(files: &[(&str, &str)]) -> Arc<Catalog> {
    Arc::new(Catalog::parse(files).unwrap())
}

fn block(app: &str, catalog: &Catalog) -> Arc<Policy> {
    let rule = RuleSpec { name: "no".into(), app: vec![app.into()], action: "block".into(), ..RuleSpec::default() };
    Arc::new(Policy::compile(&[], &[rule], catalog).unwrap())
}

fn verdicts(play: &mut Play) -> Vec<Seen> {
    let verdict = |happened| if let Happened::Verdict(seen, _) = happened { Some(seen) } else { None };
    play.happened().into_iter().filter_map(verdict).collect()
}

fn said(seen: &[Seen]) -> Vec<(&str, &str)> {
    seen.iter().map(|seen| (seen.app.as_str(), seen.action)).collect()
}

#[test]
fn a_flow_that_is_up_is_named_and_refused_by_new_signatures() {
    let mut play = Play::live();
    let (client, server) = ((HERE, 50_000), (THERE, 443));
    play.connect(client, server);
    play.segment(client, server, STARTS, ACK, &client_hello("www.example.com"));
    assert_eq!(said(&verdicts(&mut play)), [("tls", "allow")]);
    let ours = catalog(&[("ours.toml", OURS)]);
    play.set_catalog(ours.clone(), block("aaa", &ours));
    let told = verdicts(&mut play);
    assert_eq!(said(&told), [("aaa", "block")]);
    assert!(told[0].shows("lies under example.com, which is Ours").is_some(), "{:?}", told[0].evidence);
}

#[test]
fn what_is_said_of_a_flow_stays_said_though_all_numbers_change() {
    let mut play = Play::live();
    play.datagram(SOCKET, PEER, &dht());
    play.datagram(PEER, SOCKET, &dht_answer());
    assert_eq!(said(&verdicts(&mut play)), [("bittorrent", "allow")]);
    let ours = catalog(&[("ours.toml", OURS)]);
    play.set_catalog(ours.clone(), block("aaa", &ours));
    assert_eq!(said(&verdicts(&mut play)), []);
    let flows = play.finish();
    assert_eq!((flows[0].app.as_str(), flows[0].action), ("bittorrent", "allow"));
    assert!(flows[0].shows("distributed hash table").is_some(), "{:?}", flows[0].evidence);
}

#[test]
fn bytes_that_are_gone_are_remembered_by_the_name_they_gave_while_it_exists() {
    let mut play = Play::live();
    let with = catalog(&[("bytes.toml", BYTES)]);
    play.set_catalog(with.clone(), Arc::default());
    play.datagram(SOCKET, PEER, &[&[0xde, 0xad, 0xbe, 0xef, 1][..], &noise(60)].concat());
    // Long enough that its opening is not kept any more.
    for _ in 0..300 {
        play.datagram(PEER, SOCKET, &noise(60));
    }
    assert_eq!(said(&verdicts(&mut play)).last(), Some(&("bbb", "allow")));
    let more = catalog(&[("bytes.toml", BYTES), ("ours.toml", OURS)]);
    play.set_catalog(more.clone(), block("bbb", &more));
    assert_eq!(said(&verdicts(&mut play)), [("bbb", "block")]);
    let without = catalog(&[]);
    play.set_catalog(without, Arc::default());
    assert_eq!(play.finish()[0].app, "unknown");
}

#[test]
fn endpoints_are_learned_anew() {
    let mut play = Play::live();
    play.datagram(SOCKET, PEER, &dht());
    play.datagram(PEER, SOCKET, &dht_answer());
    let ours = catalog(&[("ours.toml", OURS)]);
    play.set_catalog(ours, Arc::default());
    play.happened();
    play.datagram((THERE, 7_000), SOCKET, &noise(90));
    assert_eq!(said(&verdicts(&mut play)), []);
}
