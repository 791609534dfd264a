//! Replays captures through the engine without Python: EVE lines on standard output, speed on standard error.
//!
//! `cargo run --release -p peergate-datapath --example replay -- FILE…`

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use peergate_datapath::file::CaptureFile;
use peergate_engine::apps::Catalog;
use peergate_engine::eve;
use peergate_engine::event::{Event, Outbox};
use peergate_engine::pipeline::{Config, Engine};
use peergate_engine::policy::Policy;
use peergate_engine::report::Report;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::io::Result<()> {
    let catalog = Arc::new(Catalog::embedded());
    let policy = Arc::new(Policy::default());
    for path in std::env::args().skip(1) {
        let mut file = match CaptureFile::open(&path) {
            Ok(file) => file,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let mut engine = Engine::new(Config::default(), Arc::clone(&catalog), Arc::clone(&policy));
        let mut out = Outbox::new();
        let begun = Instant::now();
        while let Some(frame) = file.next_frame() {
            engine.frame(&frame, &mut out);
        }
        engine.finish(&mut out);
        eprintln!("{path}: {} frames, {} flows, {:?}", file.frames(), out.len(), begun.elapsed());
        let mut lines = String::new();
        for event in &out {
            let Event::Ended(told) = event else { continue };
            eve::write_flow(&Report::new(told, &catalog, &policy), "flow", told.time, &mut lines);
        }
        std::io::stdout().write_all(lines.as_bytes())?;
    }
    Ok(())
}
