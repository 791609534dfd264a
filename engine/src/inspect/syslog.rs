//! Syslog: what programs and devices note, sent to where it is kept (RFC 5424, RFC 3164, RFC 6587).
//!
//! Recognised by the number in brackets that says how grave a note is, and a date or a version behind it; on its ports by
//! the number alone. Over TCP the length may stand before it.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::{Field, Sign};
use crate::packet::Transport;

/// The syslog protocol.
pub struct Syslog;

const PORTS: [u16; 3] = [514, 601, 6514];
/// Where from, times eight, and how grave: 23 and 7 at most.
const HIGHEST: u32 = 191;
const MONTHS: [&[u8]; 12] =
    [b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ", b"Dec "];

static PRIORITY: Field = Field::number("syslog.priority", "of the first note: where from, times eight, and how grave");

// Two brackets (48 dB), digits between (26 dB), a date or a version (40 dB and more).
static NOTE: Sign = Sign::new("a note with its priority and its date (syslog)", 95);
// Two brackets and digits; the port (20 dB).
static BARE: Sign = Sign::new("a note with its priority on the port of syslog", 80);

static PROFILE: Profile = Profile {
    name: "syslog",
    title: "Syslog",
    category: Category::Network,
    layer: Layer::Content,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &PORTS,
    first: First::Shapes(&[Shape::datagram().at(0, Bytes::Of(b"<")), Shape::stream().at(0, Bytes::Of(b"<0123456789"))]),
    fields: &[&PRIORITY],
    signs: &[&NOTE, &BARE],
};

impl Single for Syslog {
    const LEAST: usize = 16;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let mut note = opening.bytes;
        if opening.transport == Transport::Tcp {
            if note.len() < Self::LEAST {
                return None;
            }
            // The length, where it is told, and a space.
            let digits = note.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            note = if digits > 0 { note.get(digits..)?.strip_prefix(b" ")? } else { note };
        }
        let note = note.strip_prefix(b"<")?;
        let end = note.iter().take(4).position(|byte| *byte == b'>')?;
        let (number, rest) = (note.get(..end)?, note.get(end + 1..)?);
        let priority: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
        let dated = rest.starts_with(b"1 ") || MONTHS.iter().any(|month| rest.starts_with(month));
        let sign = match opening.on_port(&PORTS) {
            _ if dated => &NOTE,
            true if !rest.is_empty() => &BARE,
            _ => return None,
        };
        (priority <= HIGHEST && number.first() != Some(&b'+')).then(|| Heard::by(sign).number(&PRIORITY, priority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_note_with_a_date_or_a_version_is_told_anywhere() {
        let notes = [&b"<34>Oct 11 22:14:15 host su: failed"[..], b"<34>1 2003-10-11T22:14:15Z host su - - - failed"];
        for note in notes {
            assert_eq!(tell(&Syslog, Transport::Udp, &[(Side::Client, note)]).number(&PRIORITY), Some(34));
        }
        let framed = b"34 <34>1 2003-10-11T22:14:15Z h - - -";
        assert!(tell(&Syslog, Transport::Tcp, &[(Side::Client, &framed[..9]), (Side::Client, &framed[9..])]).saw(&NOTE));
    }

    #[test]
    fn a_bare_note_needs_its_port() {
        let talk: [(Side, &[u8]); 1] = [(Side::Client, b"<30>kernel: link up")];
        assert!(tell(&Syslog, Transport::Udp, &talk).matched.is_none());
        let server = Endpoint { port: 514, ..SERVER };
        assert!(tell_between(&Syslog, Transport::Udp, CLIENT, server, &talk).saw(&BARE));
        let page: [(Side, &[u8]); 1] = [(Side::Client, b"<html><body>nothing</body>")];
        assert!(tell_between(&Syslog, Transport::Tcp, CLIENT, server, &page).matched.is_none());
    }
}
