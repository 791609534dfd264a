//! NNTP: news groups, and the files in them (RFC 3977).
//!
//! Recognised by the server's greeting where it names the protocol or its program, or by the client's first command after
//! any greeting. After STARTTLS (RFC 4642), TLS is told by its own file.

use super::lines::{begins, holds, judge, Dialogue, Step, Talk};
use super::{Category, First, Layer, Match, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The NNTP protocol.
pub struct Nntp;

static GREETING: Field = Field::text("nntp.greeting", "what the server says first");
static STARTTLS: Field = Field::flag("nntp.starttls", "the connection goes on in TLS");

// Seven letters and more, four of them anywhere.
static SERVER: Sign = Sign::new("the greeting of a news server", 90);
// Seven letters and more after a greeting of four.
static COMMAND: Sign = Sign::new("the first command of a news reader", 90);

static PROFILE: Profile = Profile {
    name: "nntp",
    title: "NNTP",
    category: Category::File,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[119, 563],
    first: First::Of(b"2MmAaCc"),
    fields: &[&GREETING, &STARTTLS],
    signs: &[&SERVER, &COMMAND],
};

impl Protocol for Nntp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        judge(opening, &[b"200 ", b"201 ", b"MODE READER", b"AUTHINFO ", b"CAPABILITIES"], |line| {
            let named = [&b"NNTP"[..], b"InterNetNews", b"INN ", b"NNRP"].iter().any(|name| holds(line, name));
            match line {
                [b'2', ..] if named => Match::Yes(&SERVER),
                [b'2', ..] => Match::Unsure,
                _ if opening.other.starts_with(b"20") => Match::Yes(&COMMAND),
                _ => Match::No,
            }
        })
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Talk<Reader>>::default()
    }
}

/// What is said before the first article.
#[derive(Default)]
struct Reader {
    asked_for_tls: bool,
}

impl Dialogue for Reader {
    fn line(&mut self, line: &[u8], payload: &Payload<'_>, facts: &mut Facts<'_>) -> Step {
        match payload.side {
            Side::Server if line.starts_with(b"20") => facts.text(&GREETING, line.get(4..).unwrap_or_default()),
            Side::Server if self.asked_for_tls && line.starts_with(b"382") => {
                facts.flag(&STARTTLS);
                return Step::Tls;
            }
            Side::Client if begins(line, b"STARTTLS") => self.asked_for_tls = true,
            Side::Client if begins(line, b"GROUP ") => return Step::Over,
            _ => {}
        }
        Step::On
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn a_greeting_or_the_first_command_tells() {
        let named = b"200 news.example InterNetNews NNRP server ready (posting ok).\r\n";
        assert!(tell(&Nntp, Transport::Tcp, &[(Side::Server, named)]).saw(&SERVER));
        let talk: [(Side, &[u8]); 2] = [(Side::Server, b"200 Welcome\r\n"), (Side::Client, b"mode reader\r\n")];
        let told = tell(&Nntp, Transport::Tcp, &talk);
        assert!(told.saw(&COMMAND));
        assert_eq!(told.text(&GREETING).as_deref(), Some("Welcome"));
        assert!(tell(&Nntp, Transport::Tcp, &talk[..1]).matched.is_none());
    }
}
