//! What the engine costs: packets per CPU-second at 14 and at 5 packets a flow, bytes per live flow with a million of
//! them, what a second shard gains, and the ratio to Debian's `ndpiReader` on the same file.
//!
//! `cargo bench -p peergate-datapath --bench engine` makes its own load; with `PEERGATE_BENCH_CAPTURE=FILE` a capture is
//! replayed as well. Everything is CPU time, so that a busy machine disturbs it little.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark may panic, its figures need no more digits than a float has, and its own numbers fit"
)]

mod load;
mod measure;
mod memory;
mod rival;
mod talks;
mod wire;

use load::Load;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

/// Name, flows, most packets of each, and how many million packets in a CPU-second are wanted. Enough for half a second.
const LOADS: [(&str, u32, usize, f64); 2] = [("long flows", 150_000, 18, 5.0), ("short flows", 400_000, 6, 3.0)];
const LIVE: u32 = 1_000_000;

fn main() {
    let talks = talks::all();
    for (name, flows, most_packets, wanted) in LOADS {
        let load = Load::generate(&talks, flows, most_packets);
        println!("{name}: {} packets, {:.1} a flow", load.len(), load.len() as f64 / f64::from(flows));
        measure::one_thread(&load, Some(wanted));
        measure::two_shards(&load);
        rival::compare(&load);
    }
    if let Some(path) = std::env::var_os("PEERGATE_BENCH_CAPTURE") {
        let load = Load::read(path.as_ref()).expect("a capture");
        println!("{}: {} packets", path.to_string_lossy(), load.len());
        measure::one_thread(&load, None);
        measure::two_shards(&load);
        rival::compare(&load);
    }
    memory::live_flows(&talks, LIVE);
}
