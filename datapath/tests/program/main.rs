//! The kernel part, frame in and action out, by BPF_PROG_TEST_RUN: nothing is attached and nothing is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod headers;
mod opening;
mod samples;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use std::thread::sleep;
use std::time::Duration;

use peergate_datapath::abi::Action;
use peergate_datapath::bridge::{Fail, Mode};
use peergate_datapath::gate::Gate;
use peergate_datapath::sample::{Direction, Sample};
use peergate_datapath::source::Enforcer;
use peergate_datapath::tables::{Towards, Verdict};
use peergate_engine::packet::{Endpoint, Time};

use support::frames::{self, ethernet, key, v4, v6, A4, A6, ACK, B4, B6, SCTP, SYN, TCP, UDP, V4};
use support::{action, config, trial, DROPPED, PASSED, REDIRECTED};

const DROP: Verdict = Verdict::lasting(Action::Drop);

/// Runs `test` on a fresh gate, if there can be one here.
fn with_gate(test: impl FnOnce(&mut Gate)) {
    if let Some(mut gate) = trial(&config()) {
        test(&mut gate);
    }
}

fn block(gate: &mut Gate, one: Endpoint, other: Endpoint, proto: u8) {
    gate.tables().set_verdict(&key(one, other, proto), &DROP).unwrap();
}

fn ends4() -> (Endpoint, Endpoint) {
    (v4(A4, 40000), v4(B4, 53))
}

fn ends6() -> (Endpoint, Endpoint) {
    (v6(A6, 40000), v6(B6, 53))
}

/// A drop verdict for the flow stops the frame, so the gate has read the right key from it.
fn assert_keyed(gate: &mut Gate, frame: &[u8], one: Endpoint, other: Endpoint, proto: u8) {
    assert_eq!(action(gate, frame), PASSED, "undecided");
    block(gate, one, other, proto);
    assert_eq!(action(gate, frame), DROPPED, "decided");
}
