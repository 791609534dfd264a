//! JA4: one short text for how a client says hello, the same for every run of one program.
//!
//! The client's part of the JA4 suite only, which its authors placed under the BSD 3-Clause licence
//! (<https://github.com/FoxIO-LLC/ja4>).

use smallvec::SmallVec;

use super::hello::{extensions, is_grease, pairs, ClientHello, Over, ALPN, SERVER_NAME};
use crate::inspect::crypto::sha256;
use crate::text::Text;

/// Bytes of `t13d1516h2_8daaf6152771_e5627efa2ab1`.
pub const JA4_LENGTH: usize = 36;
/// Browsers have some twenty cipher suites, extensions and signatures.
const USUAL: usize = 32;

/// Reckons it.
#[must_use]
pub fn ja4(hello: &ClientHello<'_>, over: Over) -> Text {
    let mut ciphers = meant(pairs(hello.ciphers));
    let mut kinds = meant(extensions(hello.extensions).map(|(kind, _)| kind));
    let (cipher_count, extension_count) = (ciphers.len(), kinds.len());
    ciphers.sort_unstable();
    // Who is called and in which application protocol is told elsewhere, and would split one program into many.
    kinds.retain(|kind| ![SERVER_NAME, ALPN].contains(kind));
    kinds.sort_unstable();
    // No extensions, no signatures: they are one.
    let signatures = if kinds.is_empty() { Numbers::new() } else { meant(pairs(hello.signatures)) };

    let letter = match over {
        Over::Tcp => b't',
        Over::Quic => b'q',
        Over::Dtls => b'd',
    };
    let version = version_letters(hello.best_version());
    let [first, last] = protocol_letters(hello.protocols().next().unwrap_or_default());
    let named = if hello.server_name.is_some() { b'd' } else { b'i' };
    let ([c1, c2], [e1, e2]) = (two_digits(cipher_count), two_digits(extension_count));
    let mut whole = Text::of(&[letter, version[0], version[1], named, c1, c2, e1, e2, first, last, b'_']);
    whole.push(&short_digest(&ciphers, &[]));
    whole.push(b"_");
    whole.push(&short_digest(&kinds, &signatures));
    whole
}

/// Numbers of a hello.
type Numbers = SmallVec<[u16; USUAL]>;

fn meant(numbers: impl Iterator<Item = u16>) -> Numbers {
    numbers.filter(|number| !is_grease(*number)).collect()
}

const fn version_letters(version: u16) -> [u8; 2] {
    *match version {
        0x0304 => b"13",
        0x0303 => b"12",
        0x0302 => b"11",
        0x0301 => b"10",
        0x0300 => b"s3",
        0x0002 => b"s2",
        0xfeff => b"d1",
        0xfefd => b"d2",
        0xfefc => b"d3",
        _ => b"00",
    }
}

/// First and last letter of the first application protocol; of its hexadecimal form where they are not letters.
fn protocol_letters(protocol: &[u8]) -> [u8; 2] {
    let (Some(first), Some(last)) = (protocol.first(), protocol.last()) else { return *b"00" };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        [*first, *last]
    } else {
        let ([_, _, high, _], [.., low]) = (digits((*first).into()), digits((*last).into()));
        [high, low]
    }
}

fn two_digits(count: usize) -> [u8; 2] {
    let count = u8::try_from(count.min(99)).unwrap_or(99);
    [b'0' + count / 10, b'0' + count % 10]
}

/// Four hexadecimal digits each, with commas between, and one line between the lists.
fn short_digest(numbers: &[u16], more: &[u16]) -> [u8; 12] {
    let word = |number: &u16| {
        let [a, b, c, d] = digits(*number);
        [a, b, c, d, b',']
    };
    let mut text: SmallVec<[[u8; 5]; 2 * USUAL]> = numbers.iter().map(word).collect();
    if let ([.., behind], [_, ..]) = (text.as_mut_slice().as_flattened_mut(), more) {
        *behind = b'_';
    }
    text.extend(more.iter().map(word));
    let mut short = [b'0'; 12];
    if let [text @ .., _] = text.as_flattened() {
        for (four, pair) in short.as_chunks_mut().0.iter_mut().zip(sha256(text).as_chunks().0) {
            *four = digits(u16::from_be_bytes(*pair));
        }
    }
    short
}

/// Four hexadecimal digits, reckoned side by side in one number.
const fn digits(number: u16) -> [u8; 4] {
    let number = number as u32;
    let values = number >> 12 | number & 0x0f00 | (number & 0x00f0) << 12 | (number & 0x000f) << 24;
    // From ten on six more carry into the next half byte; between 9 and a there are 39 other characters.
    let letters = (values + 0x0606_0606) >> 4 & 0x0101_0101;
    (values + 0x3030_3030 + letters * 39).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        let numbers = |text: &str| -> Vec<u8> {
            text.split(',').flat_map(|number| u16::from_str_radix(number, 16).unwrap().to_be_bytes()).collect()
        };
        // Raw form: the order of ciphers and extensions, and the noise among them, must not matter.
        let ciphers = numbers("3a3a,cca9,1301,1302,1303,c02b,c02f,c02c,c030,cca8,c013,c014,009c,009d,002f,0035");
        let signatures = numbers("0403,0804,0401,0503,0805,0501,0806,0601");
        let mut extensions = Vec::new();
        for kind in
            numbers("dada,0000,0010,001b,0005,000a,000b,000d,0012,0015,0017,0023,002b,002d,0033,4469,ff01").chunks(2)
        {
            extensions.extend_from_slice(kind);
            extensions.extend_from_slice(&[0, 0]);
        }
        let hello = ClientHello {
            version: 0x0303,
            ciphers: &ciphers,
            extensions: &extensions,
            whole: true,
            server_name: Some(b"example.org"),
            alpn: b"\x02h2\x08http/1.1",
            versions: &[0x6a, 0x6a, 3, 4, 3, 3],
            signatures: &signatures,
            encrypted: false,
            srtp: false,
            quic: &[],
        };
        assert_eq!(std::str::from_utf8(ja4(&hello, Over::Tcp).as_bytes()), Ok("t13d1516h2_8daaf6152771_e5627efa2ab1"));
    }

    #[test]
    fn numbers_are_written_as_everybody_writes_them() {
        for number in 0..=u16::MAX {
            assert_eq!(digits(number), format!("{number:04x}").as_bytes());
        }
    }

    #[test]
    fn strange_protocol_names_give_hexadecimal_letters() {
        assert_eq!(protocol_letters(b"h2"), *b"h2");
        assert_eq!(protocol_letters(b"h"), *b"hh");
        assert_eq!(protocol_letters(&[0xab, 0x01, 0xcd]), *b"ad");
        assert_eq!(protocol_letters(b""), *b"00");
    }
}
