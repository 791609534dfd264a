//! Several engines beside each other, one a core: which of them a frame belongs to.
//!
//! All flows of a local host go to one engine, so that what it learns about the host's sockets and the names that the
//! host asked for are known where the host's next flow comes. What one host's traffic teaches about a far end stays
//! unknown to the hosts of the others: that is why captures are read by one engine (`docs/why.md`).

use peergate_engine::packet::{Addr, Frame};

use crate::dissect::dissect;

/// The number, below `shards`, of the engine that takes this frame. What is not IP goes to the first.
#[must_use]
pub fn shard_of(frame: &Frame<'_>, shards: usize) -> usize {
    let Some(headers) = dissect(frame.bytes) else { return 0 };
    let host = local(headers.source.addr, headers.destination.addr);
    // The upper half of a product with an odd number depends on all bits of the address.
    let whole = u128::from_be_bytes(host.0);
    let mixed = whole.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 96;
    usize::try_from(mixed).unwrap_or_default() % shards.max(1)
}

/// The local end, the same for both directions: the private one, else the lesser.
fn local(source: Addr, destination: Addr) -> Addr {
    match (source.is_private(), destination.is_private()) {
        (true, false) => source,
        (false, true) => destination,
        _ => source.min(destination),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use peergate_engine::packet::{LinkType, Time};

    use super::*;

    fn frame(source: [u8; 4], destination: [u8; 4]) -> Vec<u8> {
        let head = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0];
        [&head[..], &source, &destination, &[0, 53, 0, 53, 0, 8, 0, 0]].concat()
    }

    fn shard(source: [u8; 4], destination: [u8; 4]) -> usize {
        let bytes = frame(source, destination);
        let wire_len = 42;
        shard_of(&Frame { time: Time(0), link: LinkType::Ethernet, port: 0, bytes: &bytes, wire_len }, 4)
    }

    #[test]
    fn all_flows_of_a_host_go_to_one_engine_in_both_directions() {
        for last in 0..=255 {
            let host = [10, 0, 3, last];
            let home = shard(host, [192, 0, 2, 1]);
            assert_eq!(shard([192, 0, 2, 1], host), home);
            assert_eq!(shard(host, [198, 51, 100, last]), home);
        }
    }

    #[test]
    fn every_engine_gets_its_share_of_hosts() {
        let mut shares = [0; 4];
        for last in 0..=255 {
            *shares.get_mut(shard([10, 0, 3, last], [192, 0, 2, 1])).unwrap() += 1;
        }
        assert!(shares.iter().all(|hosts| (32..=96).contains(hosts)), "{shares:?}");
    }
}
