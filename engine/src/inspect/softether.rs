//! SoftEther: how its machines keep a way through address translators open (NAT-T), over UDP.
//!
//! Its Ethernet itself goes in HTTPS or in encrypted UDP, and shows nothing. Recognised by what its servers answer: the
//! asker's address and port in words; and by the packed names and values of its requests (its published `Mayaqua`).

use memchr::memmem;

use super::{Category, First, Layer, Match, Next, Parser, Payload, Profile, Protocol};
use crate::bytes::Reader;
use crate::facts::{Facts, Sign};
use crate::packet::Transport;

/// SoftEther's NAT-T.
pub struct SoftEther;

// Nine fixed letters, and digits and points between them: 1 of 2^70.
static ADDRESS: Sign = Sign::new("a SoftEther server's answer with the asker's address and port", 120);
// A count, a length that fits a name, and a name that is one of theirs: 1 of 2^70.
static PACK: Sign = Sign::new("a SoftEther request in its packed names and values", 110);

static PROFILE: Profile = Profile {
    name: "softether",
    title: "SoftEther",
    category: Category::Tunnel,
    layer: Layer::Content,
    transports: &[Transport::Udp],
    ports: &[5004],
    first: First::Of(&[b'I', 0]),
    fields: &[],
    signs: &[&ADDRESS, &PACK],
};

/// Names that a packed request or answer of NAT-T has as its first or among its others.
const NAMES: [&[u8]; 3] = [b"get_token", b"your_port", b"tran_id"];
const MOST_VALUES: u32 = 64;

impl Protocol for SoftEther {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn matches(&self, opening: &Payload<'_>) -> Match {
        let bytes = opening.bytes;
        if is_address(bytes) {
            Match::Yes(&ADDRESS)
        } else if is_pack(bytes).is_some() {
            Match::Yes(&PACK)
        } else {
            Match::No
        }
    }

    fn parser(&self) -> Box<dyn Parser> {
        Box::new(SoftEther)
    }
}

/// `IP=198.51.100.1,PORT=51381`.
fn is_address(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"IP=") else { return false };
    let Some(comma) = memmem::find(rest, b",PORT=") else { return false };
    let (address, port) = rest.split_at(comma);
    let port = port.get(6..).unwrap_or_default();
    address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
        && (1..=5).contains(&port.len())
        && port.iter().all(u8::is_ascii_digit)
}

fn is_pack(bytes: &[u8]) -> Option<()> {
    let mut reader = Reader::new(bytes);
    let values = reader.be32().filter(|values| (1..=MOST_VALUES).contains(values));
    // The length of a name counts one more than its letters.
    let length = reader.be32()?.checked_sub(1).filter(|length| (1..=32).contains(length))?;
    let name = reader.take(usize::try_from(length).ok()?)?;
    let lettered = name.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_');
    let known = NAMES.iter().any(|known| memmem::find(bytes, known).is_some());
    (values.is_some() && lettered && known).then_some(())
}

impl Parser for SoftEther {
    fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        if is_address(payload.bytes) {
            facts.client_is(payload.side.other());
        }
        Next::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::testing::tell;
    use crate::packet::Side;

    #[test]
    fn an_answer_in_words_is_recognised() {
        assert!(tell(&SoftEther, Transport::Udp, &[(Side::Server, b"IP=198.51.100.1,PORT=51381")]).saw(&ADDRESS));
        for other in [&b"IP=198.51.100.1,PORT=513810"[..], b"IP=home,PORT=1", b"IP=1.2.3.4"] {
            assert!(tell(&SoftEther, Transport::Udp, &[(Side::Server, other)]).matched.is_none());
        }
    }

    #[test]
    fn a_packed_request_is_recognised() {
        let request = b"\0\0\0\x03\0\0\0\x07opcode\0\0\0\x02\0\0\0\x01\0\0\0\x09get_token";
        assert!(tell(&SoftEther, Transport::Udp, &[(Side::Client, request)]).saw(&PACK));
        assert!(tell(&SoftEther, Transport::Udp, &[(Side::Client, &request[..24])]).matched.is_none());
    }
}
