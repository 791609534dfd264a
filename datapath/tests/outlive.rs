//! The line outlives the program: killed, replaced, stopped, taken away.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Bridge, BridgeConfig, Fail, Mode};
use peergate_datapath::gate::Sizes;
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::Verdict;

use support::frames::{key, v4, A4, B4, UDP};
use support::net::{arrives, Net};
use support::possible;

const DROP: Verdict = Verdict::lasting(Action::Drop);
const PASS: Verdict = Verdict::lasting(Action::Pass);

/// From A's port 4000: to this port is blocked, to that one allowed, to any other undecided.
const BLOCKED: u16 = 53;
const ALLOWED: u16 = 54;
const UNDECIDED: u16 = 55;

/// Tells a copy of this test program which bridge to run.
const ORDER: &str = "PEERGATE_TEST_LOADER";

/// Not a test of its own: the program that other tests start in order to kill it.
#[test]
fn a_loader_runs_until_it_is_killed() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let [name, netns, mode, fail] = order.split(' ').collect::<Vec<_>>()[..] else { panic!("{order}") };
    let config = BridgeConfig {
        name: name.into(),
        netns: Some(netns.into()),
        mode: if mode == "Wire" { Mode::Wire } else { Mode::Bridge },
        fail: if fail == "Closed" { Fail::Closed } else { Fail::Open },
        ports: ["p0".into(), "p1".into()],
        heartbeat_timeout: Duration::from_millis(500),
        ..support::config()
    };
    let mut bridge = Bridge::open(&config).unwrap();
    bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, BLOCKED), UDP), &DROP).unwrap();
    bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, ALLOWED), UDP), &PASS).unwrap();
    println!("loader is ready");
    // An orphan must not live for ever.
    let end = Instant::now() + Duration::from_secs(50);
    while Instant::now() < end {
        bridge.drain(Duration::from_millis(50), |_, _| ()).unwrap();
        bridge.tables().beat().unwrap();
    }
}

fn start_loader(config: &BridgeConfig) -> Child {
    let netns = config.netns.as_ref().unwrap().display();
    let order = format!("{} {netns} {:?} {:?}", config.name, config.mode, config.fail);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_loader_runs_until_it_is_killed", "--nocapture"])
        .env(ORDER, order)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("loader is ready")), "the loader came up");
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What reaches B of a datagram to each of the three ports.
fn reaches(net: &Net) -> [bool; 3] {
    let a = net.udp("a", A4, 4000);
    [BLOCKED, ALLOWED, UNDECIDED].map(|port| {
        let b = net.udp("b", B4, port);
        a.send_to(b"x", (B4, port)).unwrap();
        arrives(&b, b"x")
    })
}

/// Sends a numbered datagram a millisecond while `meanwhile` runs; gives how many were sent and how many came.
fn under_traffic(net: &Net, meanwhile: impl FnOnce()) -> (u32, u32) {
    let (a, b) = (net.udp("a", A4, 5000), net.udp("b", B4, 5001));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| send_until(&a, &over));
        let receiver = scope.spawn(|| count_until(&b, &over));
        sleep(Duration::from_millis(50));
        meanwhile();
        sleep(Duration::from_millis(50));
        over.store(true, Ordering::Relaxed);
        (sender.join().unwrap(), receiver.join().unwrap())
    })
}

fn send_until(socket: &UdpSocket, over: &AtomicBool) -> u32 {
    let mut sent = 0;
    while !over.load(Ordering::Relaxed) {
        socket.send_to(b"tick", (B4, 5001)).unwrap();
        sent += 1;
        sleep(Duration::from_millis(1));
    }
    sent
}

/// Counts what comes, until it is over and nothing came for a while: a busy machine lets the sender wait too.
fn count_until(socket: &UdpSocket, over: &AtomicBool) -> u32 {
    let mut count = 0;
    loop {
        let ends = over.load(Ordering::Relaxed);
        if socket.recv(&mut [0; 16]).is_ok() {
            count += 1;
        } else if ends {
            return count;
        }
    }
}

#[test]
fn a_killed_program_leaves_the_line_and_its_verdicts() {
    if !possible() {
        return;
    }
    for mode in [Mode::Bridge, Mode::Wire] {
        let mut net = Net::new();
        let config = BridgeConfig { mode, ..net.config() };
        let loader = start_loader(&config);
        assert_eq!(reaches(&net), [false, true, true], "{mode:?}, alive");
        let (sent, came) = under_traffic(&net, || {
            kill(loader);
            sleep(Duration::from_millis(700));
        });
        assert_eq!(sent, came, "{mode:?}, while it dies and after");
        assert_eq!(reaches(&net), [false, true, true], "{mode:?}, dead");
    }
}

#[test]
fn a_line_that_fails_closed_keeps_what_was_allowed_and_drops_the_rest() {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = BridgeConfig { fail: Fail::Closed, mode: Mode::Wire, ..net.config() };
    let loader = start_loader(&config);
    assert_eq!(reaches(&net), [false, true, true], "alive");
    kill(loader);
    sleep(Duration::from_millis(600));
    assert_eq!(reaches(&net), [false, true, false], "dead");
    let again = start_loader(&config);
    assert_eq!(reaches(&net), [false, true, true], "alive again");
    kill(again);
}

#[test]
fn the_next_program_takes_over_without_losing_a_packet_or_a_verdict() {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = BridgeConfig { mode: Mode::Wire, ..net.config() };
    let mut first = Bridge::open(&config).unwrap();
    assert!(!first.adopted());
    first.tables().set_verdict(&key(v4(A4, 4000), v4(B4, BLOCKED), UDP), &DROP).unwrap();
    let mut second = None;
    let (sent, came) = under_traffic(&net, || {
        second = Some(Bridge::open(&config).unwrap());
        drop(first);
    });
    assert_eq!(sent, came);
    let mut second = second.unwrap();
    assert!(second.adopted());
    assert_eq!(reaches(&net), [false, true, true]);
    assert!(second.drain(Duration::ZERO, |_, _| ()).unwrap() > 0, "the ring is taken over too");
}

#[test]
fn other_sizes_or_ports_start_afresh() {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = BridgeConfig { mode: Mode::Wire, ..net.config() };
    drop(Bridge::open(&config).unwrap());
    let larger = BridgeConfig { sizes: Sizes { flows: 2048, ..config.sizes }, ..config.clone() };
    assert!(!Bridge::open(&larger).unwrap().adopted(), "other sizes");
    let turned = BridgeConfig { ports: ["p1".into(), "p0".into()], ..larger };
    assert!(!Bridge::open(&turned).unwrap().adopted(), "other ports");
    assert!(Bridge::open(&turned).unwrap().adopted());
    assert_eq!(reaches(&net), [true, true, true]);
}

#[test]
fn detaching_gives_the_plain_bridge_back_without_losing_a_packet() {
    if !possible() {
        return;
    }
    for mode in [Mode::Bridge, Mode::Wire] {
        let mut net = Net::new();
        let config = BridgeConfig { mode, ..net.config() };
        let mut bridge = Bridge::open(&config).unwrap();
        bridge.tables().set_verdict(&key(v4(A4, 4000), v4(B4, BLOCKED), UDP), &DROP).unwrap();
        assert_eq!(reaches(&net), [false, true, true], "{mode:?}");
        drop(bridge);
        let (sent, came) = under_traffic(&net, || {
            assert!(Bridge::detach(&config.name, config.netns.as_deref()).unwrap());
        });
        assert_eq!(sent, came, "{mode:?}");
        assert_eq!(reaches(&net), [true, true, true], "{mode:?}");
        assert!(!Bridge::detach(&config.name, config.netns.as_deref()).unwrap(), "nothing is left");
    }
}

#[test]
fn a_stopped_reader_with_a_full_ring_leaves_forwarding_unharmed() {
    if !possible() {
        return;
    }
    let mut net = Net::new();
    let config = BridgeConfig {
        mode: Mode::Wire,
        sizes: Sizes { ring: 4096 * 4, ..net.config().sizes },
        heartbeat_timeout: Duration::from_secs(50),
        ..net.config()
    };
    let mut bridge = Bridge::open(&config).unwrap();
    let (b, over) = (net.udp("b", B4, 5001), AtomicBool::new(false));
    let (sent, came) = std::thread::scope(|scope| {
        let receiver = scope.spawn(|| count_until(&b, &over));
        let mut sent = 0;
        for port in 10_000..10_500 {
            let a = net.udp("a", A4, port);
            for _ in 0..8 {
                a.send_to(&[0; 1000], (B4, 5001)).unwrap();
                sent += 1;
            }
            sleep(Duration::from_micros(300));
        }
        over.store(true, Ordering::Relaxed);
        (sent, receiver.join().unwrap())
    });
    assert_eq!(came, sent);
    let stats = bridge.tables().stats().unwrap();
    assert!(stats.ring_full > 3000, "{stats:?}");
}
