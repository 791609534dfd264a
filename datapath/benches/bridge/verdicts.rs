//! How soon a new flow is blocked, and what passes until then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Bridge, BridgeConfig, Mode};
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::Verdict;

use super::at;
use super::support::frames::{A4, B4, UDP};
use super::support::net::Net;

const FLOWS: u16 = 60;
const PACKETS: usize = 4;
/// Between the packets of voice.
const PACE: Duration = Duration::from_millis(20);

/// New flows of voice, each blocked at its first packet.
pub fn print(net: &Net, config: &BridgeConfig) {
    let bridge = Bridge::open(&BridgeConfig { mode: Mode::Wire, ..config.clone() }).unwrap();
    let over = AtomicBool::new(false);
    let sink = net.udp("b", B4, 7001);
    let latencies = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            ahead_as_a_gateway();
            block_all(bridge, &over)
        });
        for port in 0..FLOWS {
            let a = net.udp("a", A4, 20_000 + port);
            for _ in 0..PACKETS {
                a.send_to(&[0; 160], (B4, 7001)).unwrap();
                std::thread::sleep(PACE);
            }
        }
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    sink.set_nonblocking(true).unwrap();
    let arrived = std::iter::from_fn(|| sink.recv(&mut [0; 200]).ok()).count();
    let slipped = arrived.saturating_sub(FLOWS.into());
    println!("\nfirst packet to verdict in the kernel, of {FLOWS} flows at 20 ms pace; who decides has nice -10, as the gateway");
    println!("  p50 {:.0} µs (target: at most 60), p90 {:.0} µs", at(latencies.clone(), 0.5), at(latencies, 0.9));
    println!("  packets that passed after the deciding one: {slipped} (target: 0)");
}

/// Puts this thread before usual programs as far as the gateway puts itself, and no further.
fn ahead_as_a_gateway() {
    // SAFETY: takes numbers, and fails by a number where this may not be.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, libc::gettid().cast_unsigned(), -10) };
}

/// Gives how many µs after its packet came each verdict was in the kernel.
fn block_all(mut bridge: Bridge, over: &AtomicBool) -> Vec<f64> {
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
}
