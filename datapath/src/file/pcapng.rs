//! The pcapng format (draft-ietf-opsawg-pcapng): sections of blocks, each section with byte order and interfaces of its own.

use std::collections::HashSet;

use peergate_engine::bytes::Reader;
use peergate_engine::packet::{LinkType, Time};

use super::source::Window;
use super::{linktype, Fault, Order, Record, Warning, MAX_FRAME};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER: u32 = 0x1a2b_3c4d;

/// Type and length before, length again behind.
const BLOCK_FRAME: usize = 12;
/// The longest block that is believed; so does Wireshark.
const MAX_BLOCK: usize = 16 << 20;
/// Enough for every interface of a large router, while a hostile file cannot fill the memory with them.
const MAX_INTERFACES: usize = 1 << 16;
/// A capture with more kinds of unreadable links than this is no capture; nobody reads on either.
const MAX_LINK_WARNINGS: usize = 8;

/// A capture whose sections are read one after the other.
pub(super) struct Pcapng {
    order: Order,
    interfaces: Vec<Interface>,
    /// Link types that a warning was given for.
    unread: HashSet<u16>,
    /// For packets that tell none.
    last_time: Time,
}

struct Interface {
    number: u16,
    link: Option<LinkType>,
    /// Frames were cut to this length; 0 for none.
    snap_len: u32,
    clock: Clock,
}

/// What a frame's block tells, whatever its kind.
struct Packet {
    interface: usize,
    /// Absent in simple blocks.
    ticks: Option<u64>,
    captured: u32,
    wire_len: u32,
    /// Where in the block the frame begins.
    begins: usize,
}

/// What to do about a block.
enum Block {
    Frame(Record),
    Passed,
}

impl Pcapng {
    /// Whether a file with these first bytes is pcapng.
    pub fn begins(magic: [u8; 4]) -> bool {
        u32::from_be_bytes(magic) == SECTION
    }

    pub fn new() -> Self {
        Self { order: Order::Little, interfaces: Vec::new(), unread: HashSet::new(), last_time: Time(0) }
    }

    /// The next frame; `None` at the end.
    #[inline]
    pub fn next(&mut self, window: &mut Window, warnings: &mut Vec<Warning>) -> Result<Option<Record>, Fault> {
        loop {
            let Some(header) = window.ahead(BLOCK_FRAME) else {
                return Fault::at_end(window, "the header of a block");
            };
            let mut reader = Reader::new(header);
            let (kind, len) = self.block(&mut reader).map_err(|what| Fault::here(window, what.into()))?;
            if let Block::Frame(record) = self.read(kind, len, window, warnings)? {
                return Ok(Some(record));
            }
        }
    }

    /// Kind and length of a block; a section header also sets the byte order of what follows.
    #[inline]
    fn block(&mut self, reader: &mut Reader<'_>) -> Result<(u32, usize), &'static str> {
        const SHORT: &str = "a block without a header";
        let kind = self.order.u32(reader).ok_or(SHORT)?;
        let len: [u8; 4] = reader.array().ok_or(SHORT)?;
        if kind == SECTION {
            let magic = reader.array().ok_or(SHORT)?;
            self.order = [Order::Little, Order::Big]
                .into_iter()
                .find(|order| order.number(magic) == BYTE_ORDER)
                .ok_or("a section whose byte order cannot be told")?;
        }
        // Some writers leave out the padding.
        match (self.order.number(len) as usize).next_multiple_of(4) {
            len if len < BLOCK_FRAME => Err("a block that says it is shorter than its own header"),
            len if len > MAX_BLOCK => Err("a block that says it is longer than 16 MiB"),
            len => Ok((kind, len)),
        }
    }

    #[inline]
    fn read(
        &mut self,
        kind: u32,
        len: usize,
        window: &mut Window,
        warnings: &mut Vec<Warning>,
    ) -> Result<Block, Fault> {
        if !matches!(kind, SECTION | INTERFACE | ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET) {
            // Names, statistics, secrets, and what others invented.
            return if window.skip(len) { Ok(Block::Passed) } else { Err(Fault::cut(window, "a block")) };
        }
        let Some(block) = window.ahead(len) else {
            return Err(Fault::cut(window, "a block"));
        };
        let body = block.get(8..len - 4).unwrap_or_default();
        let again = block.get(len - 4..).unwrap_or_default();
        if !self.ends_with(len, again) {
            return Err(Fault::here(window, "a block whose two lengths differ".into()));
        }
        let read = match kind {
            SECTION => {
                self.interfaces.clear();
                Some(None)
            }
            INTERFACE => self.interface(body).map(|()| None),
            ENHANCED_PACKET => self.enhanced(body).map(Some),
            SIMPLE_PACKET => self.simple(body).map(Some),
            _ => self.obsolete(body).map(Some),
        };
        let Some(packet) = read else {
            return Err(Fault::here(window, "a block that is too short for what it holds".into()));
        };
        if let Some(packet) = packet {
            return self.frame(&packet, len, window, warnings);
        }
        window.pass(len);
        Ok(Block::Passed)
    }

    #[inline]
    fn ends_with(&self, len: usize, again: &[u8]) -> bool {
        let mut reader = Reader::new(again);
        self.order.u32(&mut reader).is_some_and(|again| (again as usize).next_multiple_of(4) == len)
    }

    fn interface(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::new(body);
        let number = self.order.u16(&mut reader)?;
        reader.skip(2)?;
        let snap_len = self.order.u32(&mut reader)?;
        let clock = Clock::read(self.order, reader);
        if self.interfaces.len() < MAX_INTERFACES {
            self.interfaces.push(Interface { number, link: linktype::known(number), snap_len, clock });
        }
        Some(())
    }

    #[inline]
    fn enhanced(&self, body: &[u8]) -> Option<Packet> {
        let mut reader = Reader::new(body);
        let mut next = || self.order.u32(&mut reader);
        let (interface, high, low) = (next()? as usize, next()?, next()?);
        let (captured, wire_len) = (next()?, next()?);
        Some(Packet { interface, ticks: Some(ticks(high, low)), captured, wire_len, begins: 28 })
    }

    /// A simple block tells the wire length only: the interface's limit and the block's end tell what was captured.
    fn simple(&self, body: &[u8]) -> Option<Packet> {
        let mut reader = Reader::new(body);
        let wire_len = self.order.u32(&mut reader)?;
        let held = u32::try_from(reader.remaining()).ok()?;
        let limit = match self.interfaces.first()?.snap_len {
            0 => u32::MAX,
            limit => limit,
        };
        Some(Packet { interface: 0, ticks: None, captured: wire_len.min(held).min(limit), wire_len, begins: 12 })
    }

    fn obsolete(&self, body: &[u8]) -> Option<Packet> {
        let mut reader = Reader::new(body);
        let interface = usize::from(self.order.u16(&mut reader)?);
        reader.skip(2)?;
        let mut next = || self.order.u32(&mut reader);
        let (high, low, captured, wire_len) = (next()?, next()?, next()?, next()?);
        Some(Packet { interface, ticks: Some(ticks(high, low)), captured, wire_len, begins: 28 })
    }

    #[inline]
    fn frame(
        &mut self,
        packet: &Packet,
        block: usize,
        window: &mut Window,
        warnings: &mut Vec<Warning>,
    ) -> Result<Block, Fault> {
        let len = packet.captured as usize;
        if len > MAX_FRAME || packet.begins + len + 4 > block {
            return Err(Fault::here(window, format!("a packet claims {len} bytes in a block of {block}")));
        }
        let Some(interface) = self.interfaces.get(packet.interface) else {
            return Err(Fault::here(
                window,
                format!("a packet of interface {}, which is not described", packet.interface),
            ));
        };
        let Some(link) = interface.link else {
            self.warn(interface.number, window, warnings);
            window.pass(block);
            return Ok(Block::Passed);
        };
        let time = packet.ticks.map_or(self.last_time, |ticks| interface.clock.time(ticks));
        self.last_time = time;
        let position = window.pass(block) + packet.begins;
        Ok(Block::Frame(Record { time, link, position, len, wire_len: packet.wire_len.max(packet.captured) }))
    }

    #[cold]
    fn warn(&mut self, number: u16, window: &Window, warnings: &mut Vec<Warning>) {
        if self.unread.len() < MAX_LINK_WARNINGS && self.unread.insert(number) {
            let link = linktype::describe(number);
            let what = format!("link type {link} is not read; the packets of its interfaces are left out");
            warnings.push(Warning { offset: window.offset(), what });
        }
    }
}

#[inline]
fn ticks(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// How an interface counts time.
#[derive(Clone, Copy)]
struct Clock {
    unit: Unit,
    /// Seconds to add.
    offset: i64,
}

#[derive(Clone, Copy)]
enum Unit {
    /// Nanoseconds in a tick.
    Nanoseconds(u64),
    /// Ticks in a nanosecond.
    PerNanosecond(u64),
    /// Ticks in a second, as a power of two.
    PowerOfTwo(u8),
}

impl Clock {
    const MICROSECONDS: Unit = Unit::Nanoseconds(1000);

    /// From the options of an interface.
    fn read(order: Order, mut options: Reader<'_>) -> Self {
        const RESOLUTION: u16 = 9;
        const OFFSET: u16 = 14;
        let mut clock = Self { unit: Self::MICROSECONDS, offset: 0 };
        while let Some((code, value)) = option(order, &mut options) {
            let mut value = Reader::new(value);
            match code {
                RESOLUTION => clock.unit = value.u8().map_or(Self::MICROSECONDS, Unit::of),
                OFFSET => {
                    let seconds = match order {
                        Order::Little => value.le64(),
                        Order::Big => value.be64(),
                    };
                    clock.offset = seconds.map_or(0, u64::cast_signed);
                }
                _ => {}
            }
        }
        clock
    }

    /// Nanoseconds since the epoch; times before it or after the year 2554 stay at the ends.
    #[inline]
    fn time(self, ticks: u64) -> Time {
        let nanoseconds = match self.unit {
            Unit::Nanoseconds(unit) => ticks.saturating_mul(unit),
            Unit::PerNanosecond(count) => ticks / count,
            Unit::PowerOfTwo(bits) => {
                let nanoseconds = (u128::from(ticks) * u128::from(Time::SECOND)) >> bits;
                u64::try_from(nanoseconds).unwrap_or(u64::MAX)
            }
        };
        let offset = self.offset.unsigned_abs().saturating_mul(Time::SECOND);
        Time(if self.offset < 0 { nanoseconds.saturating_sub(offset) } else { nanoseconds.saturating_add(offset) })
    }
}

impl Unit {
    /// The top bit chooses between powers of two and of ten.
    fn of(resolution: u8) -> Self {
        let power = resolution & 0x7f;
        match (resolution & 0x80, u32::from(power)) {
            (0, power @ 0..=9) => Self::Nanoseconds(10_u64.pow(9 - power)),
            (0, power) => Self::PerNanosecond(10_u64.checked_pow(power - 9).unwrap_or(u64::MAX)),
            _ => Self::PowerOfTwo(power),
        }
    }
}

/// The next option of a block: its code and value, padded to four bytes.
fn option<'a>(order: Order, options: &mut Reader<'a>) -> Option<(u16, &'a [u8])> {
    const END: u16 = 0;
    let code = order.u16(options).filter(|code| *code != END)?;
    let len = usize::from(order.u16(options)?);
    let value = options.take(len)?;
    let padding = len.next_multiple_of(4) - len;
    options.skip(padding.min(options.remaining()))?;
    Some((code, value))
}
