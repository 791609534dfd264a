//! Asking the protocols about an opening, and handing payloads to their parsers.

use super::Notes;
use crate::facts::{Facts, Sign};
use crate::inspect::{registry, Match, Next, Parser, Payload, Protocol, ProtocolId};

pub(super) enum Asked {
    No,
    Unsure,
    Yes(ProtocolId, &'static dyn Protocol, &'static Sign),
}

/// Asks every protocol that the look of the payload allows, but those passed over; the heaviest sign has it.
pub(super) fn ask(opening: &Payload<'_>, passed_over: impl Fn(ProtocolId) -> bool) -> Asked {
    if opening.bytes.is_empty() {
        return Asked::Unsure;
    }
    let mut answer = Asked::No;
    registry().asked(opening, |(id, protocol)| {
        // Nearly everyone says no, and that costs nothing more.
        match protocol.matches(opening) {
            Match::Yes(sign) if !passed_over(id) => match &answer {
                Asked::Yes(_, _, best) if sign.weight <= best.weight => {}
                _ => answer = Asked::Yes(id, protocol, sign),
            },
            Match::Unsure if matches!(answer, Asked::No) && !passed_over(id) => answer = Asked::Unsure,
            _ => {}
        }
    });
    answer
}

/// What the parser wants next, and what the signs weigh that it saw for the first time.
pub(super) fn feed(
    parser: &mut dyn Parser,
    id: ProtocolId,
    payload: &Payload<'_>,
    notes: &mut Notes<'_>,
) -> (Next, i16) {
    let mut facts = Facts::new(notes.facts, notes.signs, notes.announced, notes.packet, id.0);
    let next = parser.feed(payload, &mut facts);
    notes.changed |= facts.changed;
    notes.client = facts.client.or(notes.client);
    (next, facts.weight)
}

pub(super) fn after<'a>(payload: &Payload<'a>, used: usize) -> Payload<'a> {
    let wire_len = payload.wire_len.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX));
    Payload { bytes: payload.bytes.get(used..).unwrap_or_default(), wire_len, other: &[], ..*payload }
}
