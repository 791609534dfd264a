//! A gate in a real line between two hosts: what is sent arrives, or does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::time::Duration;

use peergate_datapath::abi::Action;
use peergate_datapath::attach::Prefer;
use peergate_datapath::bridge::{Bridge, BridgeConfig, Mode};
use peergate_datapath::sample::Sample;
use peergate_datapath::source::{Enforcer, Place};
use peergate_datapath::tables::{Towards, Verdict};

use support::frames::{self, ethernet, key, v4, v6, A4, A6, B4, B6, TCP, UDP};
use support::net::{arrives, comes, Net};
use support::possible;

const DROP: Verdict = Verdict::lasting(Action::Drop);
const REJECT: Verdict = Verdict::lasting(Action::Reject);

/// Runs `test` in both modes, if it can run here.
fn in_both_modes(test: impl Fn(&Net, &mut Bridge)) {
    for mode in [Mode::Bridge, Mode::Wire] {
        with_config(|config| BridgeConfig { mode, ..config }, |net, bridge| test(net, bridge));
    }
}

fn with_config(change: impl FnOnce(BridgeConfig) -> BridgeConfig, test: impl FnOnce(&Net, &mut Bridge)) {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = change(net.config());
    let mut bridge = Bridge::open(&config).unwrap();
    test(&net, &mut bridge);
}

#[test]
fn udp_over_both_families_passes_until_it_is_blocked() {
    in_both_modes(|net, bridge| {
        let (a4, b4) = (net.udp("a", A4, 4000), net.udp("b", B4, 53));
        let (a6, b6) = (net.udp("a", A6, 4000), net.udp("b", B6, 53));
        a4.send_to(b"four", (B4, 53)).unwrap();
        a6.send_to(b"six", (B6, 53)).unwrap();
        assert!(arrives(&b4, b"four") && arrives(&b6, b"six"));
        bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, 53), UDP), &DROP).unwrap();
        bridge.tables().set_verdict(&key(v6(A6, 4000), v6(B6, 53), UDP), &DROP).unwrap();
        a4.send_to(b"four", (B4, 53)).unwrap();
        b6.send_to(b"six", (A6, 4000)).unwrap();
        assert!(!arrives(&b4, b"four") && !arrives(&a6, b"six"));
        a4.send_to(b"other port", (B4, 54)).unwrap();
        assert_eq!(bridge.tables().stats().unwrap().dropped_by_verdict, 2);
    });
}

#[test]
fn tagged_frames_pass_untouched_and_are_shown_with_their_tags() {
    let stacks: [&[(u16, u16)]; 3] = [&[(0x8100, 0xa007)], &[(0x88a8, 100), (0x8100, 7)], &[(0x8100, 1), (0x8100, 2)]];
    in_both_modes(|net, bridge| {
        let (a, b) = (net.raw("a"), net.raw("b"));
        for (port, tags) in (1..).zip(stacks) {
            let (one, other) = (v6(A6, port), v6(B6, 53));
            let frame = ethernet(tags, &frames::datagram(one, other, b"tagged"));
            a.send(&frame).unwrap();
            assert!(comes(&b, &frame), "{tags:x?}");
            let mut shown = Vec::new();
            bridge
                .drain(Duration::ZERO, |_, sample| match sample {
                    Sample::Whole(whole, seen) if seen.key == key(one, other, UDP) => shown = whole.bytes.to_vec(),
                    _ => {}
                })
                .unwrap();
            assert_eq!(shown, frame, "{tags:x?}");
            bridge.tables().set_verdict(&key(one, other, UDP), &DROP).unwrap();
            a.send(&frame).unwrap();
            assert!(!comes(&b, &frame), "{tags:x?}");
        }
    });
}

#[test]
fn a_packet_that_a_router_sends_back_is_counted_and_shown_once_and_blocked_both_times() {
    in_both_modes(|net, bridge| {
        let (a, b) = (net.raw("a"), net.raw("b"));
        let (one, other) = (v6(A6, 700), v6(B6, 53));
        let frame = ethernet(&[], &frames::datagram(one, other, b"there and back"));
        a.send(&frame).unwrap();
        assert!(comes(&b, &frame));
        b.send(&frame).unwrap();
        assert!(comes(&a, &frame));
        let mut shown = 0;
        bridge
            .drain(Duration::ZERO, |_, sample| shown += u32::from(sample.seen().key == key(one, other, UDP)))
            .unwrap();
        let counters = bridge.tables().counters_of(&key(one, other, UDP)).unwrap().unwrap();
        assert_eq!((shown, counters.packets.iter().sum::<u64>()), (1, 1));
        bridge.tables().set_verdict(&key(one, other, UDP), &DROP).unwrap();
        b.send(&frame).unwrap();
        assert!(!comes(&a, &frame));
    });
}

#[test]
fn fragments_that_a_host_made_pass_and_are_blocked_with_their_flow() {
    in_both_modes(|net, bridge| {
        let (a4, b4) = (net.udp("a", A4, 4000), net.udp("b", B4, 53));
        let (a6, b6) = (net.udp("a", A6, 4000), net.udp("b", B6, 53));
        let long = vec![7; 4000];
        a4.send_to(&long, (B4, 53)).unwrap();
        a6.send_to(&long, (B6, 53)).unwrap();
        assert!(arrives(&b4, &long) && arrives(&b6, &long));
        let mut of_flow = 0;
        bridge
            .drain(Duration::ZERO, |_, sample| {
                of_flow += u32::from(sample.seen().key == key(v6(A6, 4000), v6(B6, 53), UDP));
            })
            .unwrap();
        assert_eq!(of_flow, 3, "all fragments belong to the flow");
        bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, 53), UDP), &DROP).unwrap();
        bridge.tables().set_verdict(&key(v6(A6, 4000), v6(B6, 53), UDP), &DROP).unwrap();
        a4.send_to(&long, (B4, 53)).unwrap();
        a6.send_to(&long, (B6, 53)).unwrap();
        assert!(!arrives(&b4, &long) && !arrives(&b6, &long));
        let stats = bridge.tables().stats().unwrap();
        assert_eq!((stats.dropped_by_verdict, stats.orphan_fragments), (6, 0));
    });
}

#[test]
fn tcp_flows_through_with_its_super_packets_whole() {
    in_both_modes(|net, bridge| {
        let listener = net.listen("b", B4, 80);
        let mut client = net.connect("a", B4, 80).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let sent = vec![5; 1 << 20];
        let expected = sent.clone();
        let reader = std::thread::spawn(move || {
            let mut got = vec![0; 1 << 20];
            server.read_exact(&mut got).unwrap();
            got == expected
        });
        client.write_all(&sent).unwrap();
        assert!(reader.join().unwrap());
        let mut bytes = 0;
        let port = client.local_addr().unwrap().port();
        bridge
            .tables()
            .flow_counters(&mut |flow, counters| {
                if *flow == key(v4(A4, port), v4(B4, 80), TCP) {
                    bytes = counters.bytes[0];
                }
            })
            .unwrap();
        assert!(bytes > 1 << 20, "headers count, in every segment: {bytes}");
    });
}

#[test]
fn datagrams_of_a_super_packet_are_shown_one_by_one() {
    with_config(
        |config| config,
        |net, bridge| {
            let (a, b) = (net.udp("a", A6, 4000), net.udp("b", B6, 443));
            let size: libc::c_int = 1200;
            // SAFETY: the option takes an int, which lives through the call.
            let set = unsafe {
                libc::setsockopt(a.as_raw_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, (&raw const size).cast(), 4)
            };
            assert_eq!(set, 0);
            let payload: Vec<u8> = (0..3000_u32).map(|n| (n / 1200) as u8).collect();
            a.send_to(&payload, (B6, 443)).unwrap();
            assert!(arrives(&b, &[0; 1200]) && arrives(&b, &[1; 1200]) && arrives(&b, &[2; 600]));
            let mut shown = Vec::new();
            bridge
                .drain(Duration::ZERO, |_, sample| match sample {
                    Sample::Whole(whole, seen) if seen.key.proto == UDP => shown.push(whole.bytes[14..].to_vec()),
                    _ => {}
                })
                .unwrap();
            let (one, other) = (v6(A6, 4000), v6(B6, 443));
            for (n, packet) in shown.iter().enumerate() {
                let length = if n == 2 { 600 } else { 1200 };
                let expected = frames::datagram(one, other, &vec![n as u8; length]);
                assert_eq!(packet[4..6], expected[4..6], "IP length");
                assert_eq!(packet[40..46], expected[40..46], "ports and UDP length");
                assert_eq!(packet[48..], expected[48..], "payload");
            }
            assert_eq!(shown.len(), 3);
        },
    );
}

#[test]
fn link_aggregation_sees_through_a_wire_but_not_through_a_bridge() {
    for (mode, passes) in [(Mode::Wire, true), (Mode::Bridge, false)] {
        with_config(
            |config| BridgeConfig { mode, ..config },
            |net, _| {
                let (a, b) = (net.raw("a"), net.raw("b"));
                let mut frame = frames::ethernet_of(&[], 0x8809, &[1; 46]);
                frame[..6].copy_from_slice(&[1, 0x80, 0xc2, 0, 0, 2]);
                a.send(&frame).unwrap();
                assert_eq!(comes(&b, &frame), passes, "{mode:?}");
            },
        );
    }
}

#[test]
fn a_verdict_given_while_looking_at_a_sample_stops_the_next_packet() {
    in_both_modes(|net, bridge| {
        let (a, b) = (net.udp("a", A4, 4000), net.udp("b", B4, 53));
        a.send_to(b"first", (B4, 53)).unwrap();
        assert!(arrives(&b, b"first"));
        bridge
            .drain(Duration::from_secs(1), |tables, sample| {
                tables.set_verdict(&sample.seen().key, &DROP).unwrap();
            })
            .unwrap();
        a.send_to(b"second", (B4, 53)).unwrap();
        assert!(!arrives(&b, b"second"));
    });
}

#[test]
fn a_rejected_connection_ends_on_both_sides() {
    in_both_modes(|net, bridge| {
        for (addr, one, other) in
            [(B4.into(), v4(A4, 0), v4(B4, 80)), (std::net::IpAddr::from(B6), v6(A6, 0), v6(B6, 80))]
        {
            let listener = net.listen("b", addr, 80);
            let mut client = net.connect("a", addr, 80).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let one = peergate_engine::packet::Endpoint { port: client.local_addr().unwrap().port(), ..one };
            client.write_all(b"hello").unwrap();
            server.read_exact(&mut [0; 5]).unwrap();
            bridge.drain(Duration::ZERO, |_, _| ()).unwrap();
            bridge.tables().set_verdict(&key(one, other, TCP), &REJECT).unwrap();
            client.write_all(b"more").unwrap();
            bridge.drain(Duration::from_secs(1), |_, _| ()).unwrap();
            assert_eq!(client.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
            server.set_read_timeout(Some(support::net::PATIENCE)).unwrap();
            assert_eq!(server.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        }
    });
}

#[test]
fn rejecting_at_the_deciding_packet_resets_at_once() {
    in_both_modes(|net, bridge| {
        let listener = net.listen("b", B4, 80);
        let mut client = net.connect("a", B4, 80).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(support::net::PATIENCE)).unwrap();
        client.write_all(b"log on").unwrap();
        server.read_exact(&mut [0; 6]).unwrap();
        bridge
            .drain(Duration::from_secs(1), |tables, sample| {
                if sample.seen().payload_len == 6 {
                    tables.set_verdict(&sample.seen().key, &REJECT).unwrap();
                }
            })
            .unwrap();
        assert_eq!(server.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(client.read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_rejected_endpoint_refuses_connections_and_datagrams() {
    in_both_modes(|net, bridge| {
        let _listener = net.listen("b", B4, 80);
        bridge.tables().set_endpoint(v4(B4, 80), TCP, &REJECT, Towards::EVERYONE).unwrap();
        bridge.tables().set_endpoint(v6(B6, 53), UDP, &REJECT, Towards::EVERYONE).unwrap();
        let udp = net.udp("a", A6, 4000);
        udp.connect((B6, 53)).unwrap();
        udp.send(b"hello").unwrap();
        bridge.drain(Duration::from_secs(1), |_, _| ()).unwrap();
        assert_eq!(udp.recv(&mut [0; 9]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        std::thread::scope(|scope| {
            let connecting = scope.spawn(|| net.connect("a", B4, 80).unwrap_err().kind());
            for _ in 0..20 {
                bridge.drain(Duration::from_millis(20), |_, _| ()).unwrap();
            }
            assert_eq!(connecting.join().unwrap(), ErrorKind::ConnectionRefused);
        });
    });
}

#[test]
fn clsact_serves_where_tcx_is_not_wanted() {
    with_config(
        |config| BridgeConfig { attach: Prefer::Clsact, mode: Mode::Wire, ..config },
        |net, bridge| {
            assert_eq!(bridge.attachment(), Place::Clsact);
            let (a, b) = (net.udp("a", A4, 4000), net.udp("b", B4, 53));
            bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, 53), UDP), &DROP).unwrap();
            a.send_to(b"x", (B4, 53)).unwrap();
            assert!(!arrives(&b, b"x"));
            a.send_to(b"y", (B4, 54)).unwrap();
            assert_eq!(bridge.tables().stats().unwrap().dropped_by_verdict, 1);
        },
    );
}
