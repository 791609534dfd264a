//! What the gate costs a line, as ratios to the plain Linux bridge. Needs root, two processors and the right to run before
//! other programs; `cargo bench -p peergate-datapath --bench bridge`.
//!
//! **What is compared.** One line of two veth pairs and three namespaces, `a - [p0 p1] - b`, is forwarded in turns by the
//! plain bridge, by the bridge with the gate on its ports, and by the gate in wire mode, which sends to the other port
//! itself. All three have the same devices, offloads, sockets and loads. With the gate a thread decides about flows, as
//! the gateway does; the plain bridge is spared that. A round is a slice of every load for each of the three, in
//! another order each time. A row gives medians of the ratios within a round, and their quartiles: where these
//! are far apart, the machine was not quiet enough for that row.
//!
//! **Where the ends run** is said in each row. They are held there, before all usual programs (`SCHED_FIFO`), so that an
//! idle machine and a busy one give the same. Left to the scheduler the same line took 16 µs a round trip when both ends
//! were put on one processor, and 50 to 80 µs on two, where each packet wakes one that sleeps: whoever won that lot more
//! often won the bench, by a quarter.
//!
//! - *one thread* is both ends: no one sleeps or wakes, and what is left is the line and the hosts' stacks;
//! - *one processor*: two threads take turns on it;
//! - *two processors*: each packet wakes a thread on the other one, which on a virtual machine costs more than the line.
//!
//! TCP comes as super-packets of up to 45 frames, as from a network card that merges them: few packets, whose bytes cost
//! the hosts far more than the line does. Its buffers have one size, for what the kernel would find by itself differs
//! from one connection to the next by a third.
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

mod loads;
#[path = "../../tests/support/mod.rs"]
mod support;
mod verdicts;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Bridge, BridgeConfig, Mode};
use peergate_datapath::gate::Sizes;
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::Verdict;

use loads::{Load, LOADS};
use support::frames::{self, ethernet, key, v4, A4, B4, UDP};
use support::net::Net;

/// Many and short: what else the machine does then meets all variants alike.
const ROUNDS: usize = 40;

/// The kernel takes back the tables of the gate before in the background, which would be charged to whom comes next.
const SETTLE: Duration = Duration::from_millis(60);

/// What forwards in a round.
const VARIANTS: [Option<Mode>; 3] = [None, Some(Mode::Bridge), Some(Mode::Wire)];
const PLAIN: usize = 0;

/// What each load gave in each variant.
type Round = [[f64; LOADS.len()]; VARIANTS.len()];

fn main() {
    if !support::possible() {
        return;
    }
    println!("the gate alone (BPF_PROG_TEST_RUN)");
    one_frame();
    let mut net = Net::new();
    let config = BridgeConfig { sizes: Sizes::default(), ..net.config() };
    let rounds: Vec<Round> = (0..ROUNDS).map(|number| round(&net, &config, number)).collect();
    eprintln!();
    println!("\nthe line, medians of {ROUNDS} rounds: the plain bridge, and ratios to it with their quartiles");
    println!("{:38}{:>8}{:>20}{:>20}{:>14}", "", "plain", "bridge mode", "wire mode", "target (wire)");
    for (index, load) in LOADS.iter().enumerate() {
        row(index, load, &rounds);
    }
    verdicts::print(&net, &config);
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
        println!("  {name:40}{:6.0} ns", at(times.collect(), 0.5));
    }
}

fn round(net: &Net, config: &BridgeConfig, number: usize) -> Round {
    eprint!("\rround {} of {ROUNDS}", number + 1);
    let mut round = [[0.0; LOADS.len()]; VARIANTS.len()];
    let mut order = std::array::from_fn::<usize, { VARIANTS.len() }, _>(|turn| (number / 2 + turn) % VARIANTS.len());
    // What one leaves behind must not always fall on the same other.
    if number % 2 == 1 {
        order.reverse();
    }
    for variant in order {
        round[variant] = measure(net, config, VARIANTS[variant]);
    }
    round
}

fn measure(net: &Net, config: &BridgeConfig, variant: Option<Mode>) -> [f64; LOADS.len()] {
    let bridge = variant.map(|mode| Bridge::open(&BridgeConfig { mode, ..config.clone() }).unwrap());
    let over = AtomicBool::new(false);
    let figures = std::thread::scope(|scope| {
        if let Some(bridge) = bridge {
            scope.spawn(|| decide(bridge, &over));
        }
        std::thread::sleep(SETTLE);
        let figures = LOADS.map(|load| (load.run)(net));
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

fn row(index: usize, load: &Load, rounds: &[Round]) {
    let plain = rounds.iter().map(|round| round[PLAIN][index] / load.unit).collect();
    print!("{:38}{:8.1}", load.name, at(plain, 0.5));
    for variant in PLAIN + 1..VARIANTS.len() {
        let ratios: Vec<f64> = rounds.iter().map(|round| round[variant][index] / round[PLAIN][index]).collect();
        let [low, middle, high] = [0.25, 0.5, 0.75].map(|quantile| at(ratios.clone(), quantile));
        print!("{:>20}", format!("{middle:.2} ({low:.2} {high:.2})"));
    }
    println!("{:>14}", load.target);
}

fn at(mut figures: Vec<f64>, quantile: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get((figures.len() as f64 * quantile) as usize).copied().unwrap_or(f64::NAN)
}
