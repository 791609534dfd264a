//! What a payload looks like at a glance, and whom to ask about it: most protocols need not be asked at all.
//!
//! A shape is a few bytes, a length or a port that a payload must have before a protocol can say yes or "may be". All
//! shapes of a transport have a bit each; a table for each place holds which of them allow which byte there. What a
//! payload allows is then a few loads and ands, however many protocols there are.

use super::registry::Numbered;
use super::{First, Payload, ProtocolId, PROTOCOLS};
use crate::packet::Transport;

/// One look that payloads of a protocol have.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    transport: Option<Transport>,
    bytes: [Option<(usize, Bytes)>; MOST_PLACES],
    shortest: u32,
    longest: u32,
    ports: &'static [u16],
}

/// Places of one shape.
const MOST_PLACES: usize = 4;

/// The values that a byte may have.
#[derive(Clone, Copy, Debug)]
pub enum Bytes {
    /// One of these.
    Of(&'static [u8]),
    /// From the one to the other, both included.
    Range(u8, u8),
    /// None of these.
    Not(&'static [u8]),
    /// One of these in the bits of the first.
    Masked(u8, &'static [u8]),
}

impl Bytes {
    fn hold(self, byte: u8) -> bool {
        match self {
            Self::Of(bytes) => bytes.contains(&byte),
            Self::Not(bytes) => !bytes.contains(&byte),
            Self::Range(low, high) => (low..=high).contains(&byte),
            Self::Masked(mask, bytes) => bytes.contains(&(byte & mask)),
        }
    }
}

impl Shape {
    const ANY: Self = Self { transport: None, bytes: [None; MOST_PLACES], shortest: 0, longest: u32::MAX, ports: &[] };

    /// Of a datagram: it has all the bytes that are named.
    #[must_use]
    pub const fn datagram() -> Self {
        Self::over(Transport::Udp)
    }

    /// Of a stream's opening: bytes that are still to come may be anything.
    #[must_use]
    pub const fn stream() -> Self {
        Self::over(Transport::Tcp)
    }

    /// Of all that is over this transport.
    #[must_use]
    pub const fn over(transport: Transport) -> Self {
        Self { transport: Some(transport), ..Self::ANY }
    }

    /// With one of these bytes at this place.
    #[must_use]
    pub const fn at(mut self, place: usize, bytes: Bytes) -> Self {
        let [first, second, third, fourth] = &mut self.bytes;
        let free = match (&first, &second, &third) {
            (None, ..) => first,
            (_, None, _) => second,
            (.., None) => third,
            _ => fourth,
        };
        *free = Some((place, bytes));
        self
    }

    /// So long on the wire.
    #[must_use]
    pub const fn long(mut self, shortest: u32, longest: u32) -> Self {
        (self.shortest, self.longest) = (shortest, longest);
        self
    }

    /// From or to one of these ports.
    #[must_use]
    pub const fn on(mut self, ports: &'static [u16]) -> Self {
        self.ports = ports;
        self
    }

    fn fits(&self, payload: &Payload<'_>) -> bool {
        let stream = payload.transport == Transport::Tcp;
        let may_be = |place: usize, bytes: Bytes| payload.bytes.get(place).map_or(stream, |byte| bytes.hold(*byte));
        self.transport.is_none_or(|own| own == payload.transport)
            && (self.shortest..=self.longest).contains(&payload.wire_len)
            && (self.ports.is_empty() || payload.on_port(self.ports))
            && self.bytes.iter().flatten().all(|(place, bytes)| may_be(*place, *bytes))
    }

    /// Whether this byte, or that there is none, may be at the place.
    fn allows(&self, place: usize, byte: Option<u8>, may_come: bool) -> bool {
        let mut wanted = self.bytes.iter().flatten().filter(|(known, _)| *known == place);
        wanted.all(|(_, bytes)| byte.map_or(may_come, |byte| bytes.hold(byte)))
    }
}

/// A bit for each shape of a transport.
type Set = [u64; SHAPES / 64];

/// Most shapes of one transport; there is a test that they are enough.
const SHAPES: usize = 256;
/// Lengths that are told apart.
const LENGTHS: usize = 512;
/// Values of a byte, and none.
const VALUES: usize = 257;

/// The shapes of one transport, and whose they are.
pub(super) struct Index {
    /// In the order of the protocols.
    shapes: Vec<Numbered>,
    /// For each place that a shape names, which shapes allow each byte there, and in the end which allow that there is none.
    places: Vec<(usize, Box<[Set; VALUES]>)>,
    /// Which allow each length; from [`LENGTHS`] on all alike.
    lengths: Box<[Set; LENGTHS]>,
    /// Which need no port; and by a port's lower byte which may be pleased with it.
    anywhere: Set,
    ports: Box<[Set; 256]>,
}

impl Index {
    pub fn new(transport: Transport) -> Self {
        let shapes: Vec<(Numbered, Shape)> = (1..)
            .map(ProtocolId)
            .zip(PROTOCOLS.iter().copied())
            .filter(|(_, protocol)| protocol.profile().transports.contains(&transport))
            .flat_map(|numbered| shapes(numbered.1.profile().first).into_iter().map(move |shape| (numbered, shape)))
            .filter(|(_, shape)| shape.transport.is_none_or(|own| own == transport))
            .collect();
        let stream = transport == Transport::Tcp;
        let at = |place| {
            let named = |shape: &Shape| shape.bytes.iter().flatten().any(|(known, _)| *known == place);
            let allows = |shape: &Shape, value| shape.allows(place, u8::try_from(value).ok(), stream);
            (place, Box::new(table(&shapes, named, allows)))
        };
        let within = |bound: u32| usize::try_from(bound).unwrap_or(usize::MAX).min(LENGTHS - 1);
        let long = |shape: &Shape, length| (within(shape.shortest)..=within(shape.longest)).contains(&length);
        let on = |shape: &Shape, low| shape.ports.iter().any(|port| usize::from(port & 0xff) == low);
        let bounded = |shape: &Shape| shape.shortest > 0 || shape.longest < u32::MAX;
        let [anywhere] = table(&shapes, |_| true, |shape, _| shape.ports.is_empty());
        Self {
            places: named_places(&shapes).into_iter().map(at).collect(),
            lengths: Box::new(table(&shapes, bounded, long)),
            anywhere,
            ports: Box::new(table(&shapes, |_| true, on)),
            shapes: shapes.into_iter().map(|(numbered, _)| numbered).collect(),
        }
    }

    /// Gives all that could say yes to a payload, and some more.
    #[inline]
    pub fn asked(&self, payload: &Payload<'_>, mut each: impl FnMut(Numbered)) {
        let mut last = ProtocolId::NONE;
        for (word, mut left) in self.allowed(payload).into_iter().enumerate() {
            while left != 0 {
                let place = 64 * word + left.trailing_zeros() as usize;
                left &= left - 1;
                let Some((id, protocol)) = self.shapes.get(place) else { return };
                // A protocol of several shapes is asked once.
                if std::mem::replace(&mut last, *id) != *id {
                    each((*id, *protocol));
                }
            }
        }
    }

    #[inline]
    fn allowed(&self, payload: &Payload<'_>) -> Set {
        const NOBODY: Set = [0; SHAPES / 64];
        let mut allowed = self.anywhere;
        for port in [payload.client.port, payload.server.port] {
            let wanted = self.ports.get(usize::from(port & 0xff)).unwrap_or(&NOBODY);
            allowed.iter_mut().zip(wanted).for_each(|(word, wanted)| *word |= wanted);
        }
        let mut narrow = |row: Option<&Set>| {
            allowed.iter_mut().zip(row.unwrap_or(&NOBODY)).for_each(|(word, row)| *word &= row);
        };
        narrow(self.lengths.get((payload.wire_len as usize).min(LENGTHS - 1)));
        for (place, table) in &self.places {
            narrow(table.get(payload.bytes.get(*place).map_or(VALUES - 1, |byte| usize::from(*byte))));
        }
        allowed
    }

    #[cfg(test)]
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }
}

impl First {
    /// Whether a payload looks so.
    pub(super) fn fits(self, payload: &Payload<'_>) -> bool {
        let Some(first) = payload.bytes.first() else { return false };
        match self {
            Self::Any => true,
            Self::Of(bytes) => bytes.contains(first),
            Self::Range(low, high) => (low..=high).contains(first),
            Self::Shapes(shapes) => shapes.iter().any(|shape| shape.fits(payload)),
        }
    }

    /// Whether payloads over this transport may begin with this byte.
    pub(super) fn may_be(self, byte: u8, transport: Transport) -> bool {
        let own = |shape: &Shape| shape.transport.is_none_or(|own| own == transport);
        shapes(self).iter().any(|shape| own(shape) && shape.allows(0, Some(byte), true))
    }
}

/// For each value the shapes that allow it; those that are not choosy allow all.
fn table<const VALUES: usize>(
    shapes: &[(Numbered, Shape)],
    choosy: impl Fn(&Shape) -> bool,
    allows: impl Fn(&Shape, usize) -> bool,
) -> [Set; VALUES] {
    let mut table = [Set::default(); VALUES];
    for (place, (_, shape)) in shapes.iter().enumerate() {
        let asked = choosy(shape);
        for (value, set) in table.iter_mut().enumerate() {
            if let Some(word) = set.get_mut(place / 64).filter(|_| !asked || allows(shape, value)) {
                *word |= 1 << (place % 64);
            }
        }
    }
    table
}

fn named_places(shapes: &[(Numbered, Shape)]) -> Vec<usize> {
    let mut named: Vec<_> =
        shapes.iter().flat_map(|(_, shape)| shape.bytes.iter().flatten()).map(|(at, _)| *at).collect();
    named.sort_unstable();
    named.dedup();
    named
}

fn shapes(first: First) -> Vec<Shape> {
    match first {
        First::Any => vec![Shape::ANY],
        First::Of(bytes) => vec![Shape::ANY.at(0, Bytes::Of(bytes))],
        First::Range(low, high) => vec![Shape::ANY.at(0, Bytes::Range(low, high))],
        First::Shapes(shapes) => shapes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_bit_for_every_shape() {
        for transport in [Transport::Tcp, Transport::Udp] {
            assert!(Index::new(transport).shapes() <= SHAPES, "let SHAPES be more");
        }
    }
}
