//! How often the rules of protocols fit payloads that mean nothing: measured, so that no sign claims more than chance leaves.
//!
//! Payloads are drawn by lot, of three kinds: any bytes; the small numbers and zeros that binary headers are full of; and
//! text. Every protocol is asked about all of them, with a first byte that it is asked about on the wire, and counted by
//! how rare such a first byte is. Some go to the protocol's usual port, one in four where anybody may listen (the 6 decibans
//! of [`crate::evidence::USUAL_PORT`]), one in a hundred where only the system may: a rule that holds on to a port must not
//! count it for more. Over TCP one stream in 160 opens with cipher text at all (Wu and others, USENIX Security 2023, §6): there
//! hits among any bytes count for so much less.

use super::{Match, Payload, Profile, Protocol, ProtocolId, PROTOCOLS};
use crate::facts::{FactStore, Facts, Sign, Signs};
use crate::packet::{Addr, Endpoint, Side, Time, Transport};

/// What payloads are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Every byte as likely as any other: what is encrypted or packed.
    Uniform,
    /// Half of the bytes zero, a quarter from 1 to 16, a quarter anything: headers of binary protocols.
    Numbers,
    /// Letters, digits, marks and ends of lines.
    Text,
}

impl Noise {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Uniform, Self::Numbers, Self::Text];

    /// Its word on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uniform => "any bytes",
            Self::Numbers => "small numbers",
            Self::Text => "text",
        }
    }

    /// 256 bytes, each as often as it is likely.
    fn bytes(self) -> [u8; 256] {
        let mut all = [0; 256];
        for (place, byte) in (0..=u8::MAX).zip(&mut all) {
            *byte = match self {
                Self::Uniform => place,
                Self::Numbers => match place {
                    0..128 => 0,
                    128..192 => place % 16 + 1,
                    // Every fourth byte, so that all of their range comes.
                    192.. => (place - 192).wrapping_mul(4).wrapping_add(place % 4),
                },
                Self::Text => match place {
                    0..16 => b' ',
                    16..20 => b'\r',
                    20..24 => b'\n',
                    24..124 => b'a' + place % 26,
                    _ => 0x21 + place % 94,
                },
            };
        }
        all
    }
}

/// What was measured of one sign, with the kind of payload that it fitted most often.
#[derive(Clone, Copy, Debug)]
pub struct Chance {
    /// Whose sign.
    pub protocol: &'static Profile,
    /// The sign.
    pub sign: &'static Sign,
    /// The kind of payload.
    pub noise: Noise,
    /// Payloads that it fitted.
    pub hits: u32,
    /// The share of all payloads that those stand for; where none was hit, of what one hit would have stood for.
    pub share: f64,
}

impl Chance {
    /// The chance level in decibans: more than that the sign cannot weigh. Where nothing was hit it is at least that.
    #[must_use]
    pub fn decibans(&self) -> f64 {
        -10.0 * self.share.log10()
    }

    /// Whether the sign claims more than was measured, beyond three times the error of counting so few hits.
    #[must_use]
    pub fn is_overclaimed(&self) -> bool {
        if self.hits == 0 {
            return false;
        }
        let hits = f64::from(self.hits);
        // Of a Poisson count the share that three deviations leave (Wilson and Hilferty's approximation).
        let least = (1.0 - 1.0 / (9.0 * hits) - 1.0 / hits.sqrt()).max(0.0).powi(3);
        f64::from(self.sign.weight) > -10.0 * (self.share * least).log10()
    }
}

/// Asks every protocol about so many payloads of each kind, over each of TCP and UDP. The same numbers give the same answer.
#[must_use]
pub fn measure(payloads: u32, seed: u64) -> Vec<Chance> {
    let mut drawn = Draw(seed);
    let mut worst: Vec<Chance> = Vec::new();
    for noise in Noise::ALL {
        for transport in [Transport::Tcp, Transport::Udp] {
            for chance in ask_all(noise, transport, payloads, &mut drawn) {
                match worst.iter_mut().find(|known| std::ptr::eq(known.sign, chance.sign)) {
                    Some(known) if (known.hits > 0, known.share) < (chance.hits > 0, chance.share) => *known = chance,
                    Some(_) => {}
                    None => worst.push(chance),
                }
            }
        }
    }
    worst
}

/// One protocol, with the first bytes that it is asked about.
struct Asked {
    id: ProtocolId,
    protocol: &'static dyn Protocol,
    /// As often as each is likely among the 256.
    firsts: Vec<u8>,
    found: Vec<(&'static Sign, u32)>,
}

fn ask_all(noise: Noise, transport: Transport, payloads: u32, drawn: &mut Draw) -> Vec<Chance> {
    let bytes = noise.bytes();
    let mut asked: Vec<Asked> = (1..)
        .map(ProtocolId)
        .zip(PROTOCOLS.iter().copied())
        .filter(|(_, protocol)| protocol.profile().transports.contains(&transport))
        .map(|(id, protocol)| {
            let profile = protocol.profile();
            let firsts = bytes.iter().copied().filter(|byte| profile.first.may_be(*byte, transport)).collect();
            Asked { id, protocol, firsts, found: profile.signs.iter().map(|sign| (*sign, 0)).collect() }
        })
        .filter(|asked| !asked.firsts.is_empty())
        .collect();
    let mut buffer = [0; LONGEST];
    for number in 0..payloads {
        let length = drawn.length();
        let Some(payload) = buffer.get_mut(..length) else { continue };
        drawn.fill(payload, &bytes);
        for each in &mut asked {
            each.ask(payload, number, transport, drawn.number());
        }
    }
    let rarity = if (noise, transport) == (Noise::Uniform, Transport::Tcp) { CIPHER_TEXT_OVER_TCP } else { 1.0 };
    asked.into_iter().flat_map(|each| each.chances(noise, rarity / f64::from(payloads.max(1)))).collect()
}

/// Where the payloads go. The address is nobody's, and so is the port unless a protocol's own is asked for.
const CLIENT: Endpoint = Endpoint { addr: Addr::v4([10, 0, 0, 1]), port: 40_000 };
const SERVER: Endpoint = Endpoint { addr: Addr::v4([198, 51, 100, 7]), port: 31_337 };
const CIPHER_TEXT_OVER_TCP: f64 = 1.0 / 160.0;
/// Below this only the system may listen (RFC 6335 §6).
const SYSTEM_PORTS: u16 = 1024;
/// A moment as a capture has it: 2026. Clocks in payloads are compared with it.
const NOW: Time = Time(1_780_000_000 * Time::SECOND);
/// Longest payload; the openings of nearly all protocols are shorter.
const LONGEST: usize = 512;

impl Asked {
    fn ask(&mut self, bytes: &mut [u8], number: u32, transport: Transport, random: u64) {
        let at = usize::try_from(random).unwrap_or(0) % self.firsts.len();
        let (Some(first), Some(place)) = (self.firsts.get(at), bytes.first_mut()) else { return };
        *place = *first;
        let usual = self.protocol.profile().ports.first();
        let usual = usual.filter(|port| number.is_multiple_of(if **port < SYSTEM_PORTS { 100 } else { 4 }));
        let payload = Payload {
            wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            bytes,
            other: &[],
            side: Side::Client,
            time: NOW,
            transport,
            client: CLIENT,
            server: Endpoint { port: *usual.unwrap_or(&SERVER.port), ..SERVER },
        };
        if let Match::Yes(sign) = self.protocol.matches(&payload) {
            self.count(sign, &payload);
        }
    }

    /// Counts the sign of a match, and what the parser then finds in the same payload.
    fn count(&mut self, sign: &'static Sign, payload: &Payload<'_>) {
        let (mut store, mut announced) = (FactStore::default(), Vec::new());
        let mut signs: Signs = Signs::new();
        let mut facts = Facts::new(&mut store, &mut signs, &mut announced, 1, self.id.0);
        facts.sign(sign);
        let _ = self.protocol.parser().feed(payload, &mut facts);
        for (sign, hits) in &mut self.found {
            *hits += u32::from(signs.iter().any(|seen| seen.sign == sign.id()));
        }
    }

    /// `payload` is the share of all traffic that one payload stands for.
    fn chances(self, noise: Noise, payload: f64) -> impl Iterator<Item = Chance> {
        let begin_so = u32::try_from(self.firsts.len()).unwrap_or(256);
        let one = payload * f64::from(begin_so) / 256.0;
        let protocol = self.protocol.profile();
        let share = move |hits: u32| one * f64::from(hits.max(1));
        self.found.into_iter().map(move |(sign, hits)| Chance { protocol, sign, noise, hits, share: share(hits) })
    }
}

/// Numbers by lot that are the same every time (Vigna's splitmix64).
struct Draw(u64);

impl Draw {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Half of the payloads are short, as those that open a conversation are.
    fn length(&mut self) -> usize {
        let number = usize::try_from(self.number() >> 32).unwrap_or(0);
        let most = if number.is_multiple_of(2) { 64 } else { LONGEST };
        number / 2 % most + 1
    }

    fn fill(&mut self, payload: &mut [u8], bytes: &[u8; 256]) {
        for part in payload.chunks_mut(8) {
            for (place, random) in part.iter_mut().zip(self.number().to_le_bytes()) {
                *place = bytes.get(usize::from(random)).copied().unwrap_or_default();
            }
        }
    }
}
