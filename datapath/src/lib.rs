//! Sources of frames, and enforcement in the kernel.

pub mod file;
pub mod link;
