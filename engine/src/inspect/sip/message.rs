//! SIP messages on the wire: first line, headers, body (RFC 3261 §7).

use memchr::{memchr, memmem};

/// Methods that IANA lists.
const METHODS: [&str; 14] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "PRACK",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "INFO",
    "REFER",
    "MESSAGE",
    "UPDATE",
];
const VERSION: &[u8] = b"SIP/2.0";
/// How addresses begin, and `*`.
const SCHEMES: [&[u8]; 5] = [b"sip:", b"sips:", b"tel:", b"urn:", b"*"];
/// Headers that are read, and their short forms (RFC 3261 §7.3.3).
const SHORT: [(&str, u8); 4] = [("content-length", b'l'), ("from", b'f'), ("to", b't'), ("content-type", b'c')];

/// The first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Request(&'static str),
    Response(u16),
}

/// What the bytes so far say about the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    Is(Start),
    MayBe,
    IsNot,
}

/// Judges a first line, as far as it is there.
pub fn opening(bytes: &[u8]) -> Opening {
    let seen = |word: &[u8]| word.starts_with(bytes.get(..bytes.len().min(word.len())).unwrap_or_default());
    if seen(VERSION) {
        return match bytes.get(VERSION.len()..VERSION.len() + 5) {
            Some([b' ', code @ .., b' ']) => {
                status(code).map_or(Opening::IsNot, |code| Opening::Is(Start::Response(code)))
            }
            Some(_) => Opening::IsNot,
            None => Opening::MayBe,
        };
    }
    for method in METHODS {
        if !seen(method.as_bytes()) {
            continue;
        }
        let Some((b' ', address)) = bytes.get(method.len()..).and_then(<[u8]>::split_first) else {
            // `INVITEX` is no method; `INVI` may become one.
            if bytes.len() > method.len() {
                continue;
            }
            return Opening::MayBe;
        };
        return request(method, address);
    }
    Opening::IsNot
}

fn request(method: &'static str, address: &[u8]) -> Opening {
    let known =
        SCHEMES.iter().find(|scheme| address.get(..scheme.len()).is_some_and(|a| a.eq_ignore_ascii_case(scheme)));
    let begun = SCHEMES.iter().any(|scheme| scheme.starts_with(address));
    let Some(_) = known else { return if begun { Opening::MayBe } else { Opening::IsNot } };
    match memchr(b'\n', address) {
        // HTTP has OPTIONS too, and RTSP's begin alike; the version at the end says which it is.
        Some(end) if !address.get(..end).is_some_and(|line| line.trim_ascii_end().ends_with(VERSION)) => Opening::IsNot,
        Some(_) => Opening::Is(Start::Request(method)),
        None if address.len() > 512 => Opening::IsNot,
        None => Opening::MayBe,
    }
}

fn status(code: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(code).ok()?;
    text.parse().ok().filter(|code| (100..700).contains(code))
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    head: &'a [u8],
    /// What follows the empty line, as far as it is there.
    pub body: &'a [u8],
    /// Whether the empty line is there.
    pub has_all_headers: bool,
}

impl<'a> Message<'a> {
    /// Splits a message at its empty line.
    pub fn split(bytes: &'a [u8]) -> Self {
        match memmem::find(bytes, b"\r\n\r\n").and_then(|end| bytes.split_at_checked(end + 4)) {
            Some((head, body)) => Self { head, body, has_all_headers: true },
            None => Self { head: bytes, body: &[], has_all_headers: false },
        }
    }

    /// Bytes before the body.
    pub fn head_len(&self) -> usize {
        self.head.len()
    }

    /// The value of the first header with this name (lower case).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let short = SHORT.iter().find(|(long, _)| *long == name).map(|(_, short)| *short);
        self.head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
            let colon = memchr(b':', line)?;
            let (key, value) = line.split_at_checked(colon)?;
            let key = key.trim_ascii();
            let same = key.eq_ignore_ascii_case(name.as_bytes()) || short.is_some_and(|short| key == [short]);
            same.then(|| value.get(1..).unwrap_or_default().trim_ascii())
        })
    }

    /// Length of the body as announced; without it, it is all there is.
    pub fn body_len(&self) -> Option<usize> {
        std::str::from_utf8(self.get("content-length")?).ok()?.parse().ok()
    }
}

/// Bytes of a user's address that are kept: longer ones are machines'.
const LONGEST_USER: usize = 64;

/// The address without what is around it, like `ann@example.org`, where it names a user.
pub fn user(address: &[u8]) -> Option<&str> {
    let start =
        [&b"sip:"[..], b"sips:"].into_iter().find_map(|scheme| Some(memmem::find(address, scheme)? + scheme.len()))?;
    let address = address.get(start..)?;
    let end = address.iter().position(|byte| matches!(byte, b'>' | b';' | b'?' | b' ')).unwrap_or(address.len());
    let address = std::str::from_utf8(address.get(..end)?).ok()?;
    let plain = address.len() <= LONGEST_USER && address.bytes().all(|byte| byte.is_ascii_graphic());
    let (_, host) = address.split_once('@').filter(|_| plain)?;
    // A port is no part of the name.
    let port = host.rfind(':').filter(|_| !host.ends_with(']')).map_or(0, |colon| host.len() - colon);
    address.get(..address.len() - port)
}

/// The host part of an address like `"Ann" <sip:ann@example.org:5060>;tag=1`. The user part is no fact of the flow: it is
/// told of calls alone.
pub fn domain(address: &[u8]) -> Option<&[u8]> {
    let start = memmem::find(address, b"sip:").or_else(|| memmem::find(address, b"sips:"))?;
    let address = address.get(start..)?;
    let end = address.iter().position(|byte| matches!(byte, b'>' | b';' | b'?' | b' ')).unwrap_or(address.len());
    let address = address.get(..end)?;
    let host = match memchr(b'@', address) {
        Some(at) => address.get(at + 1..)?,
        None => address.get(memchr(b':', address)? + 1..)?,
    };
    // A port follows the last colon, where it is no part of an IPv6 address.
    let end =
        if host.first() == Some(&b'[') { memchr(b']', host)? + 1 } else { memchr(b':', host).unwrap_or(host.len()) };
    host.get(..end).filter(|host| !host.is_empty())
}
