//! One program for one line: two that drained the same ring would each see half of it.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::error::{Error, Trying};

const RUN: &str = "/run/peergate";

/// Held while a program works on the line of this name; the system lets go of it when the program ends, however it does.
pub(crate) struct Claim(#[allow(dead_code, reason = "held for its lock")] File);

impl Claim {
    pub fn of(name: &str) -> Result<Self, Error> {
        fs::create_dir_all(RUN).trying("make /run/peergate")?;
        let file = File::create(Path::new(RUN).join(format!("{name}.lock"))).trying("make the line's lock file")?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Config(format!(
                "another gateway is in the line \"{name}\": stop it first, or name this one otherwise"
            ))),
            Err(TryLockError::Error(source)) => Err(Error::Kernel { what: "lock the line", source: Box::new(source) }),
        }
    }
}
