//! The pipeline, from outside: frames built by hand, and what is told of their flows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

mod behaviour;
#[path = "../decode/build.rs"]
mod build;
mod calls;
mod flows;
mod hosts;
mod learned;
mod live;
mod noise;
mod order;
mod play;
mod reload;
mod reopened;
mod reopening;
mod talk;
