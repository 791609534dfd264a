//! Gadu-Gadu: a Polish messenger, over TCP (the protocol's description by the libgadu project).
//!
//! Recognised by a log-on of known kind and exact length after the server's welcome; the welcome alone is weak.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// The Gadu-Gadu protocol.
pub struct GaduGadu;

/// What the server says first: a seed for the log-on.
const WELCOME_KIND: u32 = 1;

// Welcome and log-on: two kinds, two exact lengths.
static LOG_ON: Sign = Sign::new("a Gadu-Gadu log-on after its welcome", 90);
// Twelve bytes, eight of them known, most of them empty; on the port.
static WELCOME: Sign = Sign::new("a Gadu-Gadu welcome on its port", 40);

static PROFILE: Profile = Profile {
    name: "gadugadu",
    title: "Gadu-Gadu",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[8074, 443],
    first: First::Of(&[0x01, 0x0c, 0x15, 0x19, 0x31, 0x83]),
    fields: &[],
    signs: &[&LOG_ON, &WELCOME],
};

impl Protocol for GaduGadu {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let Some((kind, length)) = header(opening.bytes) else {
            let waits = opening.bytes.len() < 8 && (opening.on_port(&[8074]) || is_welcome(opening.other));
            return if waits { Match::Unsure } else { Match::No };
        };
        let exact = opening.bytes.len() == 8 + length;
        match kind {
            WELCOME_KIND if is_welcome(opening.bytes) && exact && opening.on_port(&[8074]) => Match::Yes(&WELCOME),
            0x0c | 0x15 | 0x19 | 0x31 | 0x83 if is_welcome(opening.other) => {
                if exact {
                    Match::Yes(&LOG_ON)
                } else if opening.bytes.len() < 8 + length && length < 1024 {
                    Match::Unsure
                } else {
                    Match::No
                }
            }
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(GaduGadu)
    }
}

impl Parser for GaduGadu {
    fn feed(&mut self, _payload: &Payload<'_>, _facts: &mut Facts<'_>) -> Next {
        Next::Done
    }
}

/// Kind and length, least significant byte first.
fn header(bytes: &[u8]) -> Option<(u32, usize)> {
    let mut reader = Reader::new(bytes);
    Some((reader.le32()?, usize::try_from(reader.le32()?).ok()?))
}

fn is_welcome(bytes: &[u8]) -> bool {
    bytes.len() == 12 && header(bytes) == Some((WELCOME_KIND, 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn a_log_on_after_the_welcome_is_told_on_any_port() {
        let welcome = [1, 0, 0, 0, 4, 0, 0, 0, 9, 8, 7, 6];
        let log_on = [&[0x31, 0, 0, 0, 20, 0, 0, 0][..], &[5; 20]].concat();
        let talk: [(Side, &[u8]); 2] = [(Side::Server, &welcome), (Side::Client, &log_on)];
        assert!(tell(&GaduGadu, Transport::Tcp, &talk).saw(&LOG_ON));
        assert!(tell(&GaduGadu, Transport::Tcp, &[(Side::Client, &log_on)]).matched.is_none());
    }
}
