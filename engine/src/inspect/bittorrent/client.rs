//! Which program a peer identifier names (BEP 20): `-TR3000-` is Transmission 3.0.0.

use crate::text::Text;

/// Two letters of the usual form and what they stand for, of programs in use.
const KNOWN: &[(&[u8; 2], &str)] = &[
    (b"AZ", "Vuze"),
    (b"BC", "BitComet"),
    (b"BI", "BiglyBT"),
    (b"BT", "BitTorrent"),
    (b"DE", "Deluge"),
    (b"FD", "Free Download Manager"),
    (b"FL", "Flud"),
    (b"KT", "KTorrent"),
    (b"LT", "libtorrent (Rasterbar)"),
    (b"lt", "libTorrent (Rakshasa)"),
    (b"PI", "PicoTorrent"),
    (b"SD", "Thunder"),
    (b"TI", "Tixati"),
    (b"TR", "Transmission"),
    (b"TX", "Tribler"),
    (b"UM", "µTorrent for Mac"),
    (b"UT", "µTorrent"),
    (b"UW", "µTorrent Web"),
    (b"WW", "WebTorrent"),
    (b"XL", "Xunlei"),
    (b"qB", "qBittorrent"),
];

/// Program and version, as far as the identifier tells; nothing for identifiers of no known form.
pub(super) fn name(peer_id: &[u8]) -> Option<Text> {
    match peer_id {
        [b'-', one, two, version @ ..] => {
            let version = version.split(|byte| *byte == b'-').next()?;
            usual([*one, *two], version.get(..version.len().min(4))?)
        }
        [b'A', b'2', b'-', version @ ..] => Some(versioned(b"aria2", version.split(|byte| *byte == b'-').take(3))),
        [b'M', main, b'-', minor, b'-', ..] => Some(versioned(b"BitTorrent", [&[*main][..], &[*minor]].into_iter())),
        _ => None,
    }
}

fn usual(code: [u8; 2], version: &[u8]) -> Option<Text> {
    if !code.iter().chain(version).all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let program = KNOWN.iter().find(|(known, _)| **known == code).map(|(_, name)| name.as_bytes());
    Some(versioned(program.unwrap_or(&code), version.chunks(1)))
}

/// `Transmission 3.0`
fn versioned<'a>(program: &[u8], version: impl Iterator<Item = &'a [u8]>) -> Text {
    let mut name = Text::of(program);
    for (place, part) in version.enumerate() {
        name.push(if place == 0 { b" " } else { b"." });
        name.push(part);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn identifiers_name_program_and_version() {
        let said = |identifier| name(identifier).map(|name| String::from_utf8(name.as_bytes().to_vec()).unwrap());
        assert_eq!(said(b"-TR3000-abcdefghijkl").as_deref(), Some("Transmission 3.0.0.0"));
        assert_eq!(said(b"-qB4520-abcdefghijkl").as_deref(), Some("qBittorrent 4.5.2.0"));
        assert_eq!(said(b"A2-1-36-0-\xc5\xcczz").as_deref(), Some("aria2 1.36.0"));
        assert_eq!(said(b"-ZZ1000-abcdefghijkl").as_deref(), Some("ZZ 1.0.0.0"));
        assert_eq!(said(&[0xff; 20]), None);
    }
}
