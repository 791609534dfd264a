//! OpenNap: Napster's protocol, which servers of others took over.
//!
//! Recognised by the log-in (the napster messages document of drscholl): a length and a kind of two bytes each, least
//! significant first, then words: name, password, port, program in quotes, kind of line.

use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The OpenNap protocol.
pub struct OpenNap;

static USER: Field = Field::text("opennap.user", "name of the user who logs in");
static CLIENT: Field = Field::text("opennap.client", "the program");

// A length that fits, 48; a kind of two bytes, 48; and five words in their form.
static LOGIN: Sign = Sign::new("a log-in to a server of Napster's kind", 85);

static PROFILE: Profile = Profile {
    name: "opennap",
    title: "OpenNap",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[8875, 8888, 7777, 6699],
    first: First::Shapes(&[Shape::stream().at(3, Bytes::Of(&[0]))]),
    fields: &[&USER, &CLIENT],
    signs: &[&LOGIN],
};

/// Log-in, and log-in of a new user.
const LOGINS: [u16; 2] = [2, 6];
const LONGEST: u16 = 300;

struct Login<'a> {
    user: &'a [u8],
    client: &'a [u8],
}

fn login(bytes: &[u8]) -> Option<Login<'_>> {
    let mut reader = Reader::new(bytes);
    let length = reader.le16().filter(|length| *length <= LONGEST)?;
    let kind = reader.le16()?;
    let words = reader.take(length.into())?;
    let mut quoted = words.split(|byte| *byte == b'"');
    let (before, client, after) = (quoted.next()?, quoted.next()?, quoted.next()?);
    let mut parts = before.trim_ascii_end().split(|byte| *byte == b' ');
    let (user, _password, port) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let line = after.trim_ascii().split(|byte| *byte == b' ').next()?;
    let fits = LOGINS.contains(&kind) && parts.next().is_none() && number(port) && number(line) && !user.is_empty();
    fits.then_some(Login { user, client })
}

impl Protocol for OpenNap {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.side == Side::Server {
            return Match::No;
        }
        match login(opening.bytes) {
            Some(_) => Match::Yes(&LOGIN),
            None if may_grow(opening.bytes) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(OpenNap)
    }
}

fn may_grow(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let (Some(length), Some(kind)) = (reader.le16(), reader.le16()) else { return true };
    length <= LONGEST && LOGINS.contains(&kind) && reader.remaining() < usize::from(length)
}

impl Parser for OpenNap {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(login) = login(payload.bytes) {
            facts.text(&USER, login.user);
            facts.text(&CLIENT, login.client);
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn a_log_in_tells_user_and_program() {
        let words = b"alice secret 6699 \"nap v0.8\" 3";
        let whole = [&[u8::try_from(words.len()).unwrap(), 0, 2, 0][..], words].concat();
        let (one, other) = whole.split_at(9);
        let told = tell(&OpenNap, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]);
        assert!(told.saw(&LOGIN));
        assert_eq!(told.text(&USER).unwrap(), "alice");
        assert_eq!(told.text(&CLIENT).unwrap(), "nap v0.8");
    }

    #[test]
    fn words_in_another_form_are_not_a_log_in() {
        let words = b"alice \"secret\" and more";
        let whole = [&[u8::try_from(words.len()).unwrap(), 0, 2, 0][..], words].concat();
        assert!(tell(&OpenNap, Transport::Tcp, &[(Side::Client, &whole)]).matched.is_none());
    }
}
