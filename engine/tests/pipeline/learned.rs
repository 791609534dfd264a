//! What one flow teaches about others: sockets, names of addresses, announced media; and what is never learned.

use crate::play::{policy, End, Happened, Play, Seen, ACK, ELSEWHERE, HERE, STARTS, THERE};
use crate::talk::{client_hello, dht, dht_answer, dns, invite, noise, rtp};

const SOCKET: End = (HERE, 51_413);
const PEER: End = (THERE, 6_881);
const OTHER_PEER: End = (ELSEWHERE, 20_000);

/// A question to the hash table, and its answer.
fn ask(play: &mut Play, from: End, to: End) {
    play.datagram(from, to, &dht());
    play.datagram(to, from, &dht_answer());
}

fn first_verdict(play: &mut Play) -> Option<Seen> {
    play.happened().into_iter().find_map(|happened| match happened {
        Happened::Verdict(seen, _) => Some(seen),
        _ => None,
    })
}

#[test]
fn a_local_socket_that_was_recognised_names_its_next_flow_from_the_first_packet() {
    let mut play = Play::live();
    ask(&mut play, SOCKET, PEER);
    let mut learned = play.happened().into_iter().filter_map(|happened| match happened {
        Happened::Learned(app, port) => Some((app, port)),
        _ => None,
    });
    assert!(learned.any(|(app, port)| app == "bittorrent" && port == SOCKET.1));
    play.datagram(OTHER_PEER, SOCKET, &noise(90));
    let seen = first_verdict(&mut play).unwrap();
    assert_eq!((seen.app.as_str(), seen.packets), ("bittorrent", [0, 0]));
    assert!(seen.shows("address and port spoke it in another flow").is_some(), "{:?}", seen.evidence);
}

#[test]
fn a_flow_does_not_hear_from_others_what_it_taught_itself() {
    let mut play = Play::new();
    for _ in 0..4 {
        ask(&mut play, SOCKET, PEER);
    }
    ask(&mut play, SOCKET, OTHER_PEER);
    let flows = play.finish();
    let heard = |seen: &Seen| seen.shows("spoke it in another flow").is_some();
    assert_eq!(
        flows.iter().map(|seen| (seen.packets, heard(seen))).collect::<Vec<_>>(),
        [([4, 4], false), ([1, 1], true)]
    );
}

#[test]
fn what_was_learned_is_forgotten() {
    let mut play = Play::live();
    ask(&mut play, SOCKET, PEER);
    play.wait(3600);
    play.happened();
    play.datagram(OTHER_PEER, SOCKET, &noise(90));
    assert!(first_verdict(&mut play).is_none());
}

#[test]
fn a_learned_flow_is_refused_before_it_says_anything() {
    let mut play = Play::live();
    play.set_policy(policy("no downloads", "p2p", "block"));
    ask(&mut play, SOCKET, PEER);
    play.happened();
    play.datagram(SOCKET, OTHER_PEER, &noise(90));
    let seen = first_verdict(&mut play).unwrap();
    assert_eq!((seen.action, seen.rule.as_deref()), ("block", Some("no downloads")));
}

#[test]
fn nothing_is_learned_of_port_443() {
    let mut play = Play::live();
    ask(&mut play, (HERE, 443), (THERE, 443));
    let learned = play.happened().into_iter().any(|happened| matches!(happened, Happened::Learned(..)));
    assert!(!learned);
    play.datagram((ELSEWHERE, 30_000), (THERE, 443), &noise(90));
    assert!(first_verdict(&mut play).is_none());
}

/// Asks the DNS for a name, which is that of `THERE`.
fn resolve(play: &mut Play, name: &str) {
    let [asked, answered] = dns(name, THERE);
    let resolver = (ELSEWHERE, 53);
    play.datagram((HERE, 40_000), resolver, &asked);
    play.datagram(resolver, (HERE, 40_000), &answered);
}

#[test]
fn an_answer_of_the_dns_names_what_goes_to_its_address() {
    let mut play = Play::new();
    resolve(&mut play, "chat.signal.org");
    let (client, server) = ((HERE, 50_000), (THERE, 443));
    play.connect(client, server);
    play.segment(client, server, STARTS, ACK, &client_hello(""));
    let flows = play.finish();
    assert_eq!((flows[0].protocol, flows[1].protocol, flows[1].app.as_str()), ("dns", "tls", "signal"));
    assert!(flows[1].shows("chat.signal.org").is_some(), "{:?}", flows[1].evidence);
}

#[test]
fn a_name_of_its_own_outweighs_what_the_address_was_called() {
    let mut play = Play::new();
    resolve(&mut play, "chat.signal.org");
    let (client, server) = ((HERE, 50_000), (THERE, 443));
    play.connect(client, server);
    play.segment(client, server, STARTS, ACK, &client_hello("www.example.com"));
    assert_eq!(play.finish()[1].app, "tls");
}

#[test]
fn media_that_a_call_announced_are_known_from_their_first_packet() {
    let mut play = Play::live();
    play.datagram((HERE, 5_060), (THERE, 5_060), &invite("192.168.1.10", 40_000));
    play.happened();
    play.datagram((ELSEWHERE, 31_000), (HERE, 40_000), &rtp(1));
    let seen = first_verdict(&mut play).unwrap();
    assert!(seen.shows("another flow announced this one").is_some(), "{:?}", seen.evidence);
    for number in 2..20 {
        play.datagram((ELSEWHERE, 31_000), (HERE, 40_000), &rtp(number));
    }
    assert_eq!(play.finish()[1].protocol, "rtp");
}
