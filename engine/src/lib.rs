//! The engine of Peergate: frames and times in, facts and verdicts out.
//!
//! No I/O, no clock, no randomness and no unsafe code: a replay of a capture gives the same answer every time.
#![forbid(unsafe_code)]

pub mod bytes;
pub mod packet;
