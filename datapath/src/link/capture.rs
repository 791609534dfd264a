//! The capture file of a link: classic pcap with nanoseconds, one file per run.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// pcap with times in nanoseconds, in this machine's byte order.
const MAGIC: u32 = 0xa1b2_3c4d;
const VERSION: u32 = 2 | 4 << 16;
const SNAP_LENGTH: u32 = 262_144;
const LINKTYPE_ETHERNET: u32 = 1;

pub(super) struct Capture {
    file: BufWriter<File>,
}

impl Capture {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        write_words(&mut file, &[MAGIC, VERSION, 0, 0, SNAP_LENGTH, LINKTYPE_ETHERNET])?;
        Ok(Self { file })
    }

    pub(super) fn write(&mut self, time: Duration, frame: &[u8]) -> io::Result<()> {
        // The format has 32 bits of seconds: good until 2106.
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        write_words(&mut self.file, &[seconds, time.subsec_nanos(), length, length])?;
        self.file.write_all(frame)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_words(file: &mut impl Write, words: &[u32]) -> io::Result<()> {
    words.iter().try_for_each(|word| file.write_all(&word.to_ne_bytes()))
}
