//! SSH: a shell on another computer, and a tunnel for whatever its user likes (RFC 4253).
//!
//! Recognised by the line that each side begins with. Told is what both programs call themselves.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The SSH protocol.
pub struct Ssh;

static VERSION: Field = Field::text("ssh.version", "protocol version: 2.0, or 1.99 where the first is spoken too");
static CLIENT: Field = Field::text("ssh.client_software", "what the client's program calls itself");
static SERVER: Field = Field::text("ssh.server_software", "what the server's program calls itself");

// "SSH-", a digit, a point, digits and a dash: 1 of 2^55 and more.
static BANNER: Sign = Sign::new("the line that SSH begins with", 150);

static PROFILE: Profile = Profile {
    name: "ssh",
    title: "SSH",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[22, 2222],
    first: First::Of(b"S"),
    fields: &[&VERSION, &CLIENT, &SERVER],
    signs: &[&BANNER],
};

/// Longest line, with its end (RFC 4253 §4.2).
const LONGEST_LINE: usize = 255;
const START: &[u8] = b"SSH-";

impl Protocol for Ssh {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if START.starts_with(bytes) {
            return Match::Unsure;
        }
        let Some(rest) = bytes.strip_prefix(START) else { return Match::No };
        match split_version(rest) {
            Some(_) => Match::Yes(&BANNER),
            None if rest.len() < 5 && are_of_version(rest) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<SshParser>::default()
    }
}

fn are_of_version(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// `2.0-OpenSSH_9.6`: version and what follows the dash.
fn split_version(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = rest.iter().position(|byte| *byte == b'-').filter(|at| (3..=4).contains(at))?;
    let (version, software) = (rest.get(..at)?, rest.get(at + 1..)?);
    (are_of_version(version) && matches!(version.first(), Some(b'1' | b'2'))).then_some((version, software))
}

/// Waits for the line of either side.
#[derive(Default)]
struct SshParser {
    lines: [Vec<u8>; 2],
    told: [bool; 2],
    payloads: u8,
}

/// Payloads after which a line that did not end will not.
const MOST_PAYLOADS: u8 = 32;

impl Parser for SshParser {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.payloads += 1;
        let side = payload.side.index();
        let (Some(line), Some(told)) = (self.lines.get_mut(side), self.told.get_mut(side)) else { return Next::Done };
        if !*told {
            let room = LONGEST_LINE.saturating_sub(line.len());
            line.extend_from_slice(payload.bytes.get(..payload.bytes.len().min(room)).unwrap_or_default());
            let end = line.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            if end.is_some() || line.len() >= LONGEST_LINE {
                let whole = line.get(..end.unwrap_or(line.len())).unwrap_or_default();
                tell_line(whole, payload.side, facts);
                *told = true;
                *line = Vec::new();
            }
        }
        if self.told == [true; 2] || self.payloads >= MOST_PAYLOADS {
            Next::Done
        } else {
            Next::More
        }
    }

    fn turned(&mut self) {
        self.lines.reverse();
        self.told.reverse();
    }

    fn kept(&self) -> usize {
        self.lines.iter().map(Vec::capacity).sum()
    }
}

fn tell_line(line: &[u8], side: Side, facts: &mut Facts<'_>) {
    let Some((version, software)) = line.strip_prefix(START).and_then(split_version) else { return };
    facts.text(&VERSION, version);
    facts.text(if side == Side::Client { &CLIENT } else { &SERVER }, software);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, Told};

    fn assert_told(told: &Told) {
        assert_eq!(told.text(&VERSION).as_deref(), Some("2.0"));
        assert_eq!(told.text(&SERVER).as_deref(), Some("OpenSSH_9.6p1 Debian-1"));
        assert_eq!(told.text(&CLIENT).as_deref(), Some("libssh2_1.11.0"));
        assert!(matches!(told.last, Next::Done));
    }

    #[test]
    fn facts_do_not_depend_on_where_segments_split() {
        let server = b"SSH-2.0-OpenSSH_9.6p1 Debian-1\r\n\x00\x00\x04";
        let client = b"SSH-2.0-libssh2_1.11.0\r\n";
        for cut in 1..server.len() {
            let (first, second) = server.split_at(cut);
            assert_told(&tell(
                &Ssh,
                Transport::Tcp,
                &[(Side::Server, first), (Side::Server, second), (Side::Client, client)],
            ));
        }
    }

    #[test]
    fn other_words_that_begin_alike_are_not_ssh() {
        for line in [&b"SSH-abc"[..], b"SSH-2.0", b"SSL-2.0-x\r\n", b"SSH-2-x\r\n", b"SSH-9.9-x\r\n"] {
            assert!(tell(&Ssh, Transport::Tcp, &[(Side::Client, line)]).matched.is_none());
        }
    }
}
