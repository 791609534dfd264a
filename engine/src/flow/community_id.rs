//! Community ID v1: one name for a flow in every tool that sees it (github.com/corelight/community-id-spec).

use base64::Engine as _;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::FlowKey;
use crate::packet::{Endpoint, Transport};

/// `1:` and the base64 of a SHA-1 over seed, ends, protocol and ports.
///
/// ICMP has no ports: its type stands for one, and the type of the answer (or the code, where none is expected) for the
/// other; `asked` is the first packet's, with whether the lesser end sent it.
#[must_use]
pub fn community_id(key: &FlowKey, asked: Option<(IcmpKind, bool)>, seed: u16) -> String {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    let (low, high) = match asked {
        Some((kind, from_low)) => icmp_ends(key, kind, from_low),
        None => (key.low, key.high),
    };
    hash.update(&seed.to_be_bytes());
    address(&mut hash, low);
    address(&mut hash, high);
    hash.update(&[key.transport, 0]);
    if asked.is_some() || matches!(key.transport(), Transport::Tcp | Transport::Udp | Transport::Sctp) {
        hash.update(&low.port.to_be_bytes());
        hash.update(&high.port.to_be_bytes());
    }
    format!("1:{}", base64::engine::general_purpose::STANDARD.encode(hash.finish()))
}

/// Type and code of an ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpKind {
    /// First byte.
    pub kind: u8,
    /// Second byte.
    pub code: u8,
}

/// A question and its answer are one flow, whichever end asked; other messages go one way, in the order of the wire.
fn icmp_ends(key: &FlowKey, asked: IcmpKind, from_low: bool) -> (Endpoint, Endpoint) {
    let (sender, receiver) = if from_low { (key.low, key.high) } else { (key.high, key.low) };
    let answer = match key.transport() {
        Transport::Icmp => answer_v4(asked.kind),
        _ => answer_v6(asked.kind),
    };
    let with = |end: Endpoint, port: u8| Endpoint { port: port.into(), ..end };
    let (sender, receiver) = (with(sender, asked.kind), with(receiver, answer.unwrap_or(asked.code)));
    if answer.is_some() && receiver < sender {
        (receiver, sender)
    } else {
        (sender, receiver)
    }
}

/// Echo, timestamp, information and mask requests, and router solicitation (RFC 792, 950, 1256).
const fn answer_v4(kind: u8) -> Option<u8> {
    match kind {
        0 => Some(8),
        8 => Some(0),
        13 | 15 | 17 => Some(kind + 1),
        14 | 16 | 18 => Some(kind - 1),
        9 => Some(10),
        10 => Some(9),
        _ => None,
    }
}

/// Echo, listener query, router and neighbour discovery, node information, home agents (RFC 4443, 2710, 4861, 4620, 6275).
const fn answer_v6(kind: u8) -> Option<u8> {
    match kind {
        128 | 130 | 133 | 135 | 139 | 144 => Some(kind + 1),
        129 | 131 | 134 | 136 | 140 | 145 => Some(kind - 1),
        _ => None,
    }
}

fn address(hash: &mut Context, end: Endpoint) {
    match end.addr.as_v4() {
        Some(four) => hash.update(&four),
        None => hash.update(&end.addr.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Addr;

    #[test]
    fn the_specification_s_own_examples_come_out_the_same() {
        let end = |addr, port| Endpoint { addr: Addr::v4(addr), port };
        let key = |low, high, transport| FlowKey { low, high, transport, depth: 0, vlan: [0; 2] };
        let tcp = key(end([66, 35, 250, 204], 80), end([128, 232, 110, 120], 34855), 6);
        assert_eq!(community_id(&tcp, None, 0), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let udp = key(end([8, 8, 8, 8], 53), end([192, 168, 1, 52], 54585), 17);
        assert_eq!(community_id(&udp, None, 0), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    }

    #[test]
    fn a_ping_and_its_answer_are_one_flow() {
        let key = FlowKey::between(
            Endpoint { addr: Addr::v4([192, 168, 0, 89]), port: 0 },
            Endpoint { addr: Addr::v4([192, 168, 0, 1]), port: 0 },
            1,
        );
        let ping = IcmpKind { kind: 8, code: 0 };
        let answer = IcmpKind { kind: 0, code: 0 };
        let asked = community_id(&key, Some((ping, false)), 0);
        assert_eq!(asked, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
        assert_eq!(community_id(&key, Some((answer, true)), 0), asked);
    }
}
