//! POP3: mail fetched from a mailbox (RFC 1939).
//!
//! Recognised by the server's greeting. After STLS (RFC 2595), TLS is told by its own file.

use super::lines::{begins, judge, Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The POP3 protocol.
pub struct Pop3;

const PORT: u16 = 110;

static GREETING: Field = Field::text("pop3.greeting", "what the server says first");
static STARTTLS: Field = Field::flag("pop3.starttls", "the connection goes on in TLS");

// Four letters, 96 dB; other servers might answer so, but hardly greet.
static SERVER: Sign = Sign::new("the greeting of a mailbox server (POP3)", 80);

static PROFILE: Profile = Profile {
    name: "pop3",
    title: "POP3",
    category: Category::Mail,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[PORT, 995],
    first: First::Of(b"+"),
    fields: &[&GREETING, &STARTTLS],
    signs: &[&SERVER],
};

impl Protocol for Pop3 {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        judge(opening, &[b"+OK"], |line| {
            // Redis and NATS answer with these three letters alone.
            let greets = opening.other.is_empty() && line.starts_with(b"+OK ");
            if greets || opening.on_port(&[PORT]) {
                Match::Yes(&SERVER)
            } else {
                Match::No
            }
        })
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
        match payload.side {
            Side::Server if self.asked_for_tls && line.starts_with(b"+OK") => {
                facts.flag(&STARTTLS);
                return Step::Tls;
            }
            Side::Server if line.starts_with(b"+OK ") => facts.text(&GREETING, line.get(4..).unwrap_or_default()),
            Side::Client if begins(line, b"STLS") => self.asked_for_tls = true,
            Side::Client if begins(line, b"USER ") || begins(line, b"APOP ") => return Step::Over,
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
        let talk: [(Side, &[u8]); 3] =
            [(Side::Server, b"+OK Dovecot ready.\r\n"), (Side::Client, b"STLS\r\n"), (Side::Server, b"+OK Begin\r\n")];
        let told = tell(&Pop3, Transport::Tcp, &talk);
        assert_eq!(told.text(&GREETING).as_deref(), Some("Dovecot ready."));
        assert!(told.has(&STARTTLS));
        assert!(matches!(told.last, Next::Becomes(_, 11)));
    }

    #[test]
    fn the_answer_of_a_store_is_not_a_greeting() {
        let talk: [(Side, &[u8]); 2] = [(Side::Client, b"*1\r\n$4\r\nPING\r\n"), (Side::Server, b"+OK\r\n")];
        assert!(tell(&Pop3, Transport::Tcp, &talk).matched.is_none());
    }
}
