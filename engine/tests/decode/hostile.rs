//! Any bytes whatsoever: nothing panics, and what comes out keeps its promises.

use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType, Time};
use proptest::prelude::*;

use crate::build::{ethernet, extension, join, tag, tcp, udp, v4, v4_part, v6, GRE, IPV4, IPV6, TCP, UDP};

/// Frames of many layers, each of which a cut or a flipped bit may hit.
fn valid() -> Vec<Vec<u8>> {
    let inner = v4(TCP, &tcp(1, 2, 0x18, b"some payload"));
    let vxlan = join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &ethernet(0x8100, &tag(7, IPV4, &inner))]);
    let gtp = join(&[&[0x34, 255, 0, 60, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0], &inner]);
    vec![
        ethernet(IPV4, &inner),
        ethernet(IPV6, &v6(0, &extension(60, &extension(UDP, &udp(5000, 4789, &vxlan))))),
        ethernet(IPV4, &v4(UDP, &udp(2152, 2152, &gtp))),
        ethernet(
            0x88a8,
            &tag(1, 0x8847, &join(&[&[0, 0, 1, 9], &v4(GRE, &join(&[&[0xb0, 0, 8, 0], &[0; 12], &inner]))])),
        ),
        ethernet(IPV4, &v4_part(UDP, 3, 0x2000, &udp(1, 2, &[0; 24]))),
    ]
}

/// Decodes and checks what holds for every packet; how many came.
fn checked(link: LinkType, bytes: &[u8], wire_len: u32) -> usize {
    let mut decoder = Decoder::default();
    let mut packets = 0;
    let frame = Frame { time: Time(0), link, port: 0, bytes, wire_len };
    decoder.decode(&frame, &mut |packet| {
        assert!(u64::from(packet.payload_len) >= packet.payload.len() as u64);
        assert!(packet.payload.len() <= bytes.len());
        assert!(packet.depth <= 4);
        packets += 1;
    });
    assert!(packets <= 5);
    packets
}

#[test]
fn every_cut_of_a_valid_frame_is_survived() {
    for bytes in valid() {
        let whole = u32::try_from(bytes.len()).unwrap();
        assert!(checked(LinkType::Ethernet, &bytes, whole) >= 1);
        for end in 0..bytes.len() {
            checked(LinkType::Ethernet, &bytes[..end], whole);
            checked(LinkType::Ethernet, &bytes[..end], 0);
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), wire_len in any::<u32>()) {
        for link in LinkType::ALL {
            checked(link, &bytes, wire_len);
        }
    }

    #[test]
    fn no_spoilt_frame_panics(which in 0_usize..5, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = valid().swap_remove(which);
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let len = u32::try_from(bytes.len()).unwrap();
        checked(LinkType::Ethernet, &bytes, len);
    }
}
