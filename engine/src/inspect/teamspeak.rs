//! TeamSpeak: voice for groups, mostly of players, over UDP; its servers are asked and commanded in lines over TCP.
//!
//! Recognised by the eight letters in place of the authentication code that every packet of the first exchange has
//! (the ts3protocol document of the TSLib project). A server that puts itself on the public list does so in two questions:
//! the list's answer repeats the first and adds a number, which the second brings back. TeamSpeak 2 is told by the log-in that
//! names its program (the soliloque-server project's description), and the talk in lines by the server's first one.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The TeamSpeak protocol.
pub struct Teamspeak;

/// What the first packets have where later ones have their code.
const MARK: &[u8; 8] = b"TS3INIT1";

static VERSION: Field = Field::number(
    "teamspeak.client_version",
    "seconds since 1970 at which the client's version was built, less 1356998400",
);

// Eight letters of 24 dB each.
static INIT: Sign = Sign::new("the first exchange of TeamSpeak 3", 96);

// Four bytes that come back, 96, less for those that always do; two lengths of a few bytes.
static LISTED: Sign = Sign::new("a TeamSpeak server that asks for a place on the public list, and its answer", 60);

// Four fixed bytes, small ones among them, and a length and a word of nine letters at their place.
static LOG_IN: Sign = Sign::new("a log-in to a TeamSpeak 2 server", 95);
// Three letters and an end of line that nobody else writes in this order.
static QUERY: Sign = Sign::new("the first line of a TeamSpeak server that is asked in lines", 90);

static PROFILE: Profile = Profile {
    name: "teamspeak",
    title: "TeamSpeak",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[9987, 8767, 10011, 2010],
    first: First::Of(&[b'T', LISTING, LOG_IN_HEAD[0]]),
    fields: &[&VERSION],
    signs: &[&INIT, &LISTED, &LOG_IN, &QUERY],
};

impl Protocol for Teamspeak {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Tcp {
            return match opening.bytes {
                bytes if bytes.starts_with(QUERY_LINE) => Match::Yes(&QUERY),
                bytes if QUERY_LINE.starts_with(bytes) => Match::Unsure,
                _ => Match::No,
            };
        }
        if opening.bytes.starts_with(MARK) {
            Match::Yes(&INIT)
        } else if is_log_in(opening.bytes) {
            Match::Yes(&LOG_IN)
        } else if is_listing(opening.other, opening.bytes) {
            Match::Yes(&LISTED)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Teamspeak)
    }
}

/// What a server says first (ServerQuery manual).
const QUERY_LINE: &[u8] = b"TS3\n\r";

/// Class and kind of the message, least significant byte first.
const LOG_IN_HEAD: [u8; 4] = [0xf4, 0xbe, 3, 0];
/// Where the program's name is, behind its length.
const PROGRAM_AT: usize = 20;

fn is_log_in(bytes: &[u8]) -> bool {
    let program = bytes.get(PROGRAM_AT..).unwrap_or_default();
    bytes.starts_with(&LOG_IN_HEAD) && program.starts_with(b"\x09TeamSpeak")
}

/// The protocol of the list; and of its messages the first, to ask and to answer.
const LISTING: u8 = 1;
const FIRST: u8 = 1;

/// Version, a number that counts up, message; the answer repeats the question and adds four bytes.
fn is_listing(question: &[u8], answer: &[u8]) -> bool {
    let asked = matches!(question, [LISTING, _, _, FIRST]);
    let given = answer.strip_prefix(question).is_some_and(|added| added.len() == 4 && added != [0; 4]);
    asked && given
}

impl Parser for Teamspeak {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let mut reader = Reader::new(payload.bytes);
        if !payload.bytes.starts_with(MARK) {
            return Next::Done;
        }
        // Packet number 101, client number 0 (client only), flags 0x88, then the version.
        if payload.side == Side::Client && reader.skip(MARK.len() + 5).is_some() {
            if let Some(version) = reader.be32() {
                facts.number(&VERSION, version.into());
            }
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn the_first_exchange_is_told() {
        let bytes = [&MARK[..], &[0, 101, 0, 0, 0x88, 0x0d, 0xd0, 0x57, 0x66, 0]].concat();
        let told = tell(&Teamspeak, Transport::Udp, &[(Side::Client, &bytes)]);
        assert!(told.saw(&INIT));
        assert_eq!(told.number(&VERSION), Some(0x0dd0_5766));
    }

    #[test]
    fn the_older_log_in_and_the_talk_in_lines_are_told() {
        let log_in = [&LOG_IN_HEAD[..], &[0; 16], b"\x09TeamSpeak", &[0; 20]].concat();
        assert!(tell(&Teamspeak, Transport::Udp, &[(Side::Client, &log_in)]).saw(&LOG_IN));
        let talk =
            [(Side::Server, &b"TS"[..]), (Side::Server, b"3\n\rWelcome to the TeamSpeak 3 ServerQuery interface")];
        assert!(tell(&Teamspeak, Transport::Tcp, &talk).saw(&QUERY));
    }

    #[test]
    fn a_servers_place_on_the_list_is_told_by_question_and_answer() {
        let talk = |answer: &[u8]| {
            tell(&Teamspeak, Transport::Udp, &[(Side::Client, &[1, 0x80, 0x84, 1][..]), (Side::Server, answer)]).matched
        };
        assert!(talk(&[1, 0x80, 0x84, 1, 0x7c, 0x65, 0xd9, 0xa7]).is_some());
        assert!(talk(&[1, 0x80, 0x85, 1, 0x7c, 0x65, 0xd9, 0xa7]).is_none());
    }
}
