//! Redis and its relatives: a store of values under names (RESP).
//!
//! Recognised by a command as a list of words with their lengths.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Redis protocol.
pub struct Redis;

/// Longest beginning of a list: both numbers and the first word.
const NEAR: usize = 64;

static COMMAND: Field = Field::text("redis.command", "the first command");

// Two marks, two line ends of two bytes (144 dB), digits, and letters as many as they say.
static LIST: Sign = Sign::new("a command to a Redis server", 110);

static PROFILE: Profile = Profile {
    name: "redis",
    title: "Redis",
    category: Category::Business,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[6379],
    first: First::Of(b"*"),
    fields: &[&COMMAND],
    signs: &[&LIST],
};

impl Single for Redis {
    const LEAST: usize = 4;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let near = opening.bytes.get(..opening.bytes.len().min(NEAR))?;
        // `*1\r\n$4\r\nPING\r\n`
        let mut lines = near.split(|byte| *byte == b'\n');
        let mut line = |mark: &[u8]| lines.next().map(|line| line.strip_prefix(mark).unwrap_or(b"?"));
        let (words, length, command) = (line(b"*")?, line(b"$"), line(b""));
        if !words.iter().all(|byte| byte.is_ascii_digit() || *byte == b'\r') {
            return None;
        }
        let (Some(length), Some(command)) = (length, command.filter(|word| word.ends_with(b"\r"))) else {
            return (near.len() < NEAR).then_some(Heard::Part);
        };
        let command = command.strip_suffix(b"\r")?;
        let length: usize = std::str::from_utf8(length.strip_suffix(b"\r")?).ok()?.parse().ok()?;
        let named = length == command.len() && length > 1 && command.iter().all(u8::is_ascii_alphabetic);
        named.then(|| Heard::by(&LIST).text(&COMMAND, command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_command_is_told_wherever_it_is_split() {
        let command = b"*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
        for split in 1..command.len() {
            let (one, two) = command.split_at(split);
            let told = tell(&Redis, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&COMMAND).as_deref(), Some("GET"), "{split}");
        }
        assert!(tell(&Redis, Transport::Tcp, &[(Side::Client, b"* OK ready\r\n* a\r\n")]).matched.is_none());
    }
}
