//! Stratum: what miners of crypto-currencies speak with the pool that they work for.
//!
//! Recognised by its JSON messages (the Stratum mining protocol, its Ethereum variants, and Monero's): one line each,
//! with a method that only mining has.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The Stratum protocol.
pub struct Stratum;

static METHOD: Field = Field::text("stratum.method", "the first method: mining.subscribe, login, eth_submitLogin");
static AGENT: Field = Field::text("stratum.agent", "the mining program");

// A dozen letters that mean nothing elsewhere; a page could quote them.
static MINING: Sign = Sign::new("a message of a miner to its pool", 90);

static PROFILE: Profile = Profile {
    name: "stratum",
    title: "Stratum",
    category: Category::Blockchain,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[3333, 4444, 5555, 14444],
    first: First::Of(b"{"),
    fields: &[&METHOD, &AGENT],
    signs: &[&MINING],
};

const METHODS: &[&[u8]] = &[
    b"mining.subscribe",
    b"mining.authorize",
    b"mining.configure",
    b"mining.extranonce.subscribe",
    b"mining.notify",
    b"mining.set_difficulty",
    b"eth_submitLogin",
    b"eth_getWork",
];
/// Monero's pools call it a log-in, with these words behind.
const LOGIN: &[u8] = b"login";
const LONGEST_LINE: usize = 1024;

impl Protocol for Stratum {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let whole = opening.bytes.contains(&b'\n') || opening.bytes.len() >= LONGEST_LINE;
        match method(opening.bytes) {
            Some(_) => Match::Yes(&MINING),
            None if !whole => Match::Unsure,
            None => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Stratum)
    }
}

impl Parser for Stratum {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(method) = method(payload.bytes) {
            facts.text(&METHOD, method);
        }
        let named = value(payload.bytes, b"\"agent\"").or_else(|| value(payload.bytes, b"\"params\""));
        if let Some(agent) = named.filter(|agent| payload.side == Side::Client && agent.contains(&b'/')) {
            facts.text(&AGENT, agent);
        }
        Next::Done
    }
}

fn method(bytes: &[u8]) -> Option<&[u8]> {
    let line = bytes.get(..bytes.len().min(LONGEST_LINE))?;
    let method = value(line, b"\"method\"")?;
    let monero = method == LOGIN && value(line, b"\"pass\"").is_some();
    (METHODS.contains(&method) || monero).then_some(method)
}

/// The first text behind a key, in JSON without escapes.
fn value<'a>(line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let at = line.windows(key.len()).position(|window| window == key)? + key.len();
    let mut quoted = line.get(at..)?.splitn(3, |byte| *byte == b'"');
    let between = quoted.next()?;
    let plain = between.iter().all(|byte| matches!(byte, b' ' | b':' | b'['));
    let text = quoted.next().filter(|_| plain)?;
    // Without a closing quote the text may go on.
    quoted.next().map(|_| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;

    #[test]
    fn a_subscription_tells_method_and_program() {
        let line = b"{\"id\": 1, \"method\": \"mining.subscribe\", \"params\": [\"cgminer/4.10\"]}\n";
        let (one, other) = line.split_at(20);
        let told = tell(&Stratum, Transport::Tcp, &[(Side::Client, one), (Side::Client, other)]);
        assert!(told.saw(&MINING));
        assert_eq!(told.text(&METHOD).unwrap(), "mining.subscribe");
    }

    #[test]
    fn monero_miners_log_in_and_other_log_ins_are_not_theirs() {
        let line =
            br#"{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4x","pass":"x","agent":"XMRig/6.21"}}"#;
        let told = tell(&Stratum, Transport::Tcp, &[(Side::Client, line)]);
        assert_eq!(told.text(&AGENT).unwrap(), "XMRig/6.21");
        let other = b"{\"method\":\"login\",\"params\":{\"user\":\"a\"}}\n";
        assert!(tell(&Stratum, Transport::Tcp, &[(Side::Client, other)]).matched.is_none());
    }
}
