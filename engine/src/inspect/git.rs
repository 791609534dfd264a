//! Git: programs' sources, by Git's own server (Git pack protocol).
//!
//! Recognised by the line with its length that asks for a repository.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The Git protocol.
pub struct Git;

/// Longest request: a path and a name.
const LONGEST: usize = 1000;

static HOST: Field = Field::text("git.host", "the server that is asked for");
static REPOSITORY: Field = Field::text("git.repository", "the repository that is asked for");

// Four digits (48 dB), eight letters and more.
static REQUEST: Sign = Sign::new("a repository is asked for (Git)", 150);

static PROFILE: Profile = Profile {
    name: "git",
    title: "Git",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[9418],
    first: First::Of(b"0"),
    fields: &[&HOST, &REPOSITORY],
    signs: &[&REQUEST],
};

impl Single for Git {
    const LEAST: usize = 8;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let (digits, line) = opening.bytes.split_at_checked(4)?;
        let length = usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        if !(20..LONGEST).contains(&length) || !line.iter().zip(b"git-").all(|(byte, letter)| byte == letter) {
            return None;
        }
        // `git-upload-pack /path\0host=name\0`
        let Some(line) = line.get(..length - 4) else { return Some(Heard::Part) };
        let mut words = line.split(|byte| *byte == 0);
        let repository = words.next()?.splitn(2, |byte| *byte == b' ').nth(1)?;
        let host = words.find_map(|word| word.strip_prefix(b"host="));
        Some(Heard::by(&REQUEST).text(&REPOSITORY, repository).text(&HOST, host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_request_tells_server_and_repository() {
        let request = b"0030git-upload-pack /books.git\0host=git.example\0";
        for split in 1..request.len() {
            let (one, two) = request.split_at(split);
            let told = tell(&Git, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]);
            assert_eq!(told.text(&REPOSITORY).as_deref(), Some("/books.git"));
            assert_eq!(told.text(&HOST).as_deref(), Some("git.example"));
        }
        assert!(tell(&Git, Transport::Tcp, &[(Side::Client, b"0031gut")]).matched.is_none());
    }
}
