//! imo: free calls and messages, over UDP to its relays and between two telephones.
//!
//! Recognised by its clock: ten bytes of kind and milliseconds since the call began, which each side sends again and again;
//! from a relay with a zero before them. (No published format: read from captures, and nDPI's reader agrees on the kinds.)

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::bytes::Reader;
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The imo protocol.
pub struct Imo;

static CALL: Field = Field::flag("imo.call", "the clock of a call was seen");

// Kind and code (two bytes), the length, and the five high bytes of a clock, which are zero, among small numbers.
static CLOCK: Sign = Sign::new("the clock that imo sends in a call: ten bytes, milliseconds since it began", 60);

static PROFILE: Profile = Profile {
    name: "imo",
    title: "imo",
    category: Category::Call,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[],
    first: First::Of(&[0, CLOCK_KIND]),
    fields: &[&CALL],
    signs: &[&CLOCK],
};

const CLOCK_KIND: u8 = 9;
/// Asked and answered.
const CODES: std::ops::RangeInclusive<u8> = 2..=3;
/// Three days: nobody calls longer.
const LONGEST: u64 = 3 * 86_400_000;

impl Single for Imo {
    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let whole = opening.is_whole() && is_clock(opening.bytes)?;
        whole.then(|| Heard::by(&CLOCK).flag(&CALL))
    }
}

/// Kind, code, milliseconds in eight bytes; behind a zero where a relay sends it.
fn is_clock(bytes: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(bytes);
    match bytes.len() {
        10 => {}
        11 => reader.skip(usize::from(reader.peek_u8()? == 0))?,
        _ => return None,
    }
    let (kind, code, clock) = (reader.u8()?, reader.u8()?, reader.le64()?);
    Some(kind == CLOCK_KIND && CODES.contains(&code) && (1..LONGEST).contains(&clock))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_clock_of_a_call_is_told_from_a_peer_and_from_a_relay() {
        let clock = [9, 2, 0xdc, 0x9a, 2, 0, 0, 0, 0, 0];
        let seen = |bytes: &[u8]| tell(&Imo, Transport::Udp, &[(Side::Client, bytes)]).has(&CALL);
        assert!(seen(&clock));
        assert!(seen(&[&[0][..], &clock].concat()));
        assert!(!seen(&clock[..9]));
        assert!(!seen(&[9, 2, 0xdc, 0x9a, 2, 0, 1, 0, 0, 0]));
        assert!(!seen(&[9, 2, 0, 0, 0, 0, 0, 0, 0, 0]));
    }
}
