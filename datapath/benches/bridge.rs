//! What the gate costs a line, as ratios to the plain Linux bridge of the same run: the two take turns, because on a
//! busy machine only what was measured side by side can be compared. Needs root; `cargo bench --bench bridge`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "a benchmark may panic, and its figures need no more digits than a float has"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Bridge, BridgeConfig, Mode};
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::Verdict;

use support::frames::{self, ethernet, key, v4, A4, B4, UDP};
use support::net::Net;

/// Many and short: what else the machine does then meets all variants alike.
const ROUNDS: usize = 15;
const SLICE: Duration = Duration::from_millis(150);
const ROUND_TRIPS: usize = 1500;

/// What forwards in a round.
const VARIANTS: [Option<Mode>; 3] = [None, Some(Mode::Bridge), Some(Mode::Wire)];

/// One round of one variant.
struct Figures {
    rtt: f64,
    packets: f64,
    tcp: f64,
}

fn main() {
    if !support::possible() {
        return;
    }
    println!("the gate alone (BPF_PROG_TEST_RUN)");
    one_frame();
    let mut net = Net::new();
    let config = BridgeConfig { sizes: peergate_datapath::gate::Sizes::default(), ..net.config() };
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS}");
        rounds.push(VARIANTS.map(|variant| measure(&net, &config, variant)));
    }
    eprintln!();
    println!("\nthe line: medians of {ROUNDS} rounds, and the medians of the ratios to the plain bridge");
    println!("{:22}{:>14}{:>14}{:>14}{:>14}", "", "plain bridge", "bridge mode", "wire mode", "target (wire)");
    row("RTT p50, µs", "at most 1.00", &rounds, |figures| figures.rtt);
    row("packets/s, thousands", "at least 1.05", &rounds, |figures| figures.packets / 1e3);
    row("TCP, Gbit/s", "at least 1.05", &rounds, |figures| figures.tcp / 1e9);
    verdicts(&net, &config);
}

fn one_frame() {
    let (one, other) = (v4(A4, 40_000), v4(B4, 53));
    let frame = ethernet(&[], &frames::datagram(one, other, &[0; 100]));
    for (name, whole, records, verdict) in [
        ("decided flow", 0, 0, Some(Action::Pass)),
        ("blocked flow", 0, 0, Some(Action::Drop)),
        ("undecided flow, counted", 0, 0, None),
        ("undecided flow, first packets copied", u16::MAX, 0, None),
    ] {
        let config = BridgeConfig { whole, records, heartbeat_timeout: Duration::from_secs(50), ..support::config() };
        let mut gate = support::trial(&config).unwrap();
        if let Some(action) = verdict {
            gate.tables().set_verdict(&key(one, other, UDP), &Verdict::lasting(action)).unwrap();
        }
        // Fewer for copies than the ring has room for, or the time would be that of a full ring.
        let repeat = if whole == 0 { 1_000_000 } else { 2000 };
        let times = (0..5).map(|_| {
            let time = gate.run(&frame, support::PORT, repeat).unwrap().time.as_nanos() as f64;
            gate.drain(Duration::ZERO, |_, _| ()).unwrap();
            time
        });
        println!("  {name:40}{:6.0} ns", median(times.collect()));
    }
}

fn measure(net: &Net, config: &BridgeConfig, variant: Option<Mode>) -> Figures {
    let bridge = variant.map(|mode| Bridge::open(&BridgeConfig { mode, ..config.clone() }).unwrap());
    let over = AtomicBool::new(false);
    let figures = std::thread::scope(|scope| {
        if let Some(bridge) = bridge {
            scope.spawn(|| decide(bridge, &over));
        }
        let figures = Figures { rtt: round_trip(net), packets: packet_rate(net), tcp: tcp_rate(net) };
        over.store(true, Ordering::Relaxed);
        figures
    });
    Bridge::detach(&config.name, config.netns.as_deref()).unwrap();
    figures
}

/// Lets every flow pass at its fifth packet, as an engine would that has recognised it.
fn decide(mut bridge: Bridge, over: &AtomicBool) {
    let mut seen = std::collections::HashMap::new();
    while !over.load(Ordering::Relaxed) {
        bridge
            .drain(Duration::from_millis(20), |tables, sample| {
                let count = seen.entry(sample.seen().key).or_insert(0);
                *count += 1;
                if *count == 5 {
                    tables.set_verdict(&sample.seen().key, &Verdict::lasting(Action::Pass)).unwrap();
                }
            })
            .unwrap();
        bridge.tables().beat().unwrap();
    }
}

fn round_trip(net: &Net) -> f64 {
    let (a, b) = (net.udp("a", A4, 6000), net.udp("b", B4, 6001));
    a.connect((B4, 6001)).unwrap();
    b.connect((A4, 6000)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while b.recv(&mut [0; 64]).is_ok() {
                b.send(&[0; 64]).unwrap();
            }
        });
        let trips = (0..ROUND_TRIPS).filter_map(|_| {
            let begin = Instant::now();
            a.send(&[0; 64]).unwrap();
            a.recv(&mut [0; 64]).ok()?;
            Some(begin.elapsed().as_nanos() as f64 / 1e3)
        });
        median(trips.collect())
    })
}

/// Small datagrams as fast as one core can send them; counted where they come out of the line.
fn packet_rate(net: &Net) -> f64 {
    // A socket that nobody reads, or every datagram would be answered by ICMP.
    let _sink = net.udp("b", B4, 6003);
    let a = net.udp("a", A4, 6002);
    a.connect((B4, 6003)).unwrap();
    let before = net.within("b", received);
    let begin = Instant::now();
    while begin.elapsed() < SLICE {
        send_many(&a);
    }
    let time = begin.elapsed();
    (net.within("b", received) - before) / time.as_secs_f64()
}

/// Sends 64 datagrams with one system call: what is measured is the line and not the sender.
fn send_many(socket: &UdpSocket) {
    let payload = [0_u8; 64];
    let mut part = libc::iovec { iov_base: payload.as_ptr().cast_mut().cast(), iov_len: payload.len() };
    // SAFETY: integers and pointers, for which zero is a value.
    let mut one: libc::mmsghdr = unsafe { std::mem::zeroed() };
    one.msg_hdr.msg_iov = &raw mut part;
    one.msg_hdr.msg_iovlen = 1;
    let mut all = [one; 64];
    // SAFETY: 64 headers on a connected socket, whose one part lives through the call and is only read.
    unsafe { libc::sendmmsg(socket.as_raw_fd(), all.as_mut_ptr(), 64, 0) };
}

/// Packets that interface b has received.
fn received() -> f64 {
    let devices = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let line = devices.lines().find_map(|line| line.trim().strip_prefix("b:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn tcp_rate(net: &Net) -> f64 {
    let listener = net.listen("b", B4, 6004);
    let mut client = net.connect("a", B4, 6004).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let (mut total, mut buffer) = (0, vec![0; 1 << 18]);
            while let Ok(length) = server.read(&mut buffer) {
                if length == 0 {
                    break;
                }
                total += length;
            }
            total
        });
        let (begin, chunk) = (Instant::now(), vec![0; 1 << 17]);
        while begin.elapsed() < SLICE {
            client.write_all(&chunk).unwrap();
        }
        drop(client);
        let bytes = reader.join().unwrap();
        bytes as f64 * 8.0 / begin.elapsed().as_secs_f64()
    })
}

fn row(name: &str, target: &str, rounds: &[[Figures; 3]], figure: impl Fn(&Figures) -> f64) {
    let plain = median(rounds.iter().map(|[plain, ..]| figure(plain)).collect());
    print!("{name:22}{plain:14.1}");
    for variant in 1..VARIANTS.len() {
        let ratios = rounds.iter().map(|round| figure(&round[variant]) / figure(&round[0]));
        print!("{:14.2}", median(ratios.collect()));
    }
    println!("{target:>14}");
}

/// New flows of voice, 20 ms between packets, each blocked at its first: how soon, and what slips through.
fn verdicts(net: &Net, config: &BridgeConfig) {
    const FLOWS: u16 = 60;
    const PACKETS: usize = 4;
    let mut bridge = Bridge::open(&BridgeConfig { mode: Mode::Wire, ..config.clone() }).unwrap();
    let over = AtomicBool::new(false);
    let sink = net.udp("b", B4, 7001);
    let latencies = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut latencies = Vec::new();
            while !over.load(Ordering::Relaxed) {
                bridge
                    .drain(Duration::from_millis(20), |tables, sample| {
                        let seen = sample.seen();
                        if seen.key.proto == UDP {
                            tables.set_verdict(&seen.key, &Verdict::lasting(Action::Drop)).unwrap();
                            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
                            latencies.push(now.saturating_sub(seen.time.0) as f64 / 1e3);
                        }
                    })
                    .unwrap();
                bridge.tables().beat().unwrap();
            }
            latencies
        });
        for port in 0..FLOWS {
            let a = net.udp("a", A4, 20_000 + port);
            for _ in 0..PACKETS {
                a.send_to(&[0; 160], (B4, 7001)).unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    sink.set_nonblocking(true).unwrap();
    let arrived = std::iter::from_fn(|| sink.recv(&mut [0; 200]).ok()).count();
    let slipped = arrived.saturating_sub(FLOWS.into());
    println!("\nfirst packet to verdict in the kernel, of {FLOWS} flows at 20 ms pace");
    println!("  p50 {:.0} µs (target: at most 60), p90 {:.0} µs", median(latencies.clone()), at(latencies, 0.9));
    println!("  packets that passed after the deciding one: {slipped} (target: 0)");
}

fn median(figures: Vec<f64>) -> f64 {
    at(figures, 0.5)
}

fn at(mut figures: Vec<f64>, quantile: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get((figures.len() as f64 * quantile) as usize).copied().unwrap_or(f64::NAN)
}
