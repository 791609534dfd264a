//! QQ: Tencent's messenger in its own protocol over UDP (OICQ, as Wireshark's reader documents it).
//!
//! Recognised on its port by the first and the last byte and a known command between.

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::Transport;

/// The QQ protocol.
pub struct Qq;

const PORT: u16 = 8000;

static COMMAND: Field = Field::number("qq.command", "the first command: 0x62 asks for a token, 0x22 logs on …");

// First and last byte (48 dB) and one of 40 commands, which are small numbers, on the port.
static FRAME: Sign = Sign::new("a QQ message of known command, on its port", 50);

static PROFILE: Profile = Profile {
    name: "qq",
    title: "QQ",
    category: Category::Chat,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[PORT],
    first: First::Of(&[0x02]),
    fields: &[&COMMAND],
    signs: &[&FRAME],
};

impl Protocol for Qq {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.on_port(&[PORT]) && opening.is_whole() && command(opening.bytes).is_some() {
            Match::Yes(&FRAME)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(Qq)
    }
}

impl Parser for Qq {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if let Some(command) = command(payload.bytes) {
            facts.number(&COMMAND, command.into());
        }
        Next::Done
    }
}

/// Mark, version, command, number, account, data, mark.
fn command(bytes: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(bytes);
    let first = reader.u8()?;
    reader.skip(2)?;
    let command = reader.be16()?;
    reader.skip(2)?;
    let account = reader.be32()?;
    let known = matches!(command, 0x01..=0x3f | 0x58..=0x81 | 0xb5 | 0xba | 0xcd..=0xdd);
    (first == 2 && bytes.last() == Some(&3) && known && account >= 10_000).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_message_on_its_port_is_told() {
        let server = Endpoint { port: PORT, ..SERVER };
        let bytes = [2, 0x0f, 0x15, 0, 0x62, 0, 1, 0, 0x12, 0xd6, 0x87, 9, 9, 9, 3];
        let told = tell_between(&Qq, Transport::Udp, CLIENT, server, &[(Side::Client, &bytes)]);
        assert_eq!(told.number(&COMMAND), Some(0x62));
    }
}
