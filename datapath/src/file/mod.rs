//! Frames from capture files: pcap and pcapng, also packed with gzip or zstd, also from standard input.
//!
//! Captures that were joined one behind the other (`cat one.pcap two.pcap`, members of one gzip file) are read one after the other.
//! A capture is read as far as it goes: what is cut or corrupt ends it with one warning that says where and why. Memory
//! is bounded by the largest record that is believed, whatever a file claims.

mod error;
mod linktype;
mod pcap;
mod pcapng;
mod source;

use std::io::Read;
use std::path::Path;

use peergate_engine::bytes::Reader;
use peergate_engine::packet::{Frame, LinkType, Time};

pub use error::{OpenError, Warning};
use pcap::Pcap;
use pcapng::Pcapng;
use source::Window;

/// The longest frame that is believed: what libpcap captures at most.
const MAX_FRAME: usize = 256 << 10;

/// A capture that is being read.
pub struct CaptureFile {
    window: Window,
    format: Format,
    /// Where the capture that is being read began: others may be joined behind it.
    begun: u64,
    total: Option<u64>,
    frames: u64,
    ended: bool,
    warnings: Vec<Warning>,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl CaptureFile {
    /// Opens a capture; `-` is standard input.
    ///
    /// # Errors
    /// Where there is no file, it may not be read, it is no capture, or its link type cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let (input, total) = source::open(path.as_ref()).map_err(OpenError::Io)?;
        let mut capture = Self::from_reader(input)?;
        capture.total = total;
        Ok(capture)
    }

    /// Reads a capture from anything.
    ///
    /// # Errors
    /// Where it is no capture, or its link type cannot be read.
    pub fn from_reader(input: impl Read + Send + 'static) -> Result<Self, OpenError> {
        let mut window = Window::new(Box::new(input)).map_err(OpenError::Io)?;
        let format = Format::open(&mut window)?;
        Ok(Self { window, format, begun: 0, total: None, frames: 0, ended: false, warnings: Vec::new() })
    }

    /// The next frame; `None` at the end, or where the capture cannot be read any further: then there is a warning.
    #[inline]
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        if self.ended {
            return None;
        }
        let record = loop {
            let next = match &mut self.format {
                Format::Pcap(pcap) => pcap.next(&mut self.window),
                Format::Pcapng(pcapng) => pcapng.next(&mut self.window, &mut self.warnings),
            };
            match next {
                Ok(Some(record)) => break record,
                Err(_) if self.begins_another() => {}
                other => {
                    self.end(other.err());
                    return None;
                }
            }
        };
        self.frames += 1;
        let bytes = self.window.given(record.position, record.len);
        Some(Frame { time: record.time, link: record.link, port: 0, bytes, wire_len: record.wire_len })
    }

    /// Whether another capture begins where this one cannot be read any further; then it is the one that is read.
    #[cold]
    fn begins_another(&mut self) -> bool {
        let here = self.window.offset();
        // Where the last one began nothing of it was read: it does not begin anew.
        if here == self.begun || !Format::begins(&mut self.window) {
            return false;
        }
        let Ok(format) = Format::open(&mut self.window) else { return false };
        (self.format, self.begun) = (format, here);
        true
    }

    #[cold]
    fn end(&mut self, fault: Option<Fault>) {
        self.ended = true;
        if let Some(Fault { offset, what }) = fault {
            self.warnings.push(Warning { offset, what });
        }
    }

    /// What is wrong with the capture, so far.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Frames given so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Bytes of the file that were read, packed as it is.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.window.bytes_read()
    }

    /// Length of the file; `None` for a pipe.
    #[must_use]
    pub fn bytes_total(&self) -> Option<u64> {
        self.total
    }
}

impl Format {
    /// Whether what is next is the beginning of a capture, and surely no record of another.
    fn begins(window: &mut Window) -> bool {
        let Some(start) = window.ahead(Pcap::FILE_HEADER) else { return false };
        Pcap::begins_file(start) || start.first_chunk().is_some_and(|magic| Pcapng::begins(*magic))
    }

    fn open(window: &mut Window) -> Result<Self, OpenError> {
        let Some(&magic) = window.ahead(4).and_then(|bytes| bytes.first_chunk()) else {
            return Err(OpenError::nothing(window));
        };
        if Pcapng::begins(magic) {
            return Ok(Self::Pcapng(Pcapng::new()));
        }
        if !Pcap::begins(magic) {
            return Err(OpenError::no_capture(window));
        }
        match Pcap::open(window) {
            Some(Ok(pcap)) => Ok(Self::Pcap(pcap)),
            Some(Err(number)) => Err(OpenError::LinkType(linktype::describe(number))),
            None => Err(OpenError::nothing(window)),
        }
    }
}

/// The order of the bytes in a capture's own numbers: that of the machine that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    #[inline]
    fn number(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    #[inline]
    fn u32(self, reader: &mut Reader<'_>) -> Option<u32> {
        reader.array().map(|bytes| self.number(bytes))
    }

    #[inline]
    fn u16(self, reader: &mut Reader<'_>) -> Option<u16> {
        match self {
            Self::Little => reader.le16(),
            Self::Big => reader.be16(),
        }
    }
}

/// A frame, and where in the window it is.
struct Record {
    time: Time,
    link: LinkType,
    position: usize,
    len: usize,
    wire_len: u32,
}

/// Why a capture cannot be read any further.
struct Fault {
    offset: u64,
    what: String,
}

impl Fault {
    /// Something at the place where the window is.
    fn here(window: &Window, what: String) -> Self {
        Self { offset: window.offset(), what }
    }

    /// The capture ends in the middle of `what`.
    #[cold]
    fn cut(window: &Window, what: &str) -> Self {
        let reason = match (window.failure(), window.packed()) {
            (None, _) => format!("the capture ends in the middle of {what}"),
            (Some(error), None) => format!("reading failed in the middle of {what}: {error}"),
            (Some(error), Some(packer)) => {
                format!("the {packer} data is damaged or cut, in the middle of {what}: {error}")
            }
        };
        Self::here(window, reason)
    }

    /// There is no next record: the end, if the one before was the last thing in the file.
    #[cold]
    fn at_end<T>(window: &Window, what: &str) -> Result<Option<T>, Self> {
        if window.all().is_empty() && window.failure().is_none() {
            return Ok(None);
        }
        Err(Self::cut(window, what))
    }
}
