//! Sources of frames, and enforcement in the kernel.
//!
//! A gate ([`bridge`]) stands in the line between two ports and decides about every packet in the kernel. The lab makes
//! its networks with [`link`].

#![warn(clippy::undocumented_unsafe_blocks)]

pub mod abi;
pub mod attach;
pub mod bridge;
mod clock;
mod dissect;
mod error;
pub mod file;
pub mod gate;
pub mod gateway;
pub mod link;
pub mod netns;
pub mod object;
mod pins;
pub mod probe;
pub mod refuse;
pub mod sample;
pub mod socket;
pub mod source;
mod sys;
pub mod tables;
pub mod tap;

pub use error::Error;
