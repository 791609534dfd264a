//! Live mode: what is told when, and what a new policy changes.

use std::sync::Arc;

use peergate_engine::policy::{Policy, RuleSpec};

use crate::build::{TCP, UDP};
use crate::play::{catalog, policy, End, Happened, Play, ACK, HERE, STARTS, THERE};
use crate::talk::{bittorrent, client_hello, dht, dht_answer, noise, REQUEST, RESPONSE};

const SOCKET: End = (HERE, 51_413);
const PEER: End = (THERE, 6_881);

fn ask(play: &mut Play) {
    play.datagram(SOCKET, PEER, &dht());
    play.datagram(PEER, SOCKET, &dht_answer());
}

#[test]
fn captures_are_told_at_the_end_of_their_flows_only() {
    let mut play = Play::new();
    ask(&mut play);
    assert!(play.happened().is_empty());
}

#[test]
fn a_verdict_comes_before_what_was_learned_of_it_and_that_before_the_end_of_reading() {
    let mut play = Play::live();
    let server = (THERE, 6_881);
    play.connect((HERE, 50_000), server);
    play.segment((HERE, 50_000), server, STARTS, ACK, &bittorrent());
    let asked = STARTS[0].wrapping_add(68);
    play.segment(server, (HERE, 50_000), [STARTS[1], asked], ACK, &bittorrent());
    let kinds: Vec<&str> = play
        .happened()
        .iter()
        .map(|happened| match happened {
            Happened::Verdict(..) => "verdict",
            Happened::Learned(..) => "learned",
            Happened::Settled => "settled",
            Happened::Ended(_) => "ended",
            Happened::Activity(..) => "activity",
            Happened::Host(..) => "host",
            Happened::Call(_) => "call",
        })
        .collect();
    assert_eq!(kinds, ["verdict", "activity", "learned", "settled"]);
}

#[test]
fn a_verdict_is_told_again_only_when_it_says_something_else() {
    let mut play = Play::live();
    for _ in 0..5 {
        ask(&mut play);
    }
    let verdicts = play.happened().into_iter().filter(|happened| matches!(happened, Happened::Verdict(..))).count();
    assert_eq!(verdicts, 1);
}

fn the_wiki_and_nothing_else() -> Arc<Policy> {
    let rule = |name: &str, app: &[&str], action: &str| RuleSpec {
        name: name.into(),
        app: app.iter().map(|app| (*app).into()).collect(),
        action: action.into(),
        ..RuleSpec::default()
    };
    let rules = [rule("the wiki", &["wikipedia"], "allow"), rule("nothing else", &[], "block")];
    Arc::new(Policy::compile(&[], &rules, &catalog()).unwrap())
}

/// What was decided since this was asked last.
fn decided(play: &mut Play) -> Vec<(String, &'static str)> {
    let verdict = |happened| match happened {
        Happened::Verdict(seen, _) => Some((seen.app, seen.action)),
        _ => None,
    };
    play.happened().into_iter().filter_map(verdict).collect()
}

#[test]
fn a_name_is_waited_for_no_longer_than_bytes_are_shown() {
    let mut play = Play::live();
    play.set_policy(the_wiki_and_nothing_else());
    let (client, server) = ((HERE, 50_000), (THERE, 443));
    play.connect(client, server);
    play.segment(client, server, STARTS, ACK, &client_hello("en.wikipedia.org")[..60]);
    assert_eq!(decided(&mut play), []);
    play.record(client, server, TCP, 1);
    assert_eq!(decided(&mut play).last(), Some(&("tls".to_owned(), "block")));
}

#[test]
fn what_nobody_recognises_is_blocked_by_default_when_no_more_bytes_are_shown() {
    let mut play = Play::live();
    play.set_policy(the_wiki_and_nothing_else());
    let (client, server) = ((HERE, 50_000), (THERE, 40_000));
    for _ in 0..16 {
        play.datagram(client, server, &noise(90));
    }
    assert_eq!(decided(&mut play), []);
    play.record(client, server, UDP, 90);
    assert_eq!(decided(&mut play), [("unknown".to_owned(), "block")]);
}

#[test]
fn a_flow_that_a_former_program_decided_about_is_told_with_what_is_left_to_know() {
    let mut play = Play::live();
    play.set_policy(policy("no downloads", "p2p", "block"));
    ask(&mut play);
    let gist = play.gists()[0];
    let mut next = Play::live();
    next.set_policy(policy("no downloads", "p2p", "block"));
    next.adopt(SOCKET, PEER, UDP, (40, 4_000), gist);
    next.adopt(SOCKET, PEER, UDP, (90, 9_000), gist);
    let told = next.finish();
    let [flow] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((flow.app.as_str(), flow.action, flow.rule.as_deref()), ("bittorrent", "block", Some("no downloads")));
    assert_eq!((flow.packets, flow.reason), ([40, 40], Some("shutdown")));
    assert_eq!(flow.shows("the program that stood here before took it for this"), Some(1));
    assert!(flow.facts.is_empty());
}

#[test]
fn what_only_carries_is_not_blocked_before_the_name_in_it_could_allow_it() {
    let policy = the_wiki_and_nothing_else();
    let talk = |name: &str| {
        let mut play = Play::live();
        play.set_policy(policy.clone());
        let (client, server) = ((HERE, 50_000), (THERE, 443));
        let hello = client_hello(name);
        let (first, second) = hello.split_at(60);
        play.connect(client, server);
        play.segment(client, server, STARTS, ACK, first);
        play.segment(client, server, [STARTS[0].wrapping_add(60), STARTS[1]], ACK, second);
        let server_hello = [&[22, 3, 3, 0, 44, 2, 0, 0, 40, 3, 3][..], &noise(32), &[0, 0x13, 1, 0, 0, 0]].concat();
        let next = STARTS[0].wrapping_add(hello.len() as u32);
        play.segment(server, client, [STARTS[1], next], ACK, &server_hello);
        for place in 0..3 {
            play.segment(client, server, [next.wrapping_add(6 * place), STARTS[1] + 49], ACK, &[23, 3, 3, 0, 1, 9]);
        }
        decided(&mut play)
    };
    assert_eq!(talk("en.wikipedia.org"), [("wikipedia".to_owned(), "allow")]);
    assert_eq!(talk("www.example.com"), [("tls".to_owned(), "block")]);
}

#[test]
fn a_verdict_names_the_packet_that_proved_it() {
    let mut play = Play::live();
    let web = (THERE, 80);
    play.connect((HERE, 50_000), web);
    play.segment((HERE, 50_000), web, STARTS, ACK, REQUEST);
    let happened = play.happened();
    let Some(Happened::Verdict(seen, "allow")) = happened.first() else { panic!("{happened:?}") };
    assert_eq!((seen.app.as_str(), seen.shows("an HTTP request line"), seen.packets), ("http", Some(4), [3, 1]));
}

#[test]
fn a_changed_policy_judges_live_flows_anew() {
    let mut play = Play::live();
    ask(&mut play);
    play.happened();
    play.set_policy(policy("no downloads", "p2p", "block"));
    let happened = play.happened();
    let [Happened::Verdict(seen, "allow")] = happened.as_slice() else { panic!("{happened:?}") };
    assert_eq!((seen.action, seen.rule.as_deref(), seen.reason), ("block", Some("no downloads"), None));
    play.set_policy(policy("downloads are watched", "p2p", "alert"));
    let happened = play.happened();
    let [Happened::Verdict(seen, "block")] = happened.as_slice() else { panic!("{happened:?}") };
    assert_eq!(seen.action, "alert");
    assert_eq!(play.finish()[0].action, "alert");
}

#[test]
fn a_policy_about_something_else_leaves_a_flow_allowed() {
    let mut play = Play::live();
    let web = (THERE, 80);
    play.connect((HERE, 50_000), web);
    play.segment((HERE, 50_000), web, STARTS, ACK, REQUEST);
    let asked = STARTS[0].wrapping_add(REQUEST.len() as u32);
    play.segment(web, (HERE, 50_000), [STARTS[1], asked], ACK, RESPONSE);
    play.set_policy(policy("no downloads", "p2p", "block"));
    assert_eq!(play.finish()[0].action, "allow");
}
