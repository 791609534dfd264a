//! IEC 60870-5-104: the stations of a power network are read and set over TCP.
//!
//! Recognised by the frames that start, test and stop a connection, or on its port by any frame.

use super::single::{Heard, Single};
use super::{Category, First, Layer, Payload, Profile};
use crate::facts::Sign;
use crate::packet::Transport;

/// The IEC 104 protocol.
pub struct Iec104;

const PORT: u16 = 2404;
/// Before every frame.
const MARK: u8 = 0x68;

// Two fixed bytes, one of six kinds, three empty ones (130 dB).
static CONTROL: Sign = Sign::new("a connection to a station is started or tested (IEC 104)", 95);
// The mark (24 dB), a length behind which the next frame or nothing comes (20 dB), the port (6 dB); of text a bit less.
static FRAME: Sign = Sign::new("a frame of a station on its port (IEC 104)", 40);

static PROFILE: Profile = Profile {
    name: "iec104",
    title: "IEC 60870-5-104",
    category: Category::Device,
    layer: Layer::Content,
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first: First::Of(&[MARK]),
    fields: &[],
    signs: &[&CONTROL, &FRAME],
};

impl Single for Iec104 {
    const LEAST: usize = 6;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        match opening.bytes {
            [MARK, 4, 0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83, 0, 0, 0, ..] => Some(Heard::by(&CONTROL)),
            // Values with their number, or how many came: the lowest bits say so.
            [_, length @ 4..=253, sent, _, got, _, ..]
                if opening.on_port(&[PORT]) && is_counted(*sent) && got & 1 == 0 =>
            {
                match opening.bytes.get(usize::from(*length) + 2..) {
                    Some([] | [MARK, ..]) => Some(Heard::by(&FRAME)),
                    Some(_) => None,
                    None => Some(Heard::Part),
                }
            }
            _ => None,
        }
    }
}

/// Whether a frame is of values, which are counted, or says how many came.
fn is_counted(low: u8) -> bool {
    low & 1 == 0 || low == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn the_start_of_a_connection_is_told() {
        assert!(
            tell(&Iec104, Transport::Tcp, &[(Side::Client, &[0x68, 4, 7]), (Side::Client, &[0, 0, 0])]).saw(&CONTROL)
        );
        assert!(tell(&Iec104, Transport::Tcp, &[(Side::Client, &[0x68, 14, 0, 0, 0, 0])]).matched.is_none());
    }
}
