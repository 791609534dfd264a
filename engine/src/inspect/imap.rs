//! IMAP: a mailbox that stays on its server (RFC 9051).
//!
//! Recognised by the server's greeting. After STARTTLS, TLS is told by its own file.

use super::lines::{judge, words, Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The IMAP protocol.
pub struct Imap;

static GREETING: Field = Field::text("imap.greeting", "what the server says first");
static STARTTLS: Field = Field::flag("imap.starttls", "the connection goes on in TLS");

// Five letters and more: 120 dB; other servers might begin a line with a star.
static SERVER: Sign = Sign::new("the greeting of a mailbox server (IMAP)", 95);

static PROFILE: Profile = Profile {
    name: "imap",
    title: "IMAP",
    category: Category::Mail,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[143, 993],
    first: First::Of(b"*"),
    fields: &[&GREETING, &STARTTLS],
    signs: &[&SERVER],
};

impl Protocol for Imap {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        judge(opening, &[b"* OK ", b"* PREAUTH ", b"* BYE "], |_| Match::Yes(&SERVER))
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk<LogOn>>::default()
    }
}

/// What is said before the log-on.
#[derive(Default)]
struct LogOn {
    asked_for_tls: bool,
}

impl Dialogue for LogOn {
    fn line(&mut self, line: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step {
        // The client's tag, or a star for what nobody asked for; then the word.
        let mut words = words(line);
        let (tag, word) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match payload.side {
            Side::Server if tag == b"*" => facts.text(&GREETING, line.get(2..).unwrap_or_default()),
            Side::Server if self.asked_for_tls && word == b"OK" => {
                facts.flag(&STARTTLS);
                return Step::Tls;
            }
            Side::Client if word.eq_ignore_ascii_case(b"STARTTLS") => self.asked_for_tls = true,
            Side::Client if word.eq_ignore_ascii_case(b"LOGIN") => return Step::Over,
            Side::Client if word.eq_ignore_ascii_case(b"AUTHENTICATE") => return Step::Over,
            _ => {}
        }
        Step::On
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::inspect::Next;

    #[test]
    fn the_greeting_is_told_and_encryption_is_followed() {
        let talk: [(Side, &[u8]); 5] = [
            (Side::Server, b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n"),
            (Side::Client, b"a1 CAPABILITY\r\n"),
            (Side::Server, b"* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"),
            (Side::Client, b"a2 STARTTLS\r\n"),
            (Side::Server, b"a2 OK Begin TLS.\r\n"),
        ];
        let told = tell(&Imap, Transport::Tcp, &talk);
        assert_eq!(told.text(&GREETING).as_deref(), Some("OK [CAPABILITY IMAP4rev1] Dovecot ready."));
        assert!(told.has(&STARTTLS));
        assert!(matches!(told.last, Next::Becomes(..)));
    }
}
