//! SMTP: mail on its way from server to server, and from a program to its server (RFC 5321).
//!
//! Recognised by the server's greeting where it says SMTP, or by the client's. After STARTTLS (RFC 3207) TLS is told by
//! its own file; of what is not encrypted nothing is read from the first message on.

use super::lines::{begins, holds, judge, words, Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The SMTP protocol.
pub struct Smtp;

static SERVER_NAME: Field = Field::text("smtp.server_name", "what the server calls itself");
static CLIENT_NAME: Field = Field::text("smtp.client_name", "what the client calls itself");
static STARTTLS: Field = Field::flag("smtp.starttls", "the connection goes on in TLS");

// Seven letters, four of them in either case and anywhere: 120 dB and more.
static GREETING: Sign = Sign::new("the greeting of a mail server", 100);
// Five letters, in either case, and a name.
static HELLO: Sign = Sign::new("the greeting of a program that brings mail", 90);

static PROFILE: Profile = Profile {
    name: "smtp",
    title: "SMTP",
    category: Category::Mail,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[25, 465, 587, 2525],
    first: First::Of(b"2EeHhLl"),
    fields: &[&SERVER_NAME, &CLIENT_NAME, &STARTTLS],
    signs: &[&GREETING, &HELLO],
};

impl Protocol for Smtp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        judge(opening, &[b"220 ", b"220-", b"EHLO ", b"HELO ", b"LHLO "], |line| match line {
            [b'2', ..] if holds(line, b"SMTP") || holds(line, b"LMTP") => Match::Yes(&GREETING),
            // File servers greet so too; the client's first command tells.
            [b'2', ..] => Match::Unsure,
            _ if words(line).count() == 2 => Match::Yes(&HELLO),
            _ => Match::No,
        })
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk<Envelope>>::default()
    }
}

/// What is said before the first message.
#[derive(Default)]
struct Envelope {
    asked_for_tls: bool,
}

impl Dialogue for Envelope {
    fn line(&mut self, line: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step {
        let name = words(line).nth(1).unwrap_or_default();
        match payload.side {
            Side::Server if line.starts_with(b"220") && self.asked_for_tls => {
                facts.flag(&STARTTLS);
                return Step::Tls;
            }
            Side::Server if line.starts_with(b"220 ") => facts.text(&SERVER_NAME, name),
            Side::Client if begins(line, b"STARTTLS") => self.asked_for_tls = true,
            Side::Client if begins(line, b"MAIL ") || begins(line, b"AUTH ") => return Step::Over,
            Side::Client if holds(line.get(..4).unwrap_or_default(), b"LO") => facts.text(&CLIENT_NAME, name),
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
    fn both_names_are_told_and_encryption_is_followed() {
        let talk: [(Side, &[u8]); 5] = [
            (Side::Server, b"220 mx.example ESMTP Postfix\r\n"),
            (Side::Client, b"ehlo pc.example\r\n"),
            (Side::Server, b"250-mx.example\r\n250 STARTTLS\r\n"),
            (Side::Client, b"STARTTLS\r\n"),
            (Side::Server, b"220 2.0.0 Ready\r\n"),
        ];
        let told = tell(&Smtp, Transport::Tcp, &talk);
        assert!(told.saw(&GREETING));
        assert_eq!(told.text(&SERVER_NAME).as_deref(), Some("mx.example"));
        assert_eq!(told.text(&CLIENT_NAME).as_deref(), Some("pc.example"));
        assert!(matches!(told.last, Next::Becomes(_, 17)));
    }

    #[test]
    fn a_bare_greeting_waits_for_the_client() {
        let talk: [(Side, &[u8]); 2] = [(Side::Server, b"220 mx.example\r\n"), (Side::Client, b"HELO pc\r\n")];
        assert!(tell(&Smtp, Transport::Tcp, &talk).saw(&HELLO));
        assert!(tell(&Smtp, Transport::Tcp, &talk[..1]).matched.is_none());
        assert!(tell(&Smtp, Transport::Tcp, &[(Side::Client, b"HELLO\r\n")]).matched.is_none());
    }
}
