//! Direct Connect: hubs where users meet, and files straight from one to the other; its old form (NMDC) and ADC.
//!
//! Recognised by its commands (the NMDC and ADC documents of dcbase.org): `$Lock …|` from a hub or from the one who was
//! called, `HSUP`, `CSUP` or `ISUP` with features in ADC, and search results over UDP.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Direct Connect protocols.
pub struct DirectConnect;

static FORM: Field = Field::text("directconnect.form", "nmdc or adc");
static LOCK: Field = Field::text("directconnect.program", "the hub's or peer's program, where its lock tells it");
static NICK: Field = Field::text("directconnect.nick", "name of the user who connects");

// Six letters and a form behind them.
static LOCKED: Sign = Sign::new("a Direct Connect lock, which opens a talk with a hub or a peer", 75);
static NAMED: Sign = Sign::new("a Direct Connect peer, who says the name and then the lock", 85);
// Four letters, and the features that have to come.
static SUPPORTED: Sign = Sign::new("ADC's list of supported features, the first thing that is said", 85);
static FOUND: Sign = Sign::new("a search result of Direct Connect over UDP", 60);

static PROFILE: Profile = Profile {
    name: "directconnect",
    title: "Direct Connect",
    category: Category::P2p,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[411, 412],
    first: First::Of(b"$HCIU"),
    fields: &[&FORM, &LOCK, &NICK],
    signs: &[&LOCKED, &NAMED, &SUPPORTED, &FOUND],
};

const LONGEST: usize = 512;
/// Hub, client and information messages that list what is supported.
const SUPPORTS: [&[u8]; 3] = [b"HSUP AD", b"CSUP AD", b"ISUP AD"];

impl Protocol for DirectConnect {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if opening.transport == Transport::Udp {
            return if is_result(bytes) { Match::Yes(&FOUND) } else { Match::No };
        }
        match sign(bytes) {
            Some(sign) => Match::Yes(sign),
            None if may_be(bytes) => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Greetings>::default()
    }
}

fn sign(bytes: &[u8]) -> Option<&'static Sign> {
    let whole = |end: u8| bytes.contains(&end);
    if SUPPORTS.iter().any(|word| bytes.starts_with(word)) && whole(b'\n') {
        return Some(&SUPPORTED);
    }
    let locked = |at: &[u8]| at.starts_with(b"$Lock ");
    if locked(bytes) && whole(b'|') {
        return Some(&LOCKED);
    }
    let name_ends = bytes.strip_prefix(b"$MyNick ").and(bytes.iter().position(|byte| *byte == b'|'))?;
    bytes.get(name_ends + 1..).is_some_and(locked).then_some(&NAMED)
}

fn may_be(bytes: &[u8]) -> bool {
    let words = SUPPORTS.iter().copied().chain([&b"$Lock "[..], b"$MyNick "]);
    bytes.len() < LONGEST && words.into_iter().any(|word| word.starts_with(bytes) || bytes.starts_with(word))
}

/// `$SR nick path…|`, with the separator 5 between what is found and where; in ADC `URES`, the finder's identifier in base 32,
/// and named values.
fn is_result(bytes: &[u8]) -> bool {
    if let Some(rest) = bytes.strip_prefix(b"URES ") {
        let mut words = rest.split(|byte| *byte == b' ');
        let found = words.next().is_some_and(|name| name.len() >= 39 && name.iter().all(u8::is_ascii_alphanumeric));
        return found && words.any(|word| word.starts_with(b"FN") || word.starts_with(b"TR"));
    }
    bytes.starts_with(b"$SR ") && bytes.contains(&5) && bytes.ends_with(b"|")
}

/// What each side said first, since a command may come in pieces.
#[derive(Default)]
struct Greetings {
    first: Option<Side>,
    said: [Vec<u8>; 2],
}

impl Parser for Greetings {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some(said) = self.said.get_mut(payload.side.index()) else { return Next::Done };
        let room = LONGEST.saturating_sub(said.len()).min(payload.bytes.len());
        said.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        let plain = said.starts_with(b"$");
        facts.text(&FORM, if plain { b"nmdc" } else { b"adc" });
        let named = tell(said, payload.side, facts);
        // A hub speaks first and the user's name comes in answer.
        let answers = *self.first.get_or_insert(payload.side) != payload.side;
        if answers && (named || !plain || payload.side == Side::Server) || said.len() >= LONGEST {
            Next::Done
        } else {
            Next::More
        }
    }

    fn kept(&self) -> usize {
        self.said.iter().map(Vec::capacity).sum()
    }
}

/// Tells what whole commands say of the program and the user; whether the user was named.
fn tell(said: &[u8], side: Side, facts: &mut Facts<'_>) -> bool {
    let whole = said.iter().rposition(|byte| *byte == b'|').and_then(|end| said.get(..end)).unwrap_or_default();
    let mut named = false;
    for command in whole.split(|byte| *byte == b'|') {
        if let Some(program) = command.strip_prefix(b"$Lock ").and_then(program) {
            facts.text(&LOCK, program);
        }
        let name = command.strip_prefix(b"$MyNick ").or_else(|| command.strip_prefix(b"$ValidateNick "));
        if let Some(name) = name.filter(|_| side == Side::Client) {
            facts.text(&NICK, name);
            named = true;
        }
    }
    named
}

/// What stands behind `Pk=` in a lock.
fn program(lock: &[u8]) -> Option<&[u8]> {
    let at = lock.windows(3).position(|window| window == b"Pk=")?;
    lock.get(at + 3..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn a_hub_locks_and_the_user_says_a_name() {
        let talk = [
            (Side::Server, &b"$Lock EXTENDEDPROTOCOLABC Pk=YnHub1.0364|"[..]),
            (Side::Client, b"$Key x|$ValidateNick alice|"),
        ];
        let told = tell(&DirectConnect, Transport::Tcp, &talk);
        assert!(told.saw(&LOCKED));
        assert_eq!(told.text(&LOCK).unwrap(), "YnHub1.0364");
        assert_eq!(told.text(&NICK).unwrap(), "alice");
    }

    #[test]
    fn the_users_name_is_told_wherever_it_is_split() {
        let (lock, answer) = (b"$Lock EXTENDEDPROTOCOLABC Pk=YnHub1.0364|", b"$Key x|$ValidateNick alice|");
        for cut in 1..answer.len() {
            let (one, two) = answer.split_at(cut);
            let talk = [(Side::Server, &lock[..]), (Side::Client, one), (Side::Client, two)];
            assert_eq!(tell(&DirectConnect, Transport::Tcp, &talk).text(&NICK).unwrap(), "alice", "cut at {cut}");
        }
    }

    #[test]
    fn a_peer_says_name_and_lock() {
        let talk = [(Side::Client, &b"$MyNick alice|"[..]), (Side::Client, b"$Lock EXTENDED Pk=DCPLUSPLUS0.8|")];
        assert!(tell(&DirectConnect, Transport::Tcp, &talk).saw(&NAMED));
    }

    #[test]
    fn adc_is_told_by_its_features() {
        let told = tell(&DirectConnect, Transport::Tcp, &[(Side::Client, b"HSUP ADBASE ADTIGR\n")]);
        assert_eq!(told.text(&FORM).unwrap(), "adc");
    }

    #[test]
    fn results_over_udp_are_told_in_both_forms() {
        let adc = b"URES PB5CKGSDQNIBBLBLRNBGWKUDZ2RKADYBYUT4XSY FN/film.avi SI100 SL3\n";
        for result in [&b"$SR alice film.avi\x05100 3/3\x05hub (192.0.2.1:411)|"[..], adc] {
            assert!(tell(&DirectConnect, Transport::Udp, &[(Side::Client, result)]).saw(&FOUND));
        }
        assert!(tell(&DirectConnect, Transport::Udp, &[(Side::Client, b"URES short FN/film.avi\n")]).matched.is_none());
    }

    #[test]
    fn shell_variables_and_http_are_not_direct_connect() {
        for words in [&b"$LOCKED=1|"[..], b"HEAD / HTTP/1.1\r\n\r\n", b"$MyNick alice|nothing"] {
            assert!(tell(&DirectConnect, Transport::Tcp, &[(Side::Client, words)]).matched.is_none());
        }
    }
}
