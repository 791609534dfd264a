//! Listens to one side of a call's flow: reads the RTP header of every packet where there is one to read, and the pace of
//! the packets where there is not.

use super::cadence::Cadence;
use super::codec::{impairment, ASSUMED};
use super::emodel::{mos, Measured};
use super::reception::Source;
use super::spoken::Codings;
use crate::bytes::Reader;
use crate::inspect::rtp::{codec, Header};
use crate::packet::Time;

/// Sources of one side that are followed: sound, pictures, a screen, one to spare.
const SOURCES: usize = 4;
/// Packets without a readable header, before the pace is listened to instead.
const UNREADABLE: u32 = 50;
/// Packets of a source from which on something is said of it.
const ENOUGH: u64 = 50;

/// One side.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    sources: Vec<Source>,
    unreadable: u32,
    cadence: Option<Box<Cadence>>,
}

/// How well one direction of a call came through, as far as somebody between the two could see.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Packets that this was measured on.
    pub packets: u64,
    /// Guessed from the pace of the packets, because their headers cannot be read.
    pub estimated: bool,
    /// Share that was lost, 0..1.
    pub loss: Option<f64>,
    /// Interarrival jitter in milliseconds (RFC 3550).
    pub jitter: Option<f64>,
    /// Packets that came after a later one.
    pub late: Option<u64>,
    /// Packets that came twice.
    pub repeated: Option<u64>,
    /// E-model's mean opinion score.
    pub mos: Option<f64>,
    /// The coding whose values the score was made with; none where values on the low side stood in for an unknown one.
    pub mos_coding: Option<String>,
}

impl Ear {
    /// Takes a payload.
    pub fn hear(&mut self, payload: &[u8], payload_len: u32, time: Time, codings: &Codings) {
        if let Some(cadence) = &mut self.cadence {
            cadence.hear(time);
            return;
        }
        let Some(header) = header(payload) else { return self.missed(time) };
        if let Some(source) = self.sources.iter_mut().find(|source| source.ssrc == header.source) {
            return source.hear(&header, time, payload_len);
        }
        if self.sources.len() < SOURCES {
            let clock = codings.clock(header.payload_type);
            self.sources.push(Source::new(&header, time, payload_len, clock));
        } else {
            self.missed(time);
        }
    }

    /// Packets go by that are not heard here.
    pub fn interrupt(&mut self) {
        self.sources.iter_mut().for_each(Source::interrupt);
        self.cadence.iter_mut().for_each(|cadence| cadence.interrupt());
    }

    /// What had no header: reports and checks between the media, or media that hide it.
    fn missed(&mut self, time: Time) {
        self.unreadable += 1;
        let heard: u64 = self.sources.iter().map(Source::received).sum();
        if self.unreadable >= UNREADABLE && heard < u64::from(self.unreadable) {
            self.sources = Vec::new();
            let mut cadence = Box::<Cadence>::default();
            cadence.hear(time);
            self.cadence = Some(cadence);
        }
    }

    /// Whether it reads the headers of a source, and has read so many.
    pub fn reads(&self, packets: u64) -> bool {
        self.sources.iter().any(|source| source.received() >= packets && source.loss() < 0.5)
    }

    /// The source that is heard most, sound before pictures.
    fn main(&self) -> Option<&Source> {
        let heard = self.sources.iter().filter(|source| source.received() >= ENOUGH);
        heard.max_by_key(|source| (source.is_audio(), source.received()))
    }

    /// The coding of the main source, where it is visible.
    pub fn coding(&self, codings: &Codings) -> Option<String> {
        let main = self.main()?;
        let fixed = || codec(main.payload_type).map(str::to_owned);
        codings.name(main.payload_type).map(str::to_owned).or_else(fixed)
    }

    /// Whether pictures are among what is heard.
    pub fn has_video(&self) -> bool {
        self.sources.iter().any(|source| source.received() >= ENOUGH && !source.is_audio())
    }

    /// What was measured, or guessed; nothing where there is too little of it. `passed` is how many packets passed: of
    /// what was not seen, nothing is said.
    pub fn quality(&self, codings: &Codings, passed: u32) -> Option<Quality> {
        if let Some(cadence) = &self.cadence {
            return cadence.guess().map(|guess| {
                let measured = Measured { loss: guess.loss, burst: 1.0, jitter: guess.jitter, frame: guess.frame };
                Quality {
                    packets: u64::from(passed),
                    estimated: true,
                    loss: Some(guess.loss),
                    jitter: Some(guess.jitter),
                    late: None,
                    repeated: None,
                    mos: Some(mos(&measured, ASSUMED)),
                    mos_coding: None,
                }
            });
        }
        let main = self.main()?;
        let seen: u64 = self.sources.iter().map(Source::received).sum::<u64>() + u64::from(self.unreadable);
        // A gateway sees the first packets only: they say nothing of the others.
        if seen * 2 < u64::from(passed) {
            return None;
        }
        let coding = self.coding(codings);
        let known = coding.as_deref().and_then(impairment);
        let measured = main.jitter().filter(|_| main.is_audio()).map(|jitter| Measured {
            loss: main.loss(),
            burst: main.burst(),
            jitter,
            frame: main.frame(),
        });
        Some(Quality {
            packets: main.received(),
            estimated: false,
            loss: Some(main.loss()),
            jitter: main.jitter(),
            late: Some(main.late()),
            repeated: Some(main.repeated()),
            mos: measured.map(|measured| mos(&measured, known.unwrap_or(ASSUMED))),
            mos_coding: coding.filter(|_| known.is_some()),
        })
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.sources.capacity() * size_of::<Source>() + self.cadence.as_ref().map_or(0, |_| size_of::<Cadence>())
    }
}

/// The RTP header of a datagram: at its beginning, or within a TURN channel (RFC 8656 §12.4) or Microsoft's.
fn header(payload: &[u8]) -> Option<Header> {
    const CHANNEL: usize = 4;
    const MICROSOFT: usize = 12;
    let mut reader = Reader::new(payload);
    match reader.be16()? {
        0x4000..=0x4fff => Header::read(payload.get(CHANNEL..)?),
        0xff10 => Header::read(payload.get(MICROSOFT..)?),
        _ => Header::read(payload),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16) -> Vec<u8> {
        let mut bytes = vec![0x80, 8];
        bytes.extend(sequence.to_be_bytes());
        bytes.extend((160 * u32::from(sequence)).to_be_bytes());
        bytes.extend(7u32.to_be_bytes());
        bytes.extend([0xd5; 160]);
        bytes
    }

    fn at(number: u16) -> Time {
        Time(Time::SECOND + u64::from(number) * 20 * Time::MILLI)
    }

    #[test]
    fn loss_is_measured_where_headers_are_read_also_inside_of_a_channel() {
        for wrap in [&[][..], &[0x40, 0, 0, 172], &[0xff, 0x10, 0, 180, 1, 2, 3, 4, 5, 6, 7, 8]] {
            let mut ear = Ear::default();
            for number in (0..200).filter(|number| number % 20 != 7) {
                let bytes = [wrap, &packet(number)].concat();
                ear.hear(&bytes, u32::try_from(bytes.len()).unwrap(), at(number), &Codings::default());
            }
            let quality = ear.quality(&Codings::default(), 190).unwrap();
            assert!((quality.loss.unwrap() - 0.05).abs() < 1e-9 && !quality.estimated);
            assert_eq!(quality.mos_coding.as_deref(), Some("PCMA"));
            assert!((3.8..4.0).contains(&quality.mos.unwrap()), "{quality:?}");
        }
    }

    #[test]
    fn what_has_no_header_is_estimated_and_says_so() {
        let mut ear = Ear::default();
        for number in (0..300).filter(|number| number % 20 != 7) {
            ear.hear(&[0x0d; 120], 120, at(number), &Codings::default());
        }
        let quality = ear.quality(&Codings::default(), 285).unwrap();
        assert!(quality.estimated && quality.mos_coding.is_none() && quality.late.is_none());
        assert!((0.03..0.07).contains(&quality.loss.unwrap()), "{quality:?}");
    }

    #[test]
    fn nothing_is_said_of_what_was_hardly_seen() {
        let mut ear = Ear::default();
        (0..60).for_each(|number| ear.hear(&packet(number), 172, at(number), &Codings::default()));
        assert!(ear.quality(&Codings::default(), 60).is_some());
        assert_eq!(ear.quality(&Codings::default(), 10_000), None);
        let mut short = Ear::default();
        (0..10).for_each(|number| short.hear(&packet(number), 172, at(number), &Codings::default()));
        assert_eq!(short.quality(&Codings::default(), 10), None);
    }
}
