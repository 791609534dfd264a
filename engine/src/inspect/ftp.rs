//! FTP: files to and from a server (RFC 959), its control connection and the data connections that it announces.
//!
//! Recognised by the server's greeting where it says FTP, by the client's first command after any greeting, or by the
//! wish to encrypt (RFC 4217). A data connection has nothing of its own to know it by, and is known from the reply to
//! PASV and EPSV, or from PORT and EPRT.

use super::lines::{begins, holds, judge, words, Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Announcement, Facts, Field, Sign};
use crate::packet::{Endpoint, Side, Transport};

/// The FTP protocol.
pub struct Ftp;

static GREETING: Field = Field::text("ftp.greeting", "what the server says first");
static USER: Field = Field::text("ftp.user", "who logs on; \"anonymous\" for anybody");
static ENCRYPTED: Field = Field::flag("ftp.encrypted", "the connection goes on in TLS");

// Six letters at the start and anywhere, three of them in either case: 120 dB and more.
static SERVER: Sign = Sign::new("the greeting of an FTP server", 100);
// Five letters, after a greeting that is common to several protocols.
static LOG_ON: Sign = Sign::new("the first command of an FTP client", 80);

static PROFILE: Profile = Profile {
    name: "ftp",
    title: "FTP",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[21],
    first: First::Of(b"2UuAaFf"),
    fields: &[&GREETING, &USER, &ENCRYPTED],
    signs: &[&SERVER, &LOG_ON],
};

impl Protocol for Ftp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        judge(opening, &[b"220 ", b"220-", b"USER ", b"AUTH TLS", b"AUTH SSL", b"FEAT"], |line| {
            let greeted = opening.other.starts_with(b"220");
            match line {
                line if line.starts_with(b"220") && holds(line, b"FTP") => Match::Yes(&SERVER),
                // Mail servers greet so too; the client's first command tells.
                line if line.starts_with(b"220") => Match::Unsure,
                line if greeted || begins(line, b"AUTH ") => Match::Yes(&LOG_ON),
                _ => Match::No,
            }
        })
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk<Control>>::default()
    }
}

/// The control connection.
#[derive(Default)]
struct Control {
    asked_for_tls: bool,
}

impl Dialogue for Control {
    const ENOUGH: u16 = 2000;

    fn line(&mut self, line: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step {
        match (payload.side, line.get(..4).unwrap_or_default()) {
            (Side::Server, b"220 " | b"220-") => facts.text(&GREETING, line.get(4..).unwrap_or_default()),
            (Side::Server, b"234 ") if self.asked_for_tls => {
                facts.flag(&ENCRYPTED);
                return Step::Tls;
            }
            (Side::Server, b"227 " | b"229 ") => announce(line.get(4..), payload, facts),
            (Side::Client, _) if begins(line, b"PORT ") || begins(line, b"EPRT ") => {
                announce(line.get(5..), payload, facts);
            }
            (Side::Client, _) if begins(line, b"AUTH ") => self.asked_for_tls = true,
            (Side::Client, _) if begins(line, b"USER ") => {
                facts.text(&USER, words(line).nth(1).unwrap_or_default());
            }
            _ => {}
        }
        Step::On
    }
}

/// The data connection comes to whoever names a port. The address in the words is not believed: it may be one from
/// behind a translator, or somebody else's.
fn announce(words: Option<&[u8]>, payload: &Payload<'_>, facts: &mut Facts<'_>) {
    if let Some(port) = words.and_then(port) {
        let endpoint = Endpoint { port, ..payload.source() };
        facts.announce(Announcement::Media { endpoint, transport: Transport::Tcp, protocol: "ftp" });
    }
}

/// `|1|192.0.2.1|51213|` and `(|||51213|)` end with the port; `(192,0,2,1,200,13)` has it in two bytes.
fn port(words: &[u8]) -> Option<u16> {
    let digits = words.split(|byte| !byte.is_ascii_digit());
    let numbers: Vec<u16> =
        digits.filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok()).take(16).collect();
    match numbers[..] {
        [.., port] if words.contains(&b'|') => Some(port),
        [_, _, _, _, high @ 0..=255, low @ 0..=255] => Some(high << 8 | low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, SERVER as THERE};
    use crate::inspect::Next;

    #[test]
    fn a_session_tells_who_logs_on_and_where_the_data_goes() {
        let talk: [(Side, &[u8]); 5] = [
            (Side::Server, b"220 (vsFTPd 3.0.5)\r\n"),
            (Side::Client, b"USER anonymous\r\n"),
            (Side::Server, b"331 Please specify the password.\r\n"),
            (Side::Server, b"227 Entering Passive Mode (10,0,0,5,200,13).\r\n229 Extended (|||51214|)\r\n"),
            (Side::Client, b"PORT 192,168,1,10,4,1\r\nEPRT |2|2001:db8::1|1026|\r\n"),
        ];
        let told = tell(&Ftp, Transport::Tcp, &talk);
        assert!(told.saw(&SERVER));
        assert_eq!(told.text(&USER).as_deref(), Some("anonymous"));
        let ports: Vec<_> = told
            .announced
            .iter()
            .map(|announced| match announced {
                Announcement::Media { endpoint, .. } => (endpoint.addr == THERE.addr, endpoint.port),
                _ => panic!("something else"),
            })
            .collect();
        assert_eq!(ports, [(true, 51213), (true, 51214), (false, 1025), (false, 1026)]);
    }

    #[test]
    fn encryption_is_followed_wherever_the_answer_is_split() {
        let answer = b"234 Proceed.\r\n";
        for split in 1..answer.len() {
            let (one, two) = answer.split_at(split);
            let talk: [(Side, &[u8]); 4] = [
                (Side::Server, b"220 Welcome\r\n"),
                (Side::Client, b"AUTH TLS\r\n"),
                (Side::Server, one),
                (Side::Server, two),
            ];
            let told = tell(&Ftp, Transport::Tcp, &talk);
            assert!(told.saw(&LOG_ON) && told.has(&ENCRYPTED));
            assert!(matches!(told.last, Next::Becomes(_, end) if end == two.len()));
        }
    }

    #[test]
    fn another_program_s_log_on_is_not_it() {
        assert!(tell(&Ftp, Transport::Tcp, &[(Side::Client, b"USER ann 0 * :Ann\r\n")]).matched.is_none());
    }
}
