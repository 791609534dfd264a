//! Skype's datagrams: identifier, function, and cipher text behind them.

use super::{ACTIVITY, MESSAGE, OBJECT_ID, PUBLIC_ADDR};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::inspect::noise::is_noise;
use crate::inspect::{Match, Next, Payload};
use crate::packet::{Addr, Side, Time};

// One fixed byte of random ones is 1 in 256.
pub(super) static PROBE: Sign = Sign::new("a datagram shaped like Skype's probe: function 2 and cipher text", 24);
// The same byte again proves little; that no other byte repeats is what headers of other protocols do not do.
pub(super) static PROBE_AGAIN: Sign = Sign::new("a second probe in which only the function is as before", 16);
pub(super) static PROBE_THRICE: Sign =
    Sign::new("a third probe of the same length in which only the function is as before", 12);
// 1 in 256 once more, less what other protocols with a constant third byte share.
pub(super) static ANSWER: Sign = Sign::new("the other side answered in the shape of Skype's reply", 20);
// 2 of 32 function codes and a length of 11; short datagrams are many.
pub(super) static NACK_ALONE: Sign = Sign::new("a datagram shaped like Skype's refusal: 11 bytes, function 5 or 7", 18);
// Four bytes that equal an address, 96; function and length count for the look-alikes.
pub(super) static NACK_TO_US: Sign = Sign::new("a Skype refusal that names the address it is sent to", 90);
// Two bytes that equal the request's, 48, and 2 of 32 function codes, 12.
pub(super) static NACK_ECHO: Sign = Sign::new("a Skype refusal with the identifier of the request before it", 60);
// 1 of 32 function codes and one fixed byte.
pub(super) static RESEND_ALONE: Sign = Sign::new("a datagram shaped like Skype's second try after a refusal", 26);
// Identifier 48, fixed byte 24, function 15.
pub(super) static RESEND: Sign =
    Sign::new("Skype's second try after a refusal: same identifier, five bytes longer", 80);
// 1 of 32 function codes and one fixed byte, 39; five other bytes may be anything.
pub(super) static FRAGMENT_ALONE: Sign = Sign::new("a datagram shaped like a fragment of a long Skype reply", 30);
pub(super) static FRAGMENT: Sign = Sign::new("a fragment of a Skype reply that names the request before it", 80);
// 1 of 32 function codes, less for everything that looks random.
pub(super) static DATA: Sign = Sign::new("a datagram with the function of Skype's data", 10);
// Ten times 1 in 32; the bits around it have to change, as no counter's or header's do.
pub(super) static DATA_RUN: Sign =
    Sign::new("ten datagrams in a row with the function of Skype's data and noise around it", 60);
pub(super) static PHONE: Sign = Sign::new("a datagram on the port of Skype's gateways to telephones", 16);
// Four constant bytes before noise are common; at that port and in both directions they are not.
pub(super) static PHONE_RUN: Sign =
    Sign::new("a constant identifier before cipher text, packet after packet, on the port of Skype's gateways", 20);

/// Smallest probe: identifier, function, seed, checksum, and seven bytes of cipher text.
const SMALLEST_PROBE: usize = 18;
const REFUSAL: usize = 11;
/// A second try holds five bytes more than the first.
const RESEND_GROWTH: u32 = 5;
/// Bits 4 to 6 of the function are noise.
const FUNCTION: u8 = 0x8f;
pub(super) const TELEPHONE_PORT: u16 = 12340;
/// A reply comes within a round trip; ten seconds allow for the slowest and keep identifiers from coming round.
const ANSWER_WITHIN: u64 = 10 * Time::SECOND;
/// Datagrams after which an exchange that proved nothing is left.
const PATIENCE: u8 = 40;
const RUN: u8 = 10;

/// What a datagram says, by its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Message {
    /// Request or reply.
    Probe,
    Resend,
    /// Function 5: tells the public address. Function 7: asks to send again besides.
    Refusal {
        public: [u8; 4],
        again: bool,
    },
    /// Part of a long reply, to the request with this identifier.
    Fragment {
        reply_to: u16,
    },
    Data,
}

impl Message {
    fn read(bytes: &[u8], length: usize) -> Option<(u16, Self)> {
        let mut reader = Reader::new(bytes);
        let id = reader.be16()?;
        let function = reader.u8()?;
        let rest = reader.rest();
        let message = match function & FUNCTION {
            // Its noise bits have been zero in every probe measured.
            2 if function == 2 && length >= SMALLEST_PROBE && is_noise(rest) && !is_asn1(bytes) => Self::Probe,
            3 if length >= SMALLEST_PROBE && reader.u8()? == 1 => Self::Resend,
            kind @ (5 | 7) if length == REFUSAL => Self::Refusal { public: reader.array()?, again: kind == 7 },
            15 if length >= SMALLEST_PROBE => {
                let reply_to = reader.be16()?;
                reader.skip(1)?;
                if reader.u8()? != 2 {
                    return None;
                }
                Self::Fragment { reply_to }
            }
            13 if length > 3 && is_noise(rest) => Self::Data,
            _ => return None,
        };
        Some((id, message))
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::Probe => b"probe",
            Self::Resend => b"resend",
            Self::Refusal { again: true, .. } => b"nack",
            Self::Refusal { again: false, .. } => b"nat",
            Self::Fragment { .. } => b"fragment",
            Self::Data => b"data",
        }
    }

    fn alone(self, destination: Addr) -> &'static Sign {
        match self {
            Self::Probe => &PROBE,
            Self::Resend => &RESEND_ALONE,
            Self::Refusal { public, .. } if destination == Addr::v4(public) => &NACK_TO_US,
            Self::Refusal { .. } => &NACK_ALONE,
            Self::Fragment { .. } => &FRAGMENT_ALONE,
            Self::Data => &DATA,
        }
    }
}

/// SNMP and CLDAP have a 2 in that place too: the tag of an integer.
fn is_asn1(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, _, 2, 1..=4, ..])
}

fn is_telephone(payload: &Payload<'_>) -> bool {
    payload.server.port == TELEPHONE_PORT && (12..=200).contains(&payload.wire_len) && payload.bytes.len() > 4
}

/// Whether the other side's opening, as far as it is kept, may be a message. A flow of cipher text is asked about many
/// times, and one datagram in 256 of it looks like a probe: both sides have to.
fn may_be_others(other: &[u8]) -> bool {
    other.is_empty() || Message::read(other, other.len()).is_some()
}

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    let length = opening.wire_len as usize;
    if is_telephone(opening) && is_noise(opening.bytes) {
        return Match::Yes(&PHONE);
    }
    match Message::read(opening.bytes, length) {
        Some((_, message)) if may_be_others(opening.other) => Match::Yes(message.alone(opening.destination().addr)),
        _ => Match::No,
    }
}

/// The last request of a side.
#[derive(Clone, Copy)]
struct Asked {
    id: u16,
    length: u32,
    time: Time,
    /// Its cipher text, to see that nothing of it repeats.
    cipher: [u8; 15],
}

/// What was said so far on one flow.
#[derive(Default)]
pub(super) struct Exchange {
    asked: [Option<Asked>; 2],
    probes: [u8; 2],
    datagrams: u8,
    /// A datagram was something else.
    foreign: bool,
    data: u8,
    /// Which of the eight noise values came with data, a bit each.
    noise: u8,
    connection: [Option<[u8; 4]>; 2],
    telephone: u8,
}

impl Exchange {
    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        self.datagrams = self.datagrams.saturating_add(1);
        if is_telephone(payload) {
            return self.telephone(payload, facts);
        }
        let Some((id, message)) = Message::read(payload.bytes, payload.wire_len as usize) else {
            self.foreign = true;
            return Next::NotMine;
        };
        // What once spoke otherwise only looked like it before; chance must not add up.
        if self.foreign {
            return Next::NotMine;
        }
        facts.text(&MESSAGE, message.name());
        facts.sign(message.alone(payload.destination().addr));
        let proven = match message {
            Message::Probe => self.probe(id, payload, facts),
            Message::Resend => self.resend(id, payload, facts),
            Message::Refusal { public, .. } => self.refusal(id, public, payload, facts),
            Message::Fragment { reply_to } => self.fragment(reply_to, payload, facts),
            Message::Data => self.data(payload, facts),
        };
        if proven || self.datagrams >= PATIENCE {
            Next::Done
        } else {
            Next::More
        }
    }

    fn asked_by(&self, side: Side) -> Option<Asked> {
        self.asked.get(side.index()).copied().flatten()
    }

    /// The other side's last request, if this may answer it.
    fn awaited(&self, payload: &Payload<'_>) -> Option<Asked> {
        self.asked_by(payload.side.other()).filter(|asked| payload.time.since(asked.time) <= ANSWER_WITHIN)
    }

    fn probe(&mut self, id: u16, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        facts.number(&OBJECT_ID, id.into());
        let mut reader = Reader::new(payload.bytes);
        let cipher = reader.skip(3).and_then(|()| reader.array());
        let Some(cipher) = cipher else { return false };
        let now = Asked { id, length: payload.wire_len, time: payload.time, cipher };
        if self.awaited(payload).is_some_and(|asked| differ(&asked, &now)) {
            facts.sign(&ANSWER);
        }
        let before = self.asked_by(payload.side);
        if before.is_some_and(|before| before.id != id && differ(&before, &now)) {
            facts.sign(&PROBE_AGAIN);
            self.count_repeated(before, &now, payload.side, facts);
        }
        if let Some(asked) = self.asked.get_mut(payload.side.index()) {
            *asked = Some(now);
        }
        false
    }

    fn count_repeated(&mut self, before: Option<Asked>, now: &Asked, side: Side, facts: &mut Facts<'_>) {
        let Some(repeated) = self.probes.get_mut(side.index()) else { return };
        *repeated += u8::from(before.is_some_and(|before| before.length == now.length) && *repeated < 2);
        if *repeated == 2 {
            facts.sign(&PROBE_THRICE);
        }
    }

    fn resend(&self, id: u16, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let follows = self
            .asked_by(payload.side)
            .is_some_and(|asked| asked.id == id && asked.length + RESEND_GROWTH == payload.wire_len);
        if follows {
            facts.sign(&RESEND);
        }
        follows
    }

    fn refusal(&self, id: u16, public: [u8; 4], payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let echo = self.awaited(payload).is_some_and(|asked| asked.id == id);
        if echo {
            facts.sign(&NACK_ECHO);
        }
        let proven = echo || payload.destination().addr == Addr::v4(public);
        if proven {
            facts.text(&PUBLIC_ADDR, Addr::v4(public).to_string().as_bytes());
            facts.text(&ACTIVITY, b"log-on");
        }
        proven
    }

    fn fragment(&self, reply_to: u16, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let follows = self.awaited(payload).is_some_and(|asked| asked.id == reply_to);
        if follows {
            facts.sign(&FRAGMENT);
        }
        follows
    }

    fn data(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> bool {
        let noise = payload.bytes.get(2).map_or(0, |function| function >> 4 & 7);
        self.noise |= 1 << noise;
        self.data += 1;
        let proven = self.data >= RUN && self.noise.count_ones() >= 4;
        if proven {
            facts.sign(&DATA_RUN);
        }
        proven
    }

    fn telephone(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        facts.sign(&PHONE);
        let id = Reader::new(payload.bytes).array::<4>();
        let Some(known) = self.connection.get_mut(payload.side.index()) else { return Next::Done };
        // The identifier may change once early in a call: the count starts again.
        self.telephone = if known.is_some() && *known == id { self.telephone.saturating_add(1) } else { 0 };
        *known = id;
        let noisy = payload.bytes.get(4..).is_some_and(is_noise);
        match (noisy, self.telephone) {
            (false, _) => Next::NotMine,
            (true, 0..RUN) => Next::More,
            (true, _) => {
                facts.sign(&PHONE_RUN);
                Next::Done
            }
        }
    }
}

/// Whether two cipher texts agree nowhere but by chance: one place of 15 may.
fn differ(one: &Asked, other: &Asked) -> bool {
    one.cipher.iter().zip(&other.cipher).filter(|(one, other)| one == other).count() <= 1
}
