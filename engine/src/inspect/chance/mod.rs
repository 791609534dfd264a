//! How often the rules of protocols fit payloads that mean nothing: measured, so that no sign claims more than chance leaves.
//!
//! Payloads are drawn by lot, of three kinds: any bytes; the small numbers and zeros that binary headers are full of; and
//! text. Every protocol is asked about all of them, with a first byte that it is asked about on the wire, and counted by
//! how rare such a first byte is. Some go to the protocol's usual port, one in four where anybody may listen (the 6 decibans
//! of [`crate::evidence::USUAL_PORT`]), one in a hundred where only the system may: a rule that holds on to a port must not
//! count it for more. Over TCP one stream in 160 opens with cipher text at all (Wu and others, USENIX Security 2023, §6): there
//! hits among any bytes count for so much less.
//!
//! Signs that need a second payload are measured behind first ones that were taken: each of those is followed by payloads of the
//! same kind from either side. Together they weigh what both weigh, so that the second may weigh what is left to chance then.

mod draw;

pub use draw::Noise;

use draw::{Draw, LONGEST};

use super::{Match, Payload, Profile, Protocol, ProtocolId, KEPT_OF_OPENING, PROTOCOLS};
use crate::facts::{FactStore, Facts, Sign, Signs};
use crate::packet::{Addr, Endpoint, Side, Time, Transport};

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
    /// What was measured behind a first payload that was taken, where there was one.
    pub behind: Option<Behind>,
}

/// What was measured behind first payloads.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    /// Second payloads that the sign fitted.
    pub hits: u32,
    /// Of so many.
    pub of: u32,
}

impl Behind {
    /// The chance level in decibans; where nothing was hit it is at least that.
    #[must_use]
    pub fn decibans(self) -> f64 {
        -10.0 * self.share().log10()
    }

    fn share(self) -> f64 {
        f64::from(self.hits.max(1)) / f64::from(self.of.max(1))
    }

    /// The one that says more: of many hits, or else of many payloads.
    fn worse(self, other: Self) -> Self {
        let says = |one: Self| if one.hits > 0 { (1, one.share()) } else { (0, f64::from(one.of)) };
        if says(self) >= says(other) {
            self
        } else {
            other
        }
    }
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
        let (hits, share) = match self.behind {
            Some(behind) if self.hits == 0 => (behind.hits, behind.share()),
            _ => (self.hits, self.share),
        };
        if hits == 0 {
            return false;
        }
        let hits = f64::from(hits);
        // Of a Poisson count the share that three deviations leave (Wilson and Hilferty's approximation).
        let least = (1.0 - 1.0 / (9.0 * hits) - 1.0 / hits.sqrt()).max(0.0).powi(3);
        f64::from(self.sign.weight) > -10.0 * (share * least).log10()
    }

    /// What the same payloads of another kind showed of the sign counts where it shows more.
    fn merge(&mut self, other: &Self) {
        let behind = [self.behind, other.behind].into_iter().flatten().reduce(Behind::worse);
        if (self.hits > 0, self.share) < (other.hits > 0, other.share) {
            *self = *other;
        }
        self.behind = behind;
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
                    Some(known) => known.merge(&chance),
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
    found: Vec<Found>,
    /// First payloads that were taken, and the port that they went to.
    taken: Vec<(Vec<u8>, u16)>,
    /// Payloads that were tried behind them.
    followed: u32,
    /// Its own numbers, so that another protocol more or less changes nothing for it.
    drawn: Draw,
}

/// One sign, and the payloads that it fitted: as the first, and only as the second.
struct Found {
    sign: &'static Sign,
    hits: u32,
    behind: u32,
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
            let found = profile.signs.iter().map(|sign| Found { sign, hits: 0, behind: 0 }).collect();
            let own = profile.name.bytes().fold(0, |all: u64, byte| all.wrapping_mul(31).wrapping_add(byte.into()));
            let drawn = Draw(own);
            Asked { id, protocol, firsts, found, taken: Vec::new(), followed: 0, drawn }
        })
        .filter(|asked| !asked.firsts.is_empty())
        .collect();
    let mut buffer = [0; LONGEST];
    for number in 0..payloads {
        let length = drawn.length();
        let Some(payload) = buffer.get_mut(..length) else { continue };
        drawn.fill(payload, &bytes);
        for each in &mut asked {
            each.ask(payload, number, transport);
        }
    }
    for each in &mut asked {
        each.follow(transport, &bytes);
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

/// First payloads that are followed, and payloads that follow each.
const MOST_TAKEN: usize = 100;
const FOLLOWING: u32 = 200;

fn payload(bytes: &[u8], side: Side, transport: Transport, port: u16) -> Payload<'_> {
    Payload {
        wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        bytes,
        other: &[],
        side,
        time: NOW,
        transport,
        client: CLIENT,
        server: Endpoint { port, ..SERVER },
    }
}

impl Asked {
    fn ask(&mut self, bytes: &mut [u8], number: u32, transport: Transport) {
        let at = usize::try_from(self.drawn.number()).unwrap_or(0) % self.firsts.len();
        let (Some(first), Some(place)) = (self.firsts.get(at), bytes.first_mut()) else { return };
        *place = *first;
        let usual = self.protocol.profile().ports.first();
        let usual = usual.filter(|port| number.is_multiple_of(if **port < SYSTEM_PORTS { 100 } else { 4 }));
        let port = *usual.unwrap_or(&SERVER.port);
        let payload = payload(bytes, Side::Client, transport, port);
        let seen = self.signs(&[payload]);
        if seen.is_empty() {
            return;
        }
        for found in &mut self.found {
            found.hits += u32::from(seen.contains(&found.sign.id()));
        }
        if self.taken.len() < MOST_TAKEN {
            self.taken.push((bytes.to_vec(), port));
        }
    }

    /// Tries payloads behind those that were taken, in turn from the other side and from the same.
    fn follow(&mut self, transport: Transport, bytes: &[u8; 256]) {
        let taken = std::mem::take(&mut self.taken);
        let mut buffer = [0; LONGEST];
        for (first, port) in &taken {
            let first = payload(first, Side::Client, transport, *port);
            let alone = self.signs(&[first]);
            for number in 0..FOLLOWING {
                let length = self.drawn.length();
                let Some(second) = buffer.get_mut(..length) else { continue };
                self.drawn.fill(second, bytes);
                let side = if number.is_multiple_of(2) { Side::Server } else { Side::Client };
                let other = if side == Side::Server { first.bytes } else { &[] };
                let other = other.get(..other.len().min(KEPT_OF_OPENING)).unwrap_or_default();
                let seen = self.signs(&[first, Payload { other, ..payload(second, side, transport, *port) }]);
                for found in &mut self.found {
                    let id = found.sign.id();
                    found.behind += u32::from(seen.contains(&id) && !alone.contains(&id));
                }
            }
            self.followed += FOLLOWING;
        }
    }

    /// The signs of a match of the first, and what the parser finds; of the others, too.
    fn signs(&self, payloads: &[Payload<'_>]) -> Vec<u16> {
        let (mut store, mut announced) = (FactStore::default(), Vec::new());
        let mut seen = Signs::new();
        let mut parser = None;
        for payload in payloads {
            let mut facts = Facts::new(&mut store, &mut seen, &mut announced, 1, self.id.0);
            match self.protocol.matches(payload) {
                Match::Yes(sign) => facts.sign(sign),
                _ if parser.is_none() => break,
                _ => {}
            }
            let _ = parser.get_or_insert_with(|| self.protocol.parser()).feed(payload, &mut facts);
        }
        seen.iter().map(|seen| seen.sign).collect()
    }

    /// `payload` is the share of all traffic that one payload stands for.
    fn chances(self, noise: Noise, payload: f64) -> impl Iterator<Item = Chance> {
        let begin_so = u32::try_from(self.firsts.len()).unwrap_or(256);
        let one = payload * f64::from(begin_so) / 256.0;
        let (protocol, of) = (self.protocol.profile(), self.followed);
        self.found.into_iter().map(move |Found { sign, hits, behind }| {
            let share = one * f64::from(hits.max(1));
            let behind = (of > 0 && hits == 0).then_some(Behind { hits: behind, of });
            Chance { protocol, sign, noise, hits, share, behind }
        })
    }
}
