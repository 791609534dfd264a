//! Packets per CPU-second of one engine, and of two at once.

use std::sync::{Arc, Barrier};

use peergate_datapath::shards::shard_of;
use peergate_engine::apps::Catalog;
use peergate_engine::event::Outbox;
use peergate_engine::pipeline::{Config, Engine};
use peergate_engine::policy::Policy;

use crate::load::Load;
use crate::talks::Talk;

/// The best of so many runs: what disturbs only makes slower.
const RUNS: usize = 3;
/// Events that gather before they are thrown away.
const BATCH: usize = 256;
/// Flows of one conversation: enough for a tenth of a second.
const OF_ONE: u32 = 40_000;

/// An engine as `peergate read` has it.
pub fn engine(first_flow: u64) -> Engine {
    let config = Config { first_flow, ..Config::default() };
    Engine::new(config, Arc::new(Catalog::embedded()), Arc::new(Policy::default()))
}

/// Seconds of CPU that this thread has used.
fn thread_seconds() -> f64 {
    seconds(libc::RUSAGE_THREAD)
}

/// Seconds of CPU that `who` has used, in the program and in the kernel.
pub fn seconds(who: libc::c_int) -> f64 {
    // SAFETY: all zeros is a valid rusage, and the call writes nothing else.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// CPU-seconds for the whole load in a fresh engine.
fn run(load: &Load, first_flow: u64) -> f64 {
    let mut engine = engine(first_flow);
    let mut out = Outbox::new();
    let mut capture = load.open();
    let begun = thread_seconds();
    while let Some(frame) = capture.next_frame() {
        engine.frame(&frame, &mut out);
        if out.len() >= BATCH {
            out.clear();
        }
    }
    while engine.finish_some(&mut out) {
        out.clear();
    }
    thread_seconds() - begun
}

/// Prints what one engine does in a second of CPU, in millions of packets, beside what is wanted.
pub fn one_thread(load: &Load, wanted: Option<f64>) {
    let best = (0..RUNS).map(|_| run(load, 1)).fold(f64::MAX, f64::min);
    let reached = load.len() as f64 / best / 1e6;
    let share = wanted.map_or_else(String::new, |wanted| format!(", {:.2} of the {wanted} wanted", reached / wanted));
    println!("  one thread: {reached:.2} million packets per CPU-second{share}");
}

/// Prints what a flow of each conversation costs where there is no other, and what their sum would be in the mix: what
/// the mix costs more goes to changing from one to the other.
pub fn each_conversation(talks: &[Talk], most_packets: usize) {
    let mut sum = 0.0;
    for alike in talks.chunk_by(|one, next| one.name == next.name) {
        let load = Load::generate(alike, OF_ONE, most_packets);
        let best = (0..RUNS).map(|_| run(&load, 1)).fold(f64::MAX, f64::min);
        let (each, share) = (best * 1e9 / f64::from(OF_ONE), alike.iter().map(|talk| talk.share).sum::<u32>());
        sum += each * f64::from(share) / 100.0;
        let packets = load.len() as f64 / f64::from(OF_ONE);
        println!("  {each:6.0} ns a flow of {packets:4.1} packets, {share:2} in a hundred: {}", alike[0].name);
    }
    println!("  {sum:6.0} ns a flow, if the mix cost what its parts do");
}

/// Prints how much faster two engines are that each have half of the hosts. The busier one counts.
pub fn two_shards(load: &Load) {
    let parts = [0, 1].map(|shard| load.part(|frame| shard_of(frame, 2) == shard));
    let alone = (0..RUNS).map(|_| run(load, 1)).fold(f64::MAX, f64::min);
    let together = (0..RUNS).map(|_| both(&parts)).fold(f64::MAX, f64::min);
    println!(
        "  two shards: {:.2} times one, 1.8 are wanted ({} and {} packets)",
        alone / together,
        parts[0].len(),
        parts[1].len()
    );
}

fn both(parts: &[Load; 2]) -> f64 {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let threads = [0, 1].map(|shard| {
            let (part, start) = (&parts[shard], &start);
            scope.spawn(move || {
                start.wait();
                run(part, 1 + (shard as u64) * (1 << 40))
            })
        });
        threads.map(|thread| thread.join().unwrap()).into_iter().fold(0.0, f64::max)
    })
}
