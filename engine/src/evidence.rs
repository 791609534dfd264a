//! Evidence and confidence: signs add up in decibans, and the sum becomes a probability.

use crate::facts::{Field, Sign};

/// What one flow in how many is, before anything was seen of it: one in a hundred for any single application.
const PRIOR: f64 = -20.0;

/// No sum makes certain: somebody else's program may speak the same bytes.
const SUREST: f64 = 0.999;

/// A later flow of an endpoint that was recognised.
pub static LEARNED_LOCAL: Sign = Sign::new("this local address and port spoke it in another flow a moment ago", 40);
/// The same, for the far end.
pub static LEARNED_REMOTE: Sign = Sign::new("the far address and port spoke it in another flow a moment ago", 40);
/// A later flow of a far end with which somebody was heard to speak.
pub static UNKNOWN_CALL: Sign =
    Sign::new("the far address and port carried a call that nobody recognised a moment ago", 40);
/// Another flow said that this one would come.
pub static ANNOUNCED: Sign = Sign::new("another flow announced this one", 45);
/// Of a flow that was announced: by whom. Kept beside what the flow told itself.
pub static ANNOUNCED_BY: Field = Field::text("announced.by", "what said that it would come: protocol, packet, flow");
/// And as what.
pub static ANNOUNCED_CODING: Field = Field::text("announced.coding", "the codings that were announced for it");

/// The facts that belong to no protocol.
pub static FIELDS: &[&Field] = &[&ANNOUNCED_BY, &ANNOUNCED_CODING];

/// Served on the port that is usual for it. Weak: anyone may use any port.
pub static USUAL_PORT: Sign = Sign::new("it is on the port that is usual for it", 6);

/// Its local socket is a peer's: whatever it does there is the network's. As weighty as what it takes to find a role.
pub static OF_A_PEER: Sign = Sign::new("its local port is that of a peer-to-peer node: it calls many strangers", 40);
/// The same, of one that serves others.
pub static OF_A_SUPERNODE: Sign = Sign::new("its local port is that of a supernode: many strangers call it", 40);
/// The same bytes were seen on another flow of the host.
pub static OF_A_RELAY: Sign = Sign::new("its host passes it on: the same bytes are on another of its flows", 40);

/// Says what goes on, and nothing of what it is.
pub static OF_A_LOG_ON: Sign =
    Sign::new("it began when its local port called ten strangers and more in two seconds: a log-on", 20);

/// Of a flow that is up since before this program began.
pub static FORMER: Sign =
    Sign::new("the program that stood here before took it for this; what it saw is not known any more", 50);

/// What hosts say of their flows.
pub static OF_HOSTS: [&Sign; 4] = [&OF_A_PEER, &OF_A_SUPERNODE, &OF_A_RELAY, &OF_A_LOG_ON];

/// The signs that belong to no protocol.
pub static SIGNS: &[&Sign] = &[
    &LEARNED_LOCAL,
    &LEARNED_REMOTE,
    &UNKNOWN_CALL,
    &ANNOUNCED,
    &USUAL_PORT,
    &OF_A_PEER,
    &OF_A_SUPERNODE,
    &OF_A_RELAY,
    &OF_A_LOG_ON,
    &FORMER,
];

/// Probability that a verdict is right whose evidence sums to `decibans`, in 0..1.
#[must_use]
pub fn confidence(decibans: i32) -> f64 {
    let odds = 10f64.powf((f64::from(decibans) + PRIOR) / 10.0);
    (odds / (1.0 + odds)).min(SUREST)
}

/// The sums between the least and the surest of probabilities.
const SUMS: std::ops::RangeInclusive<i16> = -10..=50;
/// A probability that was carried in sixteen bits may have been rounded up by so much; at its surest a deciban is ten times
/// as much.
const ROUNDED: f64 = 1.0 / 65_536.0;

/// The least whole decibans that make such a probability.
#[must_use]
pub fn decibans_of(probability: f64) -> i16 {
    let sure = probability.clamp(1.0 - SUREST, SUREST) - ROUNDED;
    SUMS.into_iter().find(|sum| confidence((*sum).into()) >= sure).unwrap_or_default()
}

/// A probability in so many parts, rounded up: so that a rule that asks for just as much is met again.
#[must_use]
pub fn in_parts(probability: f64, parts: u16) -> u16 {
    let wanted = probability.clamp(0.0, 1.0) * f64::from(parts);
    // Bit by bit the largest number that is not enough; the next one is.
    let less = (0..u16::BITS).rev().fold(0, |less, bit| {
        let more = less | 1 << bit;
        if f64::from(more) < wanted {
            more
        } else {
            less
        }
    });
    less + u16::from(f64::from(less) < wanted)
}

#[cfg(test)]
mod tests {
    use super::{confidence, decibans_of, in_parts};

    #[test]
    fn a_probability_in_parts_is_no_less_than_it_was() {
        assert_eq!([0.0, 0.5, 0.999, 1.0, 2.0].map(|sure| in_parts(sure, 255)), [0, 128, 255, 255, 255]);
        assert_eq!([0.0, 1e-9, 0.5, 1.0].map(|sure| in_parts(sure, u16::MAX)), [0, 1, 32_768, u16::MAX]);
        assert_eq!(in_parts(f64::NAN, u16::MAX), 0);
    }

    #[test]
    fn a_weight_gives_its_confidence_back() {
        for decibans in 0..=50i16 {
            assert_eq!(decibans_of(confidence(decibans.into())), decibans);
        }
        assert_eq!((decibans_of(0.0), decibans_of(1.0), decibans_of(f64::NAN)), (-10, 50, 0));
    }

    #[test]
    fn confidence_rises_with_the_evidence_and_never_reaches_one() {
        assert!(confidence(0) < 0.02);
        assert!((confidence(20) - 0.5).abs() < 1e-9);
        assert!(confidence(48) > 0.99);
        assert!(confidence(10_000) < 1.0);
    }
}
