//! RDP: the screen of another Windows computer (MS-RDPBCGR), and its way over UDP (MS-RDPEUDP).
//!
//! Recognised over TCP by the request for a connection, with the user's cookie or the methods of encryption in it; over
//! UDP by a padded first datagram with both ends' sizes. Where the server chooses TLS, that is told by its own file.

use super::tls::Tls;
use super::tpkt;
use super::{Bytes, Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol, Shape};
use crate::bytes::Reader;
use crate::facts::{Facts, Field, Sign};
use crate::packet::{Side, Transport};

/// The RDP protocol.
pub struct Rdp;

const PORT: u16 = 3389;
/// An answer with the chosen method.
const ANSWER: usize = 19;
/// Sizes of datagrams that both ends may offer (MS-RDPEUDP §2.2.2.2).
const SIZES: std::ops::RangeInclusive<u16> = 1132..=1232;

static COOKIE: Field = Field::text("rdp.cookie", "who logs on, as the client shortened it for the load balancer");
static SECURITY: Field =
    Field::number("rdp.security", "methods that the client offers: 0 its own, 1 TLS, 2 TLS with a password first, 8 …");

// Framing (58 dB), a request whose two lengths agree (48 dB), and the cookie or the offer (72 dB).
static REQUEST: Sign = Sign::new("a request for a remote desktop", 95);
// Without cookie and offer, which other programs of this framing ask so too; the port (6 dB) stands for them.
static BARE: Sign = Sign::new("a request for a connection on the port of remote desktops", 60);
// "Nothing received yet" (96 dB) and two sizes of a hundred each (56 dB).
static DATAGRAM: Sign = Sign::new("the first datagram of a remote desktop over UDP", 95);

static PROFILE: Profile = Profile {
    name: "rdp",
    title: "RDP",
    category: Category::Remote,
    layer: Layer::Content,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[PORT],
    first: First::Shapes(&[
        Shape::stream().at(0, Bytes::Of(&[3])).at(1, Bytes::Of(&[0])).at(5, Bytes::Of(&[tpkt::REQUEST])),
        Shape::datagram()
            .at(0, Bytes::Of(&[0xff]))
            .at(1, Bytes::Of(&[0xff]))
            .at(2, Bytes::Of(&[0xff]))
            .at(3, Bytes::Of(&[0xff])),
    ]),
    fields: &[&COOKIE, &SECURITY],
    signs: &[&REQUEST, &BARE, &DATAGRAM],
};

impl Protocol for Rdp {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        if opening.transport == Transport::Udp {
            return if is_first_datagram(opening) { Match::Yes(&DATAGRAM) } else { Match::No };
        }
        match tpkt::connection(opening.bytes, tpkt::REQUEST) {
            Some(options) if options.starts_with(b"Cookie: ") || offer(options).is_some() => Match::Yes(&REQUEST),
            Some([]) if opening.on_port(&[PORT]) && opening.bytes.len() == 11 => Match::Yes(&BARE),
            Some(options) if options.len() < 8 => Match::Unsure,
            None if opening.bytes.len() < 11 && PROFILE.first.fits(opening) => Match::Unsure,
            _ => Match::No,
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::<Connection>::default()
    }
}

/// Who asks, how, and what is chosen.
#[derive(Default)]
struct Connection {
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// Longest request: 255 bytes behind its length.
const LONGEST_REQUEST: usize = 260;

impl Parser for Connection {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if payload.transport == Transport::Udp {
            return Next::Done;
        }
        let (part, most) = match payload.side {
            Side::Client => (&mut self.request, LONGEST_REQUEST),
            Side::Server => (&mut self.answer, ANSWER),
        };
        let before = part.len();
        let room = most.saturating_sub(before).min(payload.bytes.len());
        part.extend_from_slice(payload.bytes.get(..room).unwrap_or_default());
        if payload.side == Side::Client {
            tell(&self.request, facts);
            return Next::More;
        }
        if self.answer.len() < ANSWER {
            return Next::More;
        }
        // A chosen method other than its own: TLS begins behind the answer (MS-RDPBCGR §2.2.1.2.1).
        match tpkt::connection(&self.answer, tpkt::CONFIRM) {
            Some([2, _, 8, 0, method, 0, 0, 0]) if *method > 0 => Next::Becomes(&Tls, ANSWER.saturating_sub(before)),
            _ => Next::Done,
        }
    }

    fn kept(&self) -> usize {
        self.request.capacity() + self.answer.capacity()
    }
}

/// What a whole request says.
fn tell(request: &[u8], facts: &mut Facts<'_>) {
    let whole = tpkt::contents(&mut Reader::new(request)).is_some_and(|length| request.len() >= length + 4);
    let Some(options) = tpkt::connection(request, tpkt::REQUEST).filter(|_| whole) else { return };
    if let Some(user) = options.strip_prefix(b"Cookie: mstshash=") {
        facts.text(&COOKIE, user.split(|byte| *byte == b'\r').next().unwrap_or_default());
    }
    let behind_cookie = memchr::memchr(b'\n', options).map_or(0, |end| end + 1);
    if let Some(methods) = options.get(behind_cookie..).and_then(offer) {
        facts.number(&SECURITY, methods.into());
    }
}

/// Kind 1, flags, its own length, and the methods (MS-RDPBCGR §2.2.1.1.1).
fn offer(options: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(options);
    let (kind, _flags, length) = (reader.u8()?, reader.u8()?, reader.le16()?);
    let methods = reader.le32()?;
    (kind == 1 && length == 8 && methods < 32).then_some(methods)
}

/// MS-RDPEUDP §3.1.5.1.1: the first datagram is filled up to the size that it offers.
fn is_first_datagram(opening: &Payload<'_>) -> bool {
    let mut reader = Reader::new(opening.bytes);
    let acknowledged = reader.be32();
    // Window, flags and the first number.
    let sizes = reader.skip(8).and_then(|()| Some((reader.be16()?, reader.be16()?)));
    acknowledged == Some(u32::MAX)
        && sizes.is_some_and(|(up, down)| SIZES.contains(&up) && SIZES.contains(&down))
        && opening.wire_len >= u32::from(*SIZES.start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::{self, tell_between, CLIENT, SERVER};
    use crate::packet::Endpoint;

    fn request() -> Vec<u8> {
        let options = [&b"Cookie: mstshash=ann\r\n"[..], &[1, 0, 8, 0, 3, 0, 0, 0]].concat();
        let own = u8::try_from(options.len() + 6).unwrap();
        [&[3, 0, 0, own + 5, own, 0xe0, 0, 0, 0, 0, 0][..], &options].concat()
    }

    #[test]
    fn a_request_tells_its_user_and_tls_follows_the_answer() {
        let answer = [3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0x1f, 8, 0, 2, 0, 0, 0];
        let request = request();
        let mut talk: Vec<_> = request.chunks(9).map(|part| (Side::Client, part)).collect();
        talk.extend([(Side::Server, &answer[..5]), (Side::Server, &answer[5..])]);
        let told = testing::tell(&Rdp, Transport::Tcp, &talk);
        assert!(told.saw(&REQUEST));
        assert_eq!(told.text(&COOKIE).as_deref(), Some("ann"));
        assert_eq!(told.number(&SECURITY), Some(3));
        assert!(matches!(told.last, Next::Becomes(_, 14)));
    }

    #[test]
    fn a_bare_request_needs_its_port() {
        let bare = [3, 0, 0, 11, 6, 0xe0, 0, 0, 0, 0, 0];
        let talk: [(Side, &[u8]); 1] = [(Side::Client, &bare)];
        assert!(testing::tell(&Rdp, Transport::Tcp, &talk).matched.is_none());
        let desktop = Endpoint { port: PORT, ..SERVER };
        assert!(tell_between(&Rdp, Transport::Tcp, CLIENT, desktop, &talk).saw(&BARE));
    }

    #[test]
    fn the_first_datagram_is_filled_up() {
        let mut datagram = vec![0xff, 0xff, 0xff, 0xff, 0, 64, 0x10, 1, 1, 2, 3, 4, 4, 0xd0, 4, 0xd0];
        datagram.resize(1232, 0);
        assert!(testing::tell(&Rdp, Transport::Udp, &[(Side::Client, &datagram)]).saw(&DATAGRAM));
        datagram.truncate(40);
        assert!(testing::tell(&Rdp, Transport::Udp, &[(Side::Client, &datagram)]).matched.is_none());
    }
}
