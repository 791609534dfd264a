//! What is learned, what is not, and when it ends.

use super::*;

const SKYPE: AppId = AppId(7);
const TOX: AppId = AppId(8);

fn peer(port: u16) -> Endpoint {
    Endpoint { addr: Addr::v4([198, 51, 100, 7]), port }
}

fn at(seconds: u64) -> Time {
    Time(1_000_000 * Time::SECOND + seconds * Time::SECOND)
}

fn teaching(app: AppId, decibans: i16, seconds: u64) -> Teaching {
    Teaching { app, protocol: ProtocolId(1), decibans, flow: 1, now: at(seconds) }
}

#[test]
fn a_peer_that_was_recognised_is_known_until_it_expires() {
    let mut learned = Learned::new(Limits::default(), 1);
    let lesson = learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0));
    assert_eq!(lesson.map(|lesson| lesson.app), Some(SKYPE));
    assert_eq!(learned.lookup(peer(40_000), Transport::Udp, at(60)).map(|known| known.app), Some(SKYPE));
    assert!(learned.lookup(peer(40_000), Transport::Tcp, at(60)).is_none());
    assert!(learned.lookup(peer(40_000), Transport::Udp, at(30 * 60)).is_none());
}

#[test]
fn a_renewal_prolongs_the_lesson_and_is_no_news() {
    let mut learned = Learned::new(Limits::default(), 1);
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0));
    let again = learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 1200));
    assert!(again.is_none());
    let known = learned.lookup(peer(40_000), Transport::Udp, at(2400)).unwrap();
    assert_eq!(known.learned, at(0));
}

#[test]
fn weak_evidence_teaches_nothing() {
    let mut learned = Learned::new(Limits::default(), 1);
    assert!(learned
        .learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, TEACHES - 1, 0))
        .is_none());
    assert_eq!(learned.sizes(), (0, 0));
}

#[test]
fn nothing_is_learned_where_many_services_share_a_port_or_a_socket_is_short_lived() {
    let mut learned = Learned::new(Limits::default(), 1);
    for port in [53, 80, 443, 3478, 8080] {
        assert!(learned
            .learn(peer(port), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0))
            .is_none());
    }
    assert!(learned.learn(peer(40_000), Side::Client, Transport::Tcp, Way::Local, &teaching(SKYPE, 60, 0)).is_none());
}

#[test]
fn an_endpoint_that_serves_two_applications_tells_nothing() {
    let mut learned = Learned::new(Limits::default(), 1);
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0));
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(TOX, 60, 10));
    assert!(learned.lookup(peer(40_000), Transport::Udp, at(20)).is_none());
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(TOX, 60, 30));
    assert!(learned.lookup(peer(40_000), Transport::Udp, at(40)).is_none());
}

#[test]
fn what_was_announced_is_known_for_a_shorter_time_and_yields_to_what_was_seen() {
    let mut learned = Learned::new(Limits::default(), 1);
    assert!(learned.announce(peer(40_000), Transport::Udp, &teaching(SKYPE, 60, 0)).is_some());
    assert_eq!(learned.lookup(peer(40_000), Transport::Udp, at(100)).map(|known| known.way), Some(Way::Announced));
    assert!(learned.lookup(peer(40_000), Transport::Udp, at(120)).is_none());
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(TOX, 60, 10));
    assert!(learned.announce(peer(40_000), Transport::Udp, &teaching(SKYPE, 60, 20)).is_none());
    assert_eq!(learned.lookup(peer(40_000), Transport::Udp, at(30)).map(|known| known.app), Some(TOX));
}

#[test]
fn never_more_is_kept_than_the_limits_say_and_the_latest_stays() {
    let mut learned = Learned::new(Limits { endpoints: 100, names: 10 }, 1);
    for port in 20_000..30_000_u16 {
        learned.learn(peer(port), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0));
        learned.name(
            Addr::v4([10, 0, port.to_be_bytes()[0], port.to_be_bytes()[1]]),
            Box::new(*b"host.example"),
            60,
            at(0),
        );
    }
    let (endpoints, names) = learned.sizes();
    assert!(endpoints <= 100 && names <= 10, "{endpoints} {names}");
    assert!(learned.lookup(peer(29_999), Transport::Udp, at(1)).is_some());
}

#[test]
fn a_name_lasts_as_long_as_its_answer_but_at_least_a_minute() {
    let mut learned = Learned::new(Limits::default(), 1);
    let addr = Addr::v4([192, 0, 2, 1]);
    learned.name(addr, Box::new(*b"edge.example.com"), 5, at(0));
    assert_eq!(learned.name_of(addr, at(59)).map(|found| found.name), Some(&b"edge.example.com"[..]));
    assert!(learned.name_of(addr, at(60)).is_none());
}

#[test]
fn an_address_with_names_of_two_owners_is_not_alone() {
    let mut learned = Learned::new(Limits::default(), 1);
    let addr = Addr::v4([192, 0, 2, 1]);
    learned.name(addr, Box::new(*b"a.example.com"), 600, at(0));
    learned.name(addr, Box::new(*b"b.example.com"), 600, at(1));
    assert!(learned.name_of(addr, at(2)).unwrap().alone);
    learned.name(addr, Box::new(*b"shop.example.net"), 600, at(3));
    let found = learned.name_of(addr, at(4)).unwrap();
    assert_eq!((found.name, found.alone), (&b"shop.example.net"[..], false));
}

#[test]
fn several_flows_of_one_local_socket_teach_together_what_one_may_not() {
    let mut learned = Learned::new(Limits::default(), 1);
    let mut show = |app, flow, way| {
        let weak = Teaching { flow, ..teaching(app, 24, flow) };
        learned.learn(peer(40_000), Side::Client, Transport::Udp, way, &weak).is_some()
    };
    assert!(!show(SKYPE, 1, Way::Local));
    assert!(!show(SKYPE, 1, Way::Local), "the same flow again is no news");
    assert!(!show(SKYPE, 2, Way::Remote), "a far socket may serve many");
    for flow in 2..5 {
        assert!(!show(SKYPE, flow, Way::Local));
    }
    assert!(show(SKYPE, 5, Way::Local));
    assert_eq!(learned.lookup(peer(40_000), Transport::Udp, at(10)).map(|known| known.app), Some(SKYPE));
}

#[test]
fn weak_evidence_of_two_applications_does_not_add_up() {
    let mut learned = Learned::new(Limits::default(), 1);
    for (flow, app) in [(1, SKYPE), (2, TOX), (3, SKYPE), (4, TOX)] {
        let weak = Teaching { flow, ..teaching(app, 24, flow) };
        assert!(learned.learn(peer(40_000), Side::Client, Transport::Udp, Way::Local, &weak).is_none());
    }
    assert!(learned.lookup(peer(40_000), Transport::Udp, at(10)).is_none());
}

#[test]
fn what_is_spoken_over_udp_at_a_port_explains_the_same_port_over_tcp_but_not_the_other_way() {
    let mut learned = Learned::new(Limits::default(), 1);
    learned.learn(peer(40_000), Side::Server, Transport::Udp, Way::Remote, &teaching(SKYPE, 60, 0));
    assert_eq!(learned.of_end(peer(40_000), Transport::Tcp, at(1)).map(|known| known.app), Some(SKYPE));
    learned.learn(peer(50_000), Side::Server, Transport::Tcp, Way::Remote, &teaching(TOX, 60, 0));
    assert!(learned.of_end(peer(50_000), Transport::Udp, at(1)).is_none());
}

#[test]
fn weak_evidence_of_few_among_many_flows_does_not_add_up() {
    let mut learned = Learned::new(Limits::default(), 1);
    for flow in 0..200 {
        if flow % 20 == 0 {
            let weak = Teaching { flow, ..teaching(SKYPE, 24, flow) };
            assert!(learned.learn(peer(40_000), Side::Client, Transport::Udp, Way::Local, &weak).is_none());
        }
        for _ in 0..3 {
            assert!(learned.lookup(peer(40_000), Transport::Udp, at(flow)).is_none());
        }
    }
}
