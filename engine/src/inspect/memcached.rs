//! Memcached: values kept for a while under names (memcached's protocol.txt, and its binary form).
//!
//! Recognised by a command with as many words as it needs, over TCP and behind the header of a datagram; in binary by a
//! request whose lengths agree. Answers that nobody asked for, over UDP, are an attack.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::bytes::Reader;
use crate::facts::Sign;
use crate::packet::Transport;

/// The memcached protocol.
pub struct Memcached;

/// Number, place, count, reserved: before what a datagram says.
const DATAGRAM: [u8; 6] = [0, 0, 0, 1, 0, 0];
/// Longest line with a name of 250 letters.
const LONGEST_LINE: usize = 320;
/// The first byte of a binary request.
const REQUEST: u8 = 0x80;

// Four letters and more, spaces and numbers in their places: 120 dB.
static COMMAND: Sign = Sign::new("a command to a memcached server", 80);
// The mark (24 dB), an operation (8 dB), empty fields (260 dB), lengths one inside the other (16 dB); zeros are common.
static BINARY: Sign = Sign::new("a binary request to a memcached server", 60);

static PROFILE: Profile = Profile {
    name: "memcached",
    title: "Memcached",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[11211],
    first: First::Shapes(&[
        Shape::datagram().at(2, Bytes::Of(&[0])).at(3, Bytes::Of(&[0])).at(4, Bytes::Of(&[0])).at(5, Bytes::Of(&[1])),
        Shape::stream().at(0, Bytes::Of(b"gsardv\x80")),
    ]),
    fields: &[],
    signs: &[&COMMAND, &BINARY],
};

impl Single for Memcached {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        if opening.transport == Transport::Udp {
            let mut reader = Reader::new(opening.bytes);
            reader.skip(2)?;
            return (reader.array()? == DATAGRAM && is_command(reader.rest())?).then(|| Heard::by(&COMMAND));
        }
        if opening.bytes.first() == Some(&REQUEST) {
            return binary(opening.bytes);
        }
        match is_command(opening.bytes) {
            Some(is) => is.then(|| Heard::by(&COMMAND)),
            None => may_be(opening.bytes).then_some(Heard::Part),
        }
    }
}

/// Words that a command can begin with.
const WORDS: [&[u8]; 8] = [b"get ", b"gets ", b"set ", b"add ", b"replace ", b"stats", b"version", b"delete "];

fn may_be(bytes: &[u8]) -> bool {
    bytes.len() < LONGEST_LINE && WORDS.iter().any(|word| bytes.iter().zip(*word).all(|(byte, letter)| byte == letter))
}

/// Whether the first line is a command; nothing where it has not ended.
fn is_command(bytes: &[u8]) -> Option<bool> {
    if !may_be(bytes.get(..bytes.len().min(8))?) {
        return Some(false);
    }
    let line = bytes.get(..memchr::memchr(b'\n', bytes)?)?.strip_suffix(b"\r").unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').take(8).collect();
    let is_number = |word: &&[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    Some(match words[..] {
        [b"version" | b"stats"] => true,
        [b"get" | b"gets", name, ..] => !name.is_empty() && bytes.is_ascii(),
        [b"delete", name] => !name.is_empty(),
        [b"set" | b"add" | b"replace", _, ref numbers @ ..] => {
            (3..=4).contains(&numbers.len()) && numbers.iter().take(3).all(is_number)
        }
        _ => false,
    })
}

/// Operation, lengths of name and extras, and of everything.
fn binary<'a>(bytes: &[u8]) -> Option<Heard<'a>> {
    const HEADER: usize = 24;
    if bytes.len() < HEADER {
        return Some(Heard::Part);
    }
    let mut reader = Reader::new(bytes);
    let (_mark, operation, name, extras) = (reader.u8()?, reader.u8()?, reader.be16()?, reader.u8()?);
    let (kind, bucket, body) = (reader.u8()?, reader.be16()?, reader.be32()?);
    // A number of the client's own, and which state of the value is meant: any, in a first request.
    let (_number, state) = (reader.be32()?, reader.be64()?);
    let inside = body >= u32::from(name) + u32::from(extras) && body < 1 << 20 && name <= 250 && extras <= 20;
    (operation <= 0x48 && kind == 0 && bucket == 0 && state == 0 && inside).then(|| Heard::by(&BINARY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn commands_are_told_with_the_words_they_need() {
        for line in [&b"get a b\r\n"[..], b"set a 0 60 3\r\nabc\r\n", b"stats\r\n", b"version\r\n"] {
            let (one, two) = line.split_at(3);
            assert!(tell(&Memcached, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]).saw(&COMMAND));
        }
        for line in [&b"set a b c d\r\n"[..], b"statsus\r\n", b"GET / HTTP/1.1\r\n"] {
            assert!(tell(&Memcached, Transport::Tcp, &[(Side::Client, line)]).matched.is_none());
        }
    }

    #[test]
    fn datagrams_and_binary_requests_are_told() {
        let datagram = [&[7, 9][..], &DATAGRAM, b"stats\r\n"].concat();
        assert!(tell(&Memcached, Transport::Udp, &[(Side::Client, &datagram)]).saw(&COMMAND));
        let mut get = vec![REQUEST, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
        get.resize(24, 0);
        get.push(b'a');
        assert!(tell(&Memcached, Transport::Tcp, &[(Side::Client, &get)]).saw(&BINARY));
    }
}
