//! WeChat: messages in its own form of TLS over TCP ("MMTLS", as the Citizen Lab documented it in "Should We Chat, Too?",
//! 2024).
//!
//! Recognised by records with its version, whose lengths follow each other. Its short connections are HTTP to `/mmtls/`,
//! and told by their name.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The WeChat protocol.
pub struct Wechat;

// Version (2 of 2^16: 45 dB), kind (4 of 2^8: 18 dB), and a length that fits.
static RECORD: Sign = Sign::new("a record of WeChat's MMTLS", 65);

static PROFILE: Profile = Profile {
    name: "wechat",
    title: "WeChat",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[80, 443, 8080],
    first: First::Of(&[0x15, 0x16, 0x17, 0x19]),
    fields: &[],
    signs: &[&RECORD],
};

impl Protocol for Wechat {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let mut reader = Reader::new(opening.bytes);
        let kind = reader.u8();
        let Some(version) = reader.be16() else { return Match::Unsure };
        let Some(length) = reader.be16() else {
            return if matches!(version, 0xf103 | 0xf104) { Match::Unsure } else { Match::No };
        };
        let known = matches!(kind, Some(0x15 | 0x16 | 0x17 | 0x19)) && matches!(version, 0xf103 | 0xf104);
        let next = reader.skip(length.into()).and_then(|()| reader.u8());
        // Where the record ends another begins, if it is there already.
        let fits = length > 0 && next.is_none_or(|kind| matches!(kind, 0x15 | 0x16 | 0x17 | 0x19));
        if known && fits {
            Match::Yes(&RECORD)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Wechat)
    }
}

impl Parser for Wechat {
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
    fn records_of_its_version_are_told_and_those_of_tls_are_not() {
        let record = [&[0x16, 0xf1, 0x04, 0, 6][..], &[1; 6]].concat();
        let talk = [(Side::Client, &record[..2]), (Side::Client, &record[2..])];
        assert!(tell(&Wechat, Transport::Tcp, &talk).saw(&RECORD));
        assert!(tell(&Wechat, Transport::Tcp, &[(Side::Client, &[0x16, 3, 1, 0, 2, 1, 0])]).matched.is_none());
        let broken = [&record[..], &[9]].concat();
        assert!(tell(&Wechat, Transport::Tcp, &[(Side::Client, &broken)]).matched.is_none());
    }
}
