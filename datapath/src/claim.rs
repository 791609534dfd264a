//! One program for one line: two that drained the same ring would each see half of it.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, Trying};

const RUN: &str = "/run/peergate";
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

/// Held while a program works on the line of this name; the system lets go of it when the program ends, however it does.
pub(crate) struct Claim(#[allow(dead_code, reason = "held for its lock")] File);

impl Claim {
    pub fn of(name: &str) -> Result<Self, Error> {
        fs::create_dir_all(RUN).trying("make /run/peergate")?;
        let file = File::create(Path::new(RUN).join(format!("{name}.lock"))).trying("make the line's lock file")?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                // A program that is just ending, or a child that it has just forked, may still hold it.
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(taken(name)),
                Err(TryLockError::Error(source)) => {
                    return Err(Error::Kernel { what: "lock the line", source: Box::new(source) })
                }
            }
        }
    }
}

fn taken(name: &str) -> Error {
    Error::Config(format!("another gateway is in the line \"{name}\": stop it first, or name this one otherwise"))
}
