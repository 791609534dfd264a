//! The engine of Peergate: frames and times in, facts and verdicts out.
//!
//! No I/O, no clock, no randomness and no unsafe code: a replay of a capture gives the same answer every time.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test may panic"
    )
)]

pub mod apps;
pub mod behaviour;
pub mod bytes;
pub mod calls;
pub mod decode;
pub mod eve;
pub mod event;
pub mod evidence;
pub mod facts;
pub mod flow;
pub mod hosts;
pub mod inspect;
pub mod learned;
pub mod objects;
pub mod packet;
pub mod pipeline;
pub mod places;
pub mod policy;
pub mod prefix;
pub mod report;
pub mod summary;
mod text;
