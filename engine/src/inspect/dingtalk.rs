//! DingTalk: Alibaba's messenger for companies, on its own protocol over TCP.
//!
//! Recognised by fourteen fixed bytes of the first message. Documented by the programs that recognise it, and seen in
//! captures; its maker publishes no format.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The DingTalk protocol.
pub struct Dingtalk;

// Fifteen fixed bytes; what they are for nobody outside knows.
static OPENING: Sign = Sign::new("the first bytes of a DingTalk connection", 90);

static PROFILE: Profile = Profile {
    name: "dingtalk",
    title: "DingTalk",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[443],
    first: First::Of(&[0x10]),
    fields: &[],
    signs: &[&OPENING],
};

impl Protocol for Dingtalk {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let fixed = [0x87, 0x80, 0x01, 0x00, 0x01, 0x00, 0x02, 0x00, 0x02, b'd', b'k', 0x03, 0x00, 0x20];
        let seen = opening.bytes.get(2..).unwrap_or_default();
        let shown = seen.get(..seen.len().min(fixed.len())).unwrap_or_default();
        if !fixed.starts_with(shown) {
            Match::No
        } else if shown.len() < fixed.len() {
            Match::Unsure
        } else {
            Match::Yes(&OPENING)
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Dingtalk)
    }
}

impl Parser for Dingtalk {
    fn feed(&mut self, _payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_first_bytes_are_enough() {
        let bytes = [0x10, 0x64, 0x87, 0x80, 1, 0, 1, 0, 2, 0, 2, b'd', b'k', 3, 0, 0x20, 0x16];
        let told = tell(&Dingtalk, Transport::Tcp, &[(Side::Client, &bytes[..5]), (Side::Client, &bytes[5..])]);
        assert!(told.saw(&OPENING));
    }
}
