//! The engine: frames and times in, facts and verdicts out.
#![forbid(unsafe_code)]
