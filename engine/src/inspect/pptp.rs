//! PPTP: the control channel of an old dial-in line; its data goes in GRE beside it (RFC 2637).

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The PPTP protocol.
pub struct Pptp;

static VENDOR: Field = Field::text("pptp.vendor", "who made the program that spoke first");

// The cookie and three more fixed numbers: 1 of 2^70.
static CONTROL: Sign = Sign::new("a PPTP control message with its cookie", 150);

static PROFILE: Profile = Profile {
    name: "pptp",
    title: "PPTP",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[1723],
    first: First::Of(&[0]),
    fields: &[&VENDOR],
    signs: &[&CONTROL],
};

/// Type 1 and the cookie, after the length.
const FIXED: [u8; 6] = [0, 1, 0x1a, 0x2b, 0x3c, 0x4d];
/// A start request or its reply.
const START: usize = 156;
const VENDOR_AT: usize = 92;

impl Protocol for Pptp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let fixed = opening.bytes.get(2..).unwrap_or_default();
        match fixed.get(..FIXED.len()) {
            Some(start) if start == FIXED => Match::Yes(&CONTROL),
            None if FIXED.starts_with(fixed) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Start>::default()
    }
}

/// Waits for the whole first message.
#[derive(Default)]
struct Start {
    so_far: Vec<u8>,
}

impl Parser for Start {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let room = START.saturating_sub(self.so_far.len());
        self.so_far.extend_from_slice(payload.bytes.get(..payload.bytes.len().min(room)).unwrap_or_default());
        if self.so_far.len() < START {
            return Next::More;
        }
        if let Some(name) = vendor(&self.so_far) {
            facts.text(&VENDOR, name);
        }
        Next::Done
    }

    fn kept(&self) -> usize {
        self.so_far.capacity()
    }
}

fn vendor(message: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(message);
    reader.skip(VENDOR_AT)?;
    let name = reader.take(64)?;
    name.split(|byte| *byte == 0).next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn facts_do_not_depend_on_where_segments_split() {
        let mut request = [0; START];
        request[1] = 156;
        request[2..8].copy_from_slice(&FIXED);
        request[VENDOR_AT..VENDOR_AT + 5].copy_from_slice(b"Linux");
        for cut in 1..START {
            let (first, second) = request.split_at(cut);
            let told = tell(&Pptp, Transport::Tcp, &[(Side::Client, first), (Side::Client, second)]);
            assert_eq!(told.text(&VENDOR).as_deref(), Some("Linux"), "cut at {cut}");
        }
    }
}
