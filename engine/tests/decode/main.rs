//! Decode, from outside: frames built by hand, and what comes out of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod build;
mod fragment;
mod hostile;
mod ip;
mod link;
mod seen;
mod tunnel;
