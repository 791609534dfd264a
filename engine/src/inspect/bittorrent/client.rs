//! Which program a peer identifier names (BEP 20): `-TR3000-` is Transmission 3.0.0.

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
pub(super) fn name(peer_id: &[u8]) -> Option<String> {
    match peer_id {
        [b'-', one, two, version @ ..] => {
            let version = version.split(|byte| *byte == b'-').next()?;
            usual([*one, *two], version.get(..version.len().min(4))?)
        }
        [b'A', b'2', b'-', version @ ..] => {
            let parts: Vec<_> = version.split(|byte| *byte == b'-').take(3).collect();
            Some(format!("aria2 {}", String::from_utf8_lossy(&parts.join(&b'.'))))
        }
        [b'M', main, b'-', minor, b'-', ..] => Some(format!("BitTorrent {}.{}", char::from(*main), char::from(*minor))),
        _ => None,
    }
}

fn usual(code: [u8; 2], version: &[u8]) -> Option<String> {
    if !code.iter().chain(version).all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let program = KNOWN.iter().find(|(known, _)| **known == code).map(|(_, name)| *name);
    let program = program.map_or_else(|| String::from_utf8_lossy(&code).into_owned(), str::to_owned);
    let digits: Vec<_> = version.iter().map(|byte| char::from(*byte).to_string()).collect();
    Some(format!("{program} {}", digits.join(".")))
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn identifiers_name_program_and_version() {
        assert_eq!(name(b"-TR3000-abcdefghijkl").unwrap(), "Transmission 3.0.0.0");
        assert_eq!(name(b"-qB4520-abcdefghijkl").unwrap(), "qBittorrent 4.5.2.0");
        assert_eq!(name(b"A2-1-36-0-\xc5\xcczz").unwrap(), "aria2 1.36.0");
        assert_eq!(name(b"-ZZ1000-abcdefghijkl").unwrap(), "ZZ 1.0.0.0");
        assert_eq!(name(&[0xff; 20]), None);
    }
}
