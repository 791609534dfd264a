//! TeamViewer: the screen of another computer, through its maker's servers or straight (port 5938).
//!
//! Recognised on its port by the two bytes before every command. There is no specification; they are documented by the
//! programs that recognise it. Elsewhere it is TLS and told by its names.

use super::single::{Heard, Single};
use super::{Bytes, Category, First, Layer, Payload, Profile, Shape};
use crate::facts::Sign;
use crate::packet::Transport;

/// The TeamViewer protocol.
pub struct TeamViewer;

const PORT: u16 = 5938;
/// What stands before a command, of the present and of the older kind.
const MARKS: [[u8; 2]; 2] = [[0x17, 0x24], [0x11, 0x30]];
/// Where the mark stands in a datagram, behind a counter and what else is not known.
const IN_DATAGRAM: usize = 11;

// Two fixed bytes of two kinds (45 dB) and the port (6 dB).
static COMMAND: Sign = Sign::new("a command of TeamViewer on its port", 50);

static PROFILE: Profile = Profile {
    name: "teamviewer",
    title: "TeamViewer",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[Shape::stream().at(0, Bytes::Of(&[0x17, 0x11])).on(&[PORT]), Shape::datagram().on(&[PORT])]),
    fields: &[],
    signs: &[&COMMAND],
};

impl Single for TeamViewer {
    const LEAST: usize = 2;

    fn profile() -> &'static Profile {
        &PROFILE
    }

    fn read<'a>(opening: &Payload<'a>) -> Option<Heard<'a>> {
        let start = if opening.transport == Transport::Tcp { 0 } else { IN_DATAGRAM };
        let mark: [u8; 2] = opening.bytes.get(start..start + 2)?.try_into().ok()?;
        (opening.on_port(&[PORT]) && MARKS.contains(&mark)).then(|| Heard::by(&COMMAND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
    use crate::packet::{Endpoint, Side};

    #[test]
    fn a_command_is_told_on_its_port_only() {
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &[0x17, 0x24, 0x0a, 0x20, 0, 0])];
        let server = Endpoint { port: PORT, ..SERVER };
        assert!(tell_between(&TeamViewer, Transport::Tcp, CLIENT, server, &talk).saw(&COMMAND));
        assert!(tell(&TeamViewer, Transport::Tcp, &talk).matched.is_none());
    }
}
