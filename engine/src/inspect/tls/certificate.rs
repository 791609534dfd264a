//! What a certificate says of its owner (X.509, RFC 5280), where the handshake still shows it: before TLS 1.3.

use crate::bytes::Reader;

/// What is worth telling of a certificate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Certificate<'a> {
    /// Common name of its owner.
    pub subject: Option<&'a [u8]>,
    /// Organisation of its owner.
    pub organisation: Option<&'a [u8]>,
    /// Common name, or else organisation, of who signed it.
    pub issuer: Option<&'a [u8]>,
    /// Whether owner and issuer are the same.
    pub self_signed: bool,
    /// Seconds since the epoch.
    pub not_before: Option<u64>,
    /// Seconds since the epoch.
    pub not_after: Option<u64>,
    /// The subjectAltName extension's content.
    alternatives: &'a [u8],
}

mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const OBJECT: u8 = 0x06;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const VERSION: u8 = 0xa0;
    pub const EXTENSIONS: u8 = 0xa3;
    pub const DNS_NAME: u8 = 0x82;
}

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANISATION: &[u8] = &[0x55, 4, 10];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 17];

impl<'a> Certificate<'a> {
    /// Reads a certificate, as far as it goes: walks down the fixed structure, never recursing.
    #[must_use]
    pub fn parse(der: &'a [u8]) -> Option<Self> {
        let mut outer = enter(&mut Reader::new(der), tag::SEQUENCE)?;
        let mut body = enter(&mut outer, tag::SEQUENCE)?;
        if body.peek_u8() == Some(tag::VERSION) {
            element(&mut body)?;
        }
        // Serial number and signature algorithm.
        element(&mut body)?;
        element(&mut body)?;
        let issuer = enter(&mut body, tag::SEQUENCE)?;
        let mut validity = enter(&mut body, tag::SEQUENCE)?;
        let subject = enter(&mut body, tag::SEQUENCE)?;
        Some(Self {
            subject: attribute(subject, COMMON_NAME),
            organisation: attribute(subject, ORGANISATION),
            issuer: attribute(issuer, COMMON_NAME).or_else(|| attribute(issuer, ORGANISATION)),
            self_signed: issuer.rest() == subject.rest(),
            not_before: time(&mut validity),
            not_after: time(&mut validity),
            alternatives: alternatives(body).unwrap_or_default(),
        })
    }

    /// The owner's other names.
    pub fn names(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut reader = Reader::new(self.alternatives);
        std::iter::from_fn(move || element(&mut reader)).filter(|(tag, _)| *tag == tag::DNS_NAME).map(|(_, name)| name)
    }
}

/// The first certificate of a Certificate message (RFC 5246 §7.4.2): the server's own.
#[must_use]
pub fn first_of_chain(message: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(message);
    reader.skip(3)?;
    let length = usize::try_from(reader.be24()?).ok()?;
    reader.take(length.min(reader.remaining()))
}

/// One element: its tag and its content; what there is of it where the message is cut.
fn element<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let tag = reader.u8()?;
    let short = reader.u8()?;
    let length = match short {
        0..=0x7f => usize::from(short),
        0x81 => reader.u8()?.into(),
        0x82 => reader.be16()?.into(),
        0x83 => usize::try_from(reader.be24()?).ok()?,
        _ => return None,
    };
    Some((tag, reader.take(length.min(reader.remaining()))?))
}

fn enter<'a>(reader: &mut Reader<'a>, wanted: u8) -> Option<Reader<'a>> {
    let (tag, content) = element(reader)?;
    (tag == wanted).then(|| Reader::new(content))
}

/// The value of one attribute of a name: a sequence of sets of pairs.
fn attribute<'a>(mut name: Reader<'a>, wanted: &[u8]) -> Option<&'a [u8]> {
    while let Some((_, set)) = element(&mut name) {
        let mut pair = enter(&mut Reader::new(set), tag::SEQUENCE)?;
        if element(&mut pair)? == (tag::OBJECT, wanted) {
            return element(&mut pair).map(|(_, value)| value).filter(|value| !value.is_empty());
        }
    }
    None
}

fn alternatives(mut body: Reader<'_>) -> Option<&[u8]> {
    let extensions = std::iter::from_fn(|| element(&mut body)).find(|(tag, _)| *tag == tag::EXTENSIONS)?.1;
    let mut list = enter(&mut Reader::new(extensions), tag::SEQUENCE)?;
    while let Some(mut extension) = enter(&mut list, tag::SEQUENCE) {
        if element(&mut extension)? != (tag::OBJECT, ALTERNATIVE_NAME) {
            continue;
        }
        if extension.peek_u8() == Some(tag::BOOLEAN) {
            element(&mut extension)?;
        }
        let (_, value) = element(&mut extension)?;
        return enter(&mut Reader::new(value), tag::SEQUENCE).map(|names| names.rest());
    }
    None
}

/// A time, as seconds since the epoch (RFC 5280 §4.1.2.5).
fn time(reader: &mut Reader<'_>) -> Option<u64> {
    let (tag, text) = element(reader)?;
    let mut text = Reader::new(text);
    let year = match tag {
        tag::UTC_TIME => match number(&mut text, 2)? {
            year @ 0..50 => 2000 + year,
            year => 1900 + year,
        },
        tag::GENERALIZED_TIME => number(&mut text, 4)?,
        _ => return None,
    };
    let (month, day) = (number(&mut text, 2)?, number(&mut text, 2)?);
    let (hour, minute, second) = (number(&mut text, 2)?, number(&mut text, 2)?, number(&mut text, 2)?);
    let days = days_before(year, month, day)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn number(text: &mut Reader<'_>, digits: usize) -> Option<u64> {
    text.take(digits)?.iter().try_fold(0, |all, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(all * 10 + u64::from(digit))
    })
}

/// Days from the epoch to a date of the Gregorian calendar, which repeats every 400 years.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    const BEFORE_EPOCH: u64 = 719_468;
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    // Years that begin in March put the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    (era * 146_097 + of_era).checked_sub(BEFORE_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x82];
        bytes.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(content);
        bytes
    }

    fn name(common: &[u8], organisation: &[u8]) -> Vec<u8> {
        let pair = |kind: &[u8], value: &[u8]| {
            let both = [wrap(tag::OBJECT, kind), wrap(0x0c, value)].concat();
            wrap(0x31, &wrap(tag::SEQUENCE, &both))
        };
        wrap(tag::SEQUENCE, &[pair(ORGANISATION, organisation), pair(COMMON_NAME, common)].concat())
    }

    fn certificate() -> Vec<u8> {
        let names = [wrap(tag::DNS_NAME, b"example.org"), wrap(tag::DNS_NAME, b"www.example.org")].concat();
        let alternative =
            [wrap(tag::OBJECT, ALTERNATIVE_NAME), wrap(tag::BOOLEAN, &[0xff]), wrap(4, &wrap(tag::SEQUENCE, &names))]
                .concat();
        let other = [wrap(tag::OBJECT, &[0x55, 0x1d, 15]), wrap(4, &[3, 2, 5, 0xa0])].concat();
        let extensions = [wrap(tag::SEQUENCE, &other), wrap(tag::SEQUENCE, &alternative)].concat();
        let body = [
            wrap(tag::VERSION, &[2, 1, 2]),
            wrap(2, &[7]),
            wrap(tag::SEQUENCE, &[]),
            name(b"Example Authority", b"Example"),
            wrap(
                tag::SEQUENCE,
                &[wrap(tag::UTC_TIME, b"240229120000Z"), wrap(tag::GENERALIZED_TIME, b"20500101000000Z")].concat(),
            ),
            name(b"example.org", b"Example Limited"),
            wrap(tag::SEQUENCE, &[]),
            wrap(tag::EXTENSIONS, &wrap(tag::SEQUENCE, &extensions)),
        ]
        .concat();
        wrap(tag::SEQUENCE, &wrap(tag::SEQUENCE, &body))
    }

    #[test]
    fn owner_issuer_times_and_names_are_read() {
        let der = certificate();
        let read = Certificate::parse(&der).unwrap();
        assert_eq!(read.subject, Some(&b"example.org"[..]));
        assert_eq!(read.organisation, Some(&b"Example Limited"[..]));
        assert_eq!(read.issuer, Some(&b"Example Authority"[..]));
        assert!(!read.self_signed);
        assert_eq!(read.not_before, Some(1_709_208_000));
        assert_eq!(read.not_after, Some(2_524_608_000));
        assert_eq!(read.names().collect::<Vec<_>>(), [&b"example.org"[..], b"www.example.org"]);
    }

    #[test]
    fn a_certificate_cut_anywhere_gives_what_it_holds() {
        let der = certificate();
        for end in 0..der.len() {
            if let Some(read) = Certificate::parse(&der[..end]) {
                assert!(read.names().count() <= 2);
            }
        }
    }
}
