//! Where the bytes of a capture come from: a file or a pipe, unpacked if need be, through one bounded window.
//!
//! A window and not a memory map: reading the page cache into a buffer that stays in the processor's cache is as fast,
//! and a file that shrinks while it is read ends early instead of ending the program.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Fits the second-level cache of any server, and is a thousand packets per system call.
const WINDOW: usize = 256 << 10;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Opens a file, or standard input for `-`.
pub(super) fn open(path: &Path) -> io::Result<(Input, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let total = about.is_file().then_some(about.len());
    Ok((Box::new(file), total))
}

/// Anything that bytes can be read from.
pub(super) type Input = Box<dyn Read + Send>;

/// Counts what is read, before it is unpacked.
struct Counted {
    input: Input,
    count: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The part of a capture that is in memory.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    /// Next byte to hand out, and end of what was read.
    start: usize,
    end: usize,
    /// Bytes of the capture before the buffer.
    before: u64,
    packed: Option<&'static str>,
    read: Arc<AtomicU64>,
    ended: bool,
    failure: Option<io::Error>,
}

impl Window {
    /// Begins to read, and unpacks gzip and zstd.
    pub fn new(input: Input) -> io::Result<Self> {
        let read = Arc::new(AtomicU64::new(0));
        let mut window = Self {
            input: Box::new(Counted { input, count: Arc::clone(&read) }),
            buffer: vec![0; WINDOW],
            start: 0,
            end: 0,
            before: 0,
            packed: None,
            read,
            ended: false,
            failure: None,
        };
        window.ahead(ZSTD.len());
        if let Some(failure) = window.failure.take() {
            return Err(failure);
        }
        if window.all().starts_with(&GZIP) {
            window.unpack("gzip", |input| Ok(Box::new(flate2::read::MultiGzDecoder::new(input))))?;
        } else if window.all().starts_with(&ZSTD) {
            window.unpack("zstd", |input| Ok(Box::new(zstd::stream::read::Decoder::new(input)?)))?;
        }
        Ok(window)
    }

    /// Puts `unpacker` between the input, with what was read of it already, and the window.
    fn unpack(&mut self, name: &'static str, unpacker: fn(Input) -> io::Result<Input>) -> io::Result<()> {
        let seen = io::Cursor::new(self.all().to_vec());
        let packed = std::mem::replace(&mut self.input, Box::new(io::empty()));
        self.input = unpacker(Box::new(seen.chain(packed)))?;
        (self.start, self.end, self.ended, self.packed) = (0, 0, false, Some(name));
        Ok(())
    }

    /// All that was read and not yet handed out.
    pub fn all(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The next `wanted` bytes, left where they are; `None` if the capture ends before.
    #[inline]
    pub fn ahead(&mut self, wanted: usize) -> Option<&[u8]> {
        if self.end - self.start < wanted {
            self.fill(wanted);
            if self.end - self.start < wanted {
                return None;
            }
        }
        self.buffer.get(self.start..self.start + wanted)
    }

    /// Passes `count` bytes that [`Self::ahead`] gave; where they are, for [`Self::given`].
    #[inline]
    pub fn pass(&mut self, count: usize) -> usize {
        let position = self.start;
        self.start = self.end.min(self.start + count);
        position
    }

    /// Bytes passed before, as long as nothing was asked for since.
    #[inline]
    pub fn given(&self, position: usize, len: usize) -> &[u8] {
        self.buffer.get(position..position + len).unwrap_or_default()
    }

    /// Passes any number of bytes without holding them; whether there were as many.
    pub fn skip(&mut self, mut count: usize) -> bool {
        loop {
            let step = count.min(self.end - self.start);
            self.start += step;
            count -= step;
            if count == 0 {
                return true;
            }
            if self.ahead(1).is_none() {
                return false;
            }
        }
    }

    /// Reads until `wanted` bytes are there. The buffer grows with what really comes, not with what is announced.
    #[cold]
    fn fill(&mut self, wanted: usize) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.before += self.start as u64;
        (self.start, self.end) = (0, self.end - self.start);
        while self.end < wanted && !self.ended {
            if self.end == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let Some(free) = self.buffer.get_mut(self.end..) else { return };
            match self.input.read(free) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.ended, self.failure) = (true, Some(error)),
            }
        }
    }

    /// How far into the (unpacked) capture the next byte is.
    pub fn offset(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Bytes read of the file, packed as it is.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// How the file was packed.
    pub fn packed(&self) -> Option<&'static str> {
        self.packed
    }

    /// Why reading ended before the end.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }
}
