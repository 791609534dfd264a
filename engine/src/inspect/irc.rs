//! IRC: groups that write lines to each other (RFC 1459, RFC 2812), and offer each other direct connections (DCC).
//!
//! Recognised by the lines of a log-on that no other protocol has: FTP and POP3 know USER and PASS too, with fewer words.

use super::lines::{Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::{Addr, Endpoint, Transport};
use memchr::{memchr, memmem};

/// The IRC protocol.
pub struct Irc;

/// Where it is usually served.
const PORTS: [u16; 7] = [6665, 6666, 6667, 6668, 6669, 6697, 7000];
/// What clients say in the middle of a connection, and each side to see whether the other is there.
const COMMANDS: [&[u8]; 13] = [
    b"AWAY",
    b"ISON",
    b"LIST",
    b"LUSERS",
    b"MODE",
    b"NAMES",
    b"PART",
    b"PING",
    b"PONG",
    b"TOPIC",
    b"USERHOST",
    b"WHO",
    b"WHOIS",
];

/// Longest line with tags (IRCv3 message tags), and some room.
const LONGEST_LINE: usize = 1024;

static NETWORK: Field = Field::text("irc.network", "the network, as the server names it");
static DCC: Field = Field::flag("irc.dcc", "a direct connection was offered");

// USER with four words, or CAP LS, or NICK on a line: 100 dB and more.
static LOG_ON: Sign = Sign::new("an IRC log-on", 80);
// A colon, a name, and NOTICE, CAP or a number of three digits.
static GREETING: Sign = Sign::new("an IRC server's first line", 60);
// A name with `!` and `@`, and one of eight words; or one of two words, a room's or a person's name, and a colon.
static TALK: Sign = Sign::new("a line of a talk on IRC", 75);

// One of a dozen words, and the port.
static WORD: Sign = Sign::new("a command of IRC, on its port", 45);

static PROFILE: Profile = Profile {
    name: "irc",
    title: "IRC",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &PORTS,
    first: First::Of(b":ACIJLMNPTUW"),
    fields: &[&NETWORK, &DCC],
    signs: &[&LOG_ON, &GREETING, &TALK, &WORD],
};

impl Protocol for Irc {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        let Some(end) = memchr(b'\n', bytes) else {
            let may_come = bytes.len() < LONGEST_LINE && bytes.is_ascii();
            return if may_come { Match::Unsure } else { Match::No };
        };
        match bytes.get(..end).map(<[u8]>::trim_ascii_end) {
            Some(line) if is_log_on(line) => Match::Yes(&LOG_ON),
            Some(line) if is_greeting(line) => Match::Yes(&GREETING),
            Some(line) if is_talk(line) => Match::Yes(&TALK),
            Some(line) if opening.on_port(&PORTS) && is_command(line) => Match::Yes(&WORD),
            // A password is said before the name; what follows tells whose it is.
            Some(line) if line.starts_with(b"PASS ") => match bytes.get(end + 1..).map(second_line) {
                Some(Some(line)) if is_log_on(line) => Match::Yes(&LOG_ON),
                Some(None) => Match::Unsure,
                _ => Match::No,
            },
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk<Session>>::default()
    }
}

/// One connection; lines go on for days, so that only its beginning and the offers in it are read.
#[derive(Default)]
struct Session;

impl Dialogue for Session {
    const ENOUGH: u16 = 500;

    fn line(&mut self, line: &[u8], _payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step {
        tell(line.trim_ascii_end(), facts);
        Step::On
    }
}

fn tell(line: &[u8], facts: &mut Facts<'_>) {
    if let Some(at) = memmem::find(line, b" NETWORK=") {
        let name = line.get(at + 9..).unwrap_or_default();
        facts.text(&NETWORK, name.split(|byte| *byte == b' ').next().unwrap_or_default());
    }
    if let Some(at) = memmem::find(line, b"\x01DCC ") {
        facts.flag(&DCC);
        if let Some(endpoint) = line.get(at + 5..).and_then(offered) {
            facts.announce(Announcement::Media { endpoint, transport: Transport::Tcp, protocol: "irc" });
        }
    }
}

/// `SEND name 3232235786 5000 1024`, `CHAT chat 3232235786 5000`: the address is one number.
fn offered(offer: &[u8]) -> Option<Endpoint> {
    let text = std::str::from_utf8(offer).ok()?.trim_end_matches('\x01');
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = words.windows(2).skip(2).find_map(|pair| match pair {
        [addr, port] => Some((addr.parse::<u32>().ok()?, port.parse::<u16>().ok()?)),
        _ => None,
    })?;
    let addr = Addr::v4(place.0.to_be_bytes());
    (place.0 > 0xff_ffff && place.1 > 0).then_some(Endpoint { addr, port: place.1 })
}

fn is_log_on(line: &[u8]) -> bool {
    let words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).count();
    match line {
        [b'C', b'A', b'P', b' ', rest @ ..] => rest.starts_with(b"LS") || rest.starts_with(b"REQ"),
        [b'N', b'I', b'C', b'K', b' ', ..] => words == 2,
        // A real name of one word needs no colon (RFC 1459 §4.1.3).
        [b'U', b'S', b'E', b'R', b' ', ..] => words >= 5,
        _ => false,
    }
}

/// `:irc.example NOTICE * :*** Looking up your hostname`, `:irc.example 001 ann :Welcome`
fn is_greeting(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let named = words.next().is_some_and(|name| name.len() > 3 && name.starts_with(b":") && name.contains(&b'.'));
    let kind = words.next().unwrap_or_default();
    let number = kind.len() == 3 && kind.iter().all(u8::is_ascii_digit);
    named && (number || matches!(kind, b"NOTICE" | b"CAP" | b"PING")) && words.next().is_some()
}

/// `:bob!b@example.org PRIVMSG #room :hello`, from the middle of a connection; from a client without the name.
fn is_talk(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let Some(first) = words.next() else { return false };
    let from = first.starts_with(b":");
    let named = from && first.contains(&b'!') && first.contains(&b'@');
    let word = if from { words.next().unwrap_or_default() } else { first };
    let (to, more) = (words.next().unwrap_or_default(), words.next());
    let said = more.is_some_and(|more| more.starts_with(b":"));
    let room = to.strip_prefix(b":").unwrap_or(to).first().is_some_and(|first| b"#&+!".contains(first));
    match word {
        b"PRIVMSG" | b"NOTICE" => !to.is_empty() && said && (named || !from),
        b"JOIN" => room && (named || !from),
        b"PART" | b"MODE" | b"KICK" | b"TOPIC" => room && named,
        b"QUIT" | b"NICK" => named && to.starts_with(b":"),
        _ => false,
    }
}

/// `WHO #room`, `PING :irc.example`
fn is_command(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    words.next().is_some_and(|word| COMMANDS.contains(&word)) && words.next().is_some_and(|word| !word.is_empty())
}

/// The line, or nothing where it has not ended.
fn second_line(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..memchr(b'\n', bytes)?).map(<[u8]>::trim_ascii_end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing;
    use crate::packet::Side;

    #[test]
    fn a_log_on_is_told_wherever_it_is_split() {
        let bytes = b"PASS secret\r\nNICK ann\r\nUSER ann 0 * :Ann\r\n";
        for split in 1..bytes.len() {
            let (one, two) = bytes.split_at(split);
            assert!(testing::tell(&Irc, Transport::Tcp, &[(Side::Client, one), (Side::Client, two)]).saw(&LOG_ON));
        }
    }

    #[test]
    fn a_talk_that_was_joined_late_is_told() {
        for line in ["JOIN #room\r\n", ":ann!a@example.org PRIVMSG #room :hello\r\n", ":ann!a@h QUIT :bye\r\n"] {
            assert!(testing::tell(&Irc, Transport::Tcp, &[(Side::Client, line.as_bytes())]).saw(&TALK), "{line}");
        }
        let server = Endpoint { port: 6667, ..testing::SERVER };
        let talk: [(Side, &[u8]); 1] = [(Side::Client, b"WHO #room\r\n")];
        assert!(testing::tell_between(&Irc, Transport::Tcp, testing::CLIENT, server, &talk).saw(&WORD));
        assert!(testing::tell(&Irc, Transport::Tcp, &talk).matched.is_none());
        for line in ["JOIN us\r\n", ":ann PRIVMSG hello\r\n", "PRIVMSG\r\n"] {
            assert!(
                testing::tell(&Irc, Transport::Tcp, &[(Side::Client, line.as_bytes())]).matched.is_none(),
                "{line}"
            );
        }
    }

    #[test]
    fn an_offer_announces_where_the_file_comes_from() {
        let offer = b":bob!b@h PRIVMSG ann :\x01DCC SEND a b.zip 3221225993 5000 1024\x01\r\n";
        let lines: [(Side, &[u8]); 3] = [
            (Side::Client, b"CAP LS 302\r\n"),
            (Side::Server, b":irc.example 005 ann CHANTYPES=# NETWORK=Example :are supported\r\n"),
            (Side::Server, offer),
        ];
        let told = testing::tell(&Irc, Transport::Tcp, &lines);
        assert_eq!(told.text(&NETWORK).as_deref(), Some("Example"));
        assert!(matches!(&told.announced[..], [Announcement::Media { endpoint, .. }]
            if endpoint.addr == Addr::v4([192, 0, 2, 9]) && endpoint.port == 5000));
    }

    #[test]
    fn mail_and_files_are_not_irc() {
        for line in [&b"USER ann\r\n"[..], b"PASS x\r\nSTAT\r\n", b"PUT / HTTP/1.1\r\n", b"CONNECT a:443 HTTP/1.1\r\n"]
        {
            assert!(testing::tell(&Irc, Transport::Tcp, &[(Side::Client, line)]).matched.is_none());
        }
    }
}
