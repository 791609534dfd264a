//! Sources of frames, and enforcement in the kernel.
//!
//! A frame comes in by one port of the line. The gate (`bpf/gate.bpf.c`, put there by [`bridge`]) finds its flow, counts
//! it, and does what the tables say: the flow's verdict, else what was learned about either end. Of flows that nobody
//! has decided about it copies the first packets to a ring, from which `drain` hands them out as [`sample`]s; whoever
//! takes them writes verdicts back through an [`source::Enforcer`], and from then on the flow never leaves the kernel.
//! Where there can be no bridge, a [`tap`] hears the same packets and can only ask both ends to stop ([`refuse`]).
//!
//! Beside that: capture files ([`file`]), what the machine allows ([`probe`]), which of several engines takes a frame
//! ([`shards`]), and the lab's slow links ([`link`]).

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
pub mod shards;
pub mod socket;
pub mod source;
mod sys;
pub mod tables;
pub mod tap;

pub use error::Error;
