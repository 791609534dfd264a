//! Working in another network namespace while keeping one's mounts: `ip netns exec` would hide the pins.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::{Error, Trying};
use crate::sys;

const OWN: &str = "/proc/thread-self/ns/net";

/// While this lives the thread is in the namespace that was named; afterwards it is back where it was.
pub struct Within(Option<File>);

/// Takes the calling thread into the network namespace at `path` (as in `/run/netns/NAME`); `None` stays.
///
/// # Errors
/// If there is no such namespace or the system does not let us in.
pub fn enter(path: Option<&Path>) -> Result<Within, Error> {
    let Some(path) = path else { return Ok(Within(None)) };
    let back = File::open(OWN).trying("open the own network namespace")?;
    let there = File::open(path)
        .map_err(|source| Error::Port { name: format!("network namespace {}", path.display()), source })?;
    sys::enter_network(there.as_fd()).trying("enter the network namespace")?;
    Ok(Within(Some(back)))
}

impl Drop for Within {
    fn drop(&mut self) {
        if let Some(back) = &self.0 {
            // It was ours a moment ago; if the system takes it away there is nowhere to report to and nothing to do.
            let _ = sys::enter_network(back.as_fd());
        }
    }
}

/// Tells network namespaces apart.
pub(crate) fn identity() -> io::Result<u64> {
    Ok(std::fs::metadata(OWN)?.ino())
}
