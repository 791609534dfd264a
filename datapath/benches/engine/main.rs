//! What the engine costs: packets per CPU-second at 14 and at 5 packets a flow, bytes per live flow with a million of
//! them, what a flow of each kind of conversation costs, what a second shard gains, and the ratio to Debian's `ndpiReader`
//! on the same file.
//!
//! `cargo bench -p peergate-datapath --bench engine` makes its own load; with `PEERGATE_BENCH_CAPTURE=FILE` a capture is
//! replayed as well. With `PEERGATE_BENCH_FLOWS=N` its loads have so many flows: what two such numbers differ by is free of
//! what a run costs but once, for whoever counts instructions. Everything is CPU time, so that a busy machine disturbs it
//! little. Words after `--` choose parts, for a profile of one of them: `-- 'short flows' 'one thread'`.
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
const PARTS: [&str; 5] = ["one thread", "each conversation", "two shards", "ndpiReader", "memory"];

fn main() {
    let talks = talks::all();
    for (name, flows, most_packets, wanted) in
        LOADS.into_iter().filter(|(name, ..)| is_chosen(&LOADS.map(|load| load.0), name))
    {
        let flows = wanted_flows().unwrap_or(flows);
        let load = Load::generate(&talks, flows, most_packets);
        println!("{name}: {} packets, {:.1} a flow", load.len(), load.len() as f64 / f64::from(flows));
        measure_all(&load, Some(wanted));
        if is_chosen(&PARTS, "each conversation") {
            measure::each_conversation(&talks, most_packets);
        }
    }
    if let Some(path) = std::env::var_os("PEERGATE_BENCH_CAPTURE") {
        let load = Load::read(path.as_ref()).expect("a capture");
        println!("{}: {} packets", path.to_string_lossy(), load.len());
        measure_all(&load, None);
    }
    if is_chosen(&PARTS, "memory") {
        memory::live_flows(&talks, LIVE);
    }
}

fn wanted_flows() -> Option<u32> {
    std::env::var("PEERGATE_BENCH_FLOWS").ok().map(|flows| flows.parse().expect("a number of flows"))
}

fn measure_all(load: &Load, wanted: Option<f64>) {
    if is_chosen(&PARTS, "one thread") {
        measure::one_thread(load, wanted);
    }
    if is_chosen(&PARTS, "two shards") {
        measure::two_shards(load);
    }
    if is_chosen(&PARTS, "ndpiReader") {
        rival::compare(load);
    }
}

/// Whether the command line names this one of several, or none of them.
fn is_chosen(of: &[&str], name: &str) -> bool {
    let named: Vec<String> = std::env::args().filter(|word| of.contains(&word.as_str())).collect();
    named.is_empty() || named.iter().any(|word| word == name)
}
