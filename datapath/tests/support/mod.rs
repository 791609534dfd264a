//! What the data path's tests share.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::missing_panics_doc,
    reason = "each test program uses its part, and a test may panic"
)]

pub mod frames;
pub mod net;

use std::sync::atomic::{AtomicU32, Ordering};

use peergate_datapath::bridge::{Bridge, BridgeConfig};
use peergate_datapath::gate::{Gate, Sizes};
use peergate_datapath::object;

/// `TC_ACT_OK`.
pub const PASSED: u32 = 0;
/// `TC_ACT_SHOT`.
pub const DROPPED: u32 = 2;
/// `TC_ACT_REDIRECT`.
pub const REDIRECTED: u32 = 7;

/// The loopback interface: what a trial enters by unless told otherwise.
pub const PORT: u32 = 1;

/// Whether tests with the kernel can run here; says why not.
pub fn possible() -> bool {
    // SAFETY: takes nothing and cannot fail.
    let root = unsafe { libc::geteuid() } == 0;
    if !root {
        eprintln!("skipped: needs root");
    } else if object::embedded().is_none() {
        eprintln!("skipped: {}", object::MISSING);
    }
    root && object::embedded().is_some()
}

/// Small tables: tests make many.
pub fn config() -> BridgeConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("pg-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    BridgeConfig {
        sizes: Sizes { flows: 1024, verdicts: 1024, endpoints: 1024, prefixes: 1024, ring: 1 << 20 },
        mode: peergate_datapath::bridge::Mode::Bridge,
        ..BridgeConfig::new(&name, "none", "none")
    }
}

/// A gate attached to nothing, between the loopback interface and one that is not there.
pub fn trial(config: &BridgeConfig) -> Option<Gate> {
    possible().then(|| Bridge::trial(config, [PORT, 999]).expect("the kernel takes the gate"))
}

/// The interfaces of [`line`], the client's first.
pub const SIDES: [u32; 2] = [7, 8];

/// A gate between two interfaces in a namespace of this thread's own.
pub fn line(config: &BridgeConfig) -> Option<Gate> {
    possible().then(|| {
        // SAFETY: takes a number, and concerns this thread alone.
        assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNET) }, 0, "a namespace");
        let [one, other] = SIDES.map(|index| index.to_string());
        net::run(&[
            "ip", "link", "add", "name", "p0", "index", &one, "type", "veth", "peer", "name", "p1", "index", &other,
        ]);
        Bridge::trial(config, SIDES).expect("the kernel takes the gate")
    })
}

/// What the gate does with one frame.
pub fn action(gate: &mut Gate, frame: &[u8]) -> u32 {
    gate.run(frame, PORT, 1).expect("the kernel runs the gate").action
}
