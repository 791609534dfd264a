//! The tap: sees both directions of a plain bridge and can make TCP end, but not UDP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::BridgeConfig;
use peergate_datapath::sample::Sample;
use peergate_datapath::source::{self, FrameSource, Place};
use peergate_datapath::tables::{Towards, Verdict};
use peergate_datapath::tap::Tap;

use support::frames::{self, ethernet, key, v4, v6, A4, A6, ACK, B4, B6, RST, SYN, TCP, UDP};
use support::net::{arrives, comes, Net, PATIENCE};
use support::possible;

fn with_tap(test: impl FnOnce(&Net, &mut Tap)) {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = net.config();
    let mut tap = Tap::open(&config).unwrap();
    test(&net, &mut tap);
}

#[test]
fn it_hears_both_directions_with_their_ports() {
    with_tap(|net, tap| {
        let (a, b) = (net.udp("a", A6, 4000), net.udp("b", B6, 53));
        a.send_to(b"there", (B6, 53)).unwrap();
        assert!(arrives(&b, b"there"));
        b.send_to(b"back", (A6, 4000)).unwrap();
        assert!(arrives(&a, b"back"));
        let mut heard = Vec::new();
        tap.drain(Duration::ZERO, &mut |_, sample| {
            let seen = sample.seen();
            if seen.key == key(v6(A6, 4000), v6(B6, 53), UDP) {
                heard.push((seen.port, seen.payload_len));
            }
        })
        .unwrap();
        assert_eq!(heard, [(0, 5), (1, 4)]);
    });
}

#[test]
fn it_puts_tags_back() {
    with_tap(|net, tap| {
        let (one, other) = (v4(A4, 1), v4(B4, 53));
        let frame = ethernet(&[(0x88a8, 100), (0x8100, 7)], &frames::datagram(one, other, b"tagged"));
        let b = net.raw("b");
        net.raw("a").send(&frame).unwrap();
        assert!(comes(&b, &frame));
        let mut heard = Vec::new();
        tap.drain(Duration::ZERO, &mut |_, sample| {
            if let Sample::Whole(whole, seen) = sample {
                if seen.key == key(one, other, UDP) {
                    heard = whole.bytes.to_vec();
                }
            }
        })
        .unwrap();
        assert_eq!(heard, frame);
    });
}

#[test]
fn it_resets_a_connection_when_it_decides() {
    with_tap(|net, tap| {
        let listener = net.listen("b", B4, 80);
        let mut client = net.connect("a", B4, 80).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(b"log on").unwrap();
        server.read_exact(&mut [0; 6]).unwrap();
        tap.drain(Duration::from_secs(1), &mut |enforcer, sample| {
            if sample.seen().payload_len == 6 {
                enforcer.set_verdict(&sample.seen().key, &Verdict::lasting(Action::Drop)).unwrap();
            }
        })
        .unwrap();
        assert_eq!(server.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(client.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn it_shows_what_may_begin_another_connection_and_refuses_that_only_while_it_stays_blocked() {
    with_tap(|net, tap| {
        let (a, b) = (net.raw("a"), net.raw("b"));
        let (one, other) = (v6(A6, 4000), v6(B6, 80));
        tap.enforcer().set_verdict(&key(one, other, TCP), &Verdict::lasting(Action::Drop)).unwrap();
        let syn = ethernet(&[], &frames::numbered(one, other, SYN, [5, 0], b""));
        let answer = ethernet(&[], &frames::numbered(other, one, SYN | ACK, [9, 6], b""));
        let mut refused = Vec::new();
        for forgets in [false, true] {
            a.send(&syn).unwrap();
            assert!(comes(&b, &syn));
            b.send(&answer).unwrap();
            assert!(comes(&a, &answer));
            let mut shown = Vec::new();
            tap.drain(Duration::ZERO, &mut |enforcer, sample| {
                let seen = sample.seen();
                if seen.key == key(one, other, TCP) && seen.tcp_flags & RST == 0 {
                    shown.push(seen.tcp_flags);
                    if forgets && seen.tcp_flags & ACK != 0 {
                        enforcer.forget_verdict(&seen.key).unwrap();
                    }
                }
            })
            .unwrap();
            assert!(shown.contains(&SYN) && shown.contains(&(SYN | ACK)), "{shown:?}");
            refused.push(tap.enforcer().stats().unwrap().copied_refused);
        }
        assert_eq!(refused[0], 1, "its answer");
        assert_eq!(refused[1], refused[0], "it is another's");
    });
}

#[test]
fn it_refuses_learned_endpoints_by_group_but_cannot_stop_datagrams() {
    with_tap(|net, tap| {
        let reject = Verdict::lasting(Action::Reject);
        tap.enforcer().set_groups(&[(v4([10, 77, 0, 0].into(), 0).addr, 24, 3)]).unwrap();
        tap.enforcer().set_endpoint(v4(B4, 53), UDP, &reject, Towards::NOBODY.and(3)).unwrap();
        tap.enforcer().set_endpoint(v4(B4, 80), TCP, &reject, Towards::NOBODY.and(4)).unwrap();
        let (a, b) = (net.udp("a", A4, 4000), net.udp("b", B4, 53));
        a.connect((B4, 53)).unwrap();
        a.send(b"x").unwrap();
        assert!(arrives(&b, b"x"), "it passed before anyone could judge it");
        tap.drain(Duration::from_secs(1), &mut |_, _| ()).unwrap();
        assert_eq!(a.recv(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let _listener = net.listen("b", B4, 80);
        net.connect("a", B4, 80).unwrap();
        tap.drain(Duration::from_secs(1), &mut |_, _| ()).unwrap();
    });
}

#[test]
fn it_is_what_a_bridge_falls_back_to() {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    // The kernel refuses a table with no room.
    let mut config = net.config();
    config.sizes.flows = 0;
    let opened = source::open(&config).unwrap();
    assert_eq!(opened.source.place(), Place::Tap);
    assert!(opened.fallback.unwrap().to_string().starts_with("cannot load the kernel part"));
    let nowhere = BridgeConfig { ports: ["nowhere".into(), "p1".into()], ..config };
    let error = source::open(&nowhere).err().unwrap();
    assert!(error.to_string().starts_with("port nowhere: "), "{error}");
}
