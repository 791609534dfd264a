//! What a person is told about a capture that cannot be read, or only in part.

use std::fmt;
use std::io;

use super::source::Window;
use crate::error::in_words;

/// Why a capture could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file could not be read at all.
    Io(io::Error),
    /// It is empty, or ends before the first record.
    Nothing(String),
    /// It is no capture; what it looks like instead, and what to do.
    NoCapture(String),
    /// A capture of a kind of link that is not read: number and name.
    LinkType(String),
}

impl OpenError {
    pub(super) fn nothing(window: &Window) -> Self {
        if let Some(error) = window.failure() {
            return Self::Nothing(format!("the file is damaged from its beginning: {error}"));
        }
        Self::Nothing(match window.all().len() {
            0 => "the file is empty".into(),
            len => format!("the file ends after {len} bytes, inside the header of the capture"),
        })
    }

    pub(super) fn no_capture(window: &Window) -> Self {
        Self::NoCapture(looks_like(window.all()))
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read it: {}", in_words(error)),
            Self::Nothing(what) => f.write_str(what),
            Self::NoCapture(looks_like) => write!(f, "neither pcap nor pcapng: {looks_like}"),
            Self::LinkType(link) => write!(
                f,
                "link type {link} is not read; Ethernet, Linux cooked, raw IP, BSD loopback, PPP, Cisco HDLC and 802.11 are"
            ),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with a capture that was read in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where in the capture, unpacked; from its first byte.
    pub offset: u64,
    /// What is there.
    pub what: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

/// First bytes of files that people take for captures.
const KNOWN: [(&[u8], &str); 15] = [
    (b"snoop\0\0\0", "looks like a capture of Solaris snoop; convert it with: editcap -F pcap IN OUT"),
    (b"GMBU", "looks like a capture of Microsoft Network Monitor; convert it with: editcap -F pcap IN OUT"),
    (b"RTSS", "looks like a capture of Microsoft Network Monitor; convert it with: editcap -F pcap IN OUT"),
    (b"TRSNIFF data", "looks like a capture of Sniffer; convert it with: editcap -F pcap IN OUT"),
    (b"\xfd7zXZ\0", "is packed with xz; unpack it with: xz -d"),
    (b"BZh", "is packed with bzip2; unpack it with: bzip2 -d"),
    (b"\x04\x22\x4d\x18", "is packed with lz4; unpack it with: lz4 -d"),
    (b"7z\xbc\xaf\x27\x1c", "looks like a 7-Zip archive; unpack it first"),
    (b"PK\x03\x04", "looks like a ZIP archive; unpack it first"),
    (b"Rar!", "looks like a RAR archive; unpack it first"),
    (b"\x7fELF", "looks like a program"),
    (b"%PDF", "looks like a PDF document"),
    (b"\x89PNG", "looks like a picture"),
    (b"SQLite format 3", "looks like an SQLite database"),
    (b"PAR1", "looks like a Parquet file"),
];

fn looks_like(bytes: &[u8]) -> String {
    if let Some((_, what)) = KNOWN.iter().find(|(begin, _)| bytes.starts_with(begin)) {
        return format!("it {what}");
    }
    let sample = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if sample.iter().all(printable) {
        return match sample.trim_ascii_start().first() {
            Some(b'{' | b'[') => "it looks like JSON".into(),
            Some(b'<') => "it looks like a web page or XML".into(),
            _ => "it looks like text".into(),
        };
    }
    if sample.iter().all(|byte| *byte == 0) {
        return "it begins with zeros, as files do whose disk or transfer failed".into();
    }
    let first: Vec<String> = sample.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("it begins with the bytes {}", first.join(" "))
}
