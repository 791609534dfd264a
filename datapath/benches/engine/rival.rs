//! The same file read by Debian's `ndpiReader` and by `peergate read`, as whole processes.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::load::Load;
use crate::measure::seconds;

/// Prints both, where both are installed.
pub fn compare(load: &Load) {
    if Command::new("ndpiReader").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("  ndpiReader is not installed (Debian: libndpi-bin): nothing to compare with");
        return;
    }
    let path = std::env::temp_dir().join(format!("peergate-bench-{}.pcap", std::process::id()));
    let written = load.write(&path);
    if written.is_ok() {
        let theirs = cpu_seconds("ndpiReader", &["-i"], &path);
        let ours = cpu_seconds("peergate", &["read"], &path);
        match theirs.zip(ours) {
            Some((theirs, ours)) => println!(
                "  peergate read: {:.1} times ndpiReader, 10 are wanted ({ours:.2} and {theirs:.2} CPU-seconds for the same file)",
                theirs / ours
            ),
            None => println!("  peergate is not on the path, or one of both failed: nothing to compare"),
        }
    }
    // A temporary file that stays behind does no harm.
    let _ = std::fs::remove_file(&path);
}

fn cpu_seconds(program: &str, arguments: &[&str], path: &Path) -> Option<f64> {
    let before = seconds(libc::RUSAGE_CHILDREN);
    let status =
        Command::new(program).args(arguments).arg(path).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    status.success().then(|| seconds(libc::RUSAGE_CHILDREN) - before)
}
