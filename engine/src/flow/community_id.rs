//! Community ID v1: one name for a flow in every tool that sees it (github.com/corelight/community-id-spec).

use base64::Engine as _;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::FlowKey;
use crate::packet::{Endpoint, Transport};

/// `1:` and the base64 of a SHA-1 over seed, ends, protocol and ports.
///
/// For ICMP, which has no ports, the specification hashes type and code; a flow that was joined by its addresses alone
/// hashes as other port-less protocols do.
#[must_use]
pub fn community_id(key: &FlowKey, seed: u16) -> String {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(&seed.to_be_bytes());
    address(&mut hash, key.low);
    address(&mut hash, key.high);
    hash.update(&[key.transport, 0]);
    if matches!(key.transport(), Transport::Tcp | Transport::Udp | Transport::Sctp) {
        hash.update(&key.low.port.to_be_bytes());
        hash.update(&key.high.port.to_be_bytes());
    }
    format!("1:{}", base64::engine::general_purpose::STANDARD.encode(hash.finish()))
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
        assert_eq!(community_id(&tcp, 0), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let udp = key(end([8, 8, 8, 8], 53), end([192, 168, 1, 52], 54585), 17);
        assert_eq!(community_id(&udp, 0), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=");
    }
}
