//! What a connection says must not depend on how its bytes were cut into segments, nor on the order of their arrival.

use crate::play::{segment, End, Play, Seen, ACK, HERE, STARTS, THERE};
use crate::talk::{bittorrent, client_hello, REQUEST, RESPONSE};

const CLIENT: End = (HERE, 50_000);

/// A conversation: where it is served, what the client says, what the server answers.
fn conversations() -> Vec<(End, Vec<u8>, Vec<u8>)> {
    vec![
        ((THERE, 80), REQUEST.to_vec(), RESPONSE.to_vec()),
        ((THERE, 443), client_hello("chat.signal.org"), Vec::new()),
        ((THERE, 6_881), bittorrent(), bittorrent()),
    ]
}

/// Plays what the client says in pieces, by their places in it, then the answer; tells what came of it.
fn told(server: End, says: &[u8], pieces: &[(usize, usize)], answer: &[u8]) -> Seen {
    let mut play = Play::new();
    play.connect(CLIENT, server);
    let [asked, answered] = STARTS;
    for (from, to) in pieces {
        let seq = asked.wrapping_add(*from as u32);
        play.segment(CLIENT, server, [seq, answered], ACK, &says[*from..*to]);
    }
    let end = asked.wrapping_add(says.len() as u32);
    play.segment(server, CLIENT, [answered, end], ACK, answer);
    let [seen] = play.finish().try_into().unwrap();
    seen
}

fn whole(server: End, says: &[u8], answer: &[u8]) -> Seen {
    told(server, says, &[(0, says.len())], answer)
}

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let insert = |order: &Vec<usize>, place: usize| {
        let mut longer = order.clone();
        longer.insert(place, count - 1);
        longer
    };
    orders(count - 1).iter().flat_map(|order| (0..count).map(move |place| insert(order, place))).collect()
}

fn pieces(len: usize, count: usize) -> Vec<(usize, usize)> {
    (0..count).map(|place| (len * place / count, len * (place + 1) / count)).collect()
}

#[test]
fn the_conversations_are_recognised_when_they_come_whole() {
    let told: Vec<Seen> = conversations().iter().map(|(server, says, answer)| whole(*server, says, answer)).collect();
    assert_eq!(told[0].fact("http.host"), Some("www.example.com"));
    assert_eq!(told[0].fact("http.server"), Some("example"));
    assert_eq!((told[1].app.as_str(), told[1].fact("tls.server_name")), ("signal", Some("chat.signal.org")));
    assert_eq!((told[2].app.as_str(), told[2].protocol), ("bittorrent", "bittorrent"));
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for (server, says, answer) in conversations() {
        let expected = whole(server, &says, &answer);
        for cut in 1..says.len() {
            let seen = told(server, &says, &[(0, cut), (cut, says.len())], &answer);
            assert_eq!(seen.says(), expected.says(), "cut at {cut}");
        }
    }
}

#[test]
fn four_bytes_at_a_time_change_nothing() {
    for (server, says, answer) in conversations() {
        let small = pieces(says.len(), says.len() / 4);
        assert_eq!(told(server, &says, &small, &answer).says(), whole(server, &says, &answer).says());
    }
}

#[test]
fn any_order_of_five_segments_changes_nothing() {
    for (server, says, answer) in conversations() {
        let expected = whole(server, &says, &answer);
        let five = pieces(says.len(), 5);
        for order in orders(5) {
            let shuffled: Vec<_> = order.iter().map(|place| five[*place]).collect();
            assert_eq!(told(server, &says, &shuffled, &answer).says(), expected.says(), "in order {order:?}");
        }
    }
}

#[test]
fn a_segment_that_comes_again_changes_nothing() {
    for (server, says, answer) in conversations() {
        let [one, two, three] = pieces(says.len(), 3).try_into().unwrap();
        let seen = told(server, &says, &[one, two, one, (0, two.1), three, three], &answer);
        assert_eq!(seen.says(), whole(server, &says, &answer).says());
    }
}

#[test]
fn a_hole_that_is_filled_late_changes_nothing() {
    for (server, says, answer) in conversations() {
        let mut late = pieces(says.len(), 20);
        let missing = late.remove(1);
        late.push(missing);
        assert_eq!(told(server, &says, &late, &answer).says(), whole(server, &says, &answer).says());
    }
}

#[test]
fn after_a_hole_that_stays_the_other_side_is_read_on() {
    let (mut play, server) = (Play::new(), (THERE, 80));
    play.connect(CLIENT, server);
    let [asked, answered] = STARTS;
    for place in [100, 200, 300] {
        play.segment(CLIENT, server, [asked.wrapping_add(place), answered], ACK, &[b'x'; 100]);
    }
    play.segment(server, CLIENT, [answered, asked.wrapping_add(400)], ACK, RESPONSE);
    let seen = &play.finish()[0];
    assert_eq!((seen.protocol, seen.fact("http.server")), ("http", Some("example")));
}

#[test]
fn a_capture_that_was_cut_keeps_the_lengths_of_the_wire() {
    let (mut play, server) = (Play::new(), (THERE, 80));
    play.connect(CLIENT, server);
    let [asked, answered] = STARTS;
    let request = segment(CLIENT, server, [asked, answered], ACK, REQUEST);
    play.cut(&request, 54 + 30);
    let seen = &play.finish()[0];
    assert_eq!(seen.packets, [3, 1]);
    assert_eq!(seen.bytes, [54 + 54 + request.len() as u64, 54]);
    assert_eq!((seen.protocol, seen.fact("http.method")), ("http", Some("GET")));
}
