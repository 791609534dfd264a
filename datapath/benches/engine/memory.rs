//! Bytes per live flow, counted where they are asked for.

use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mimalloc::MiMalloc;
use peergate_engine::event::Outbox;

use crate::load::each_frame;
use crate::measure::engine;
use crate::talks::Talk;

/// Packets of each flow: enough that most are recognised.
const PACKETS: usize = 8;
/// What the design allows, in bytes for each live flow.
const ALLOWED: f64 = 400.0;

/// Counting costs time, which is measured elsewhere.
static COUNTS: AtomicBool = AtomicBool::new(false);
static HELD: AtomicUsize = AtomicUsize::new(0);

fn more(bytes: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        HELD.fetch_add(bytes, Ordering::Relaxed);
    }
}

fn less(bytes: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        HELD.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The allocator of the binding, counting.
pub struct Counting;

// SAFETY: everything is handed to the allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as the caller promised.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        less(layout.size());
        // SAFETY: as the caller promised.
        unsafe { MiMalloc.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        more(size);
        less(layout.size());
        // SAFETY: as the caller promised.
        unsafe { MiMalloc.realloc(memory, layout, size) }
    }
}

/// Prints what a flow costs while so many live: its place, the index, facts, signs and evidence; and beside that what is
/// held for those whose payloads are still read, and for hosts: for both the engine has a bound of its own.
pub fn live_flows(talks: &[Talk], flows: u32) {
    COUNTS.store(true, Ordering::Relaxed);
    let mut engine = engine(1);
    let mut out = Outbox::new();
    let before = HELD.load(Ordering::Relaxed);
    each_frame(talks, flows, PACKETS, &mut |frame| {
        engine.frame(frame, &mut out);
        out.clear();
    });
    let held = HELD.load(Ordering::Relaxed) - before;
    let live = engine.live_flows();
    let reading = engine.reading_bytes().min(held);
    let hosts = engine.hosts().bytes().min(held - reading);
    let [each, read] = [held - reading - hosts, reading].map(|bytes| bytes as f64 / live as f64);
    println!("memory: {each:.0} bytes per live flow with {live} of them (at most {ALLOWED:.0} are wanted),");
    println!(
        "  and {read:.0} more for those whose payloads are still read (in all never more than the engine is allowed);"
    );
    println!("  hosts beside them: {:.0} MB, whose number has a bound of its own", hosts as f64 / 1e6);
}
