//! The same file read by Debian's `ndpiReader` and by `peergate read`, as whole processes.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::load::Load;
use crate::measure::seconds;

/// Both in turns, so often: what else the machine does meets both. The medians are compared.
const ROUNDS: usize = 3;

/// Prints both, where both are installed.
pub fn compare(load: &Load) {
    if Command::new("ndpiReader").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("  ndpiReader is not installed (Debian: libndpi-bin): nothing to compare with");
        return;
    }
    let path = std::env::temp_dir().join(format!("peergate-bench-{}.pcap", std::process::id()));
    let written = load.write(&path);
    if written.is_ok() {
        let rounds = (0..ROUNDS)
            .map(|_| Some((cpu_seconds("ndpiReader", &["-i"], &path)?, cpu_seconds("peergate", &["read"], &path)?)));
        let rounds: Option<Vec<(f64, f64)>> = rounds.collect();
        match rounds.map(|rounds| (median(&rounds, |round| round.0), median(&rounds, |round| round.1))) {
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

fn median(rounds: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
