//! What decode costs per packet, beside other kinds of frames: `cargo bench -p peergate-engine --bench decode`.
#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType, Time};

#[path = "../tests/decode/build.rs"]
mod build;

use build::{ethernet, join, tag, tcp, udp, v4, v6, IPV4, IPV6, TCP, UDP};

fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let segment = tcp(40000, 443, 0x18, &[7; 400]);
    let inner = ethernet(IPV4, &v4(TCP, &segment));
    vec![
        ("ipv4 tcp", inner.clone()),
        ("ipv4 udp", ethernet(IPV4, &v4(UDP, &udp(5000, 443, &[7; 400])))),
        ("ipv6 tcp", ethernet(IPV6, &v6(TCP, &segment))),
        ("qinq ipv4 tcp", ethernet(0x88a8, &tag(1, 0x8100, &tag(2, IPV4, &v4(TCP, &segment))))),
        ("vxlan", ethernet(IPV4, &v4(UDP, &udp(5000, 4789, &join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &inner]))))),
    ]
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    for (name, bytes) in frames() {
        let wire_len = u32::try_from(bytes.len()).unwrap_or_default();
        let frame = Frame { time: Time(0), link: LinkType::Ethernet, port: 0, bytes: &bytes, wire_len };
        let mut decoder = Decoder::default();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                decoder.decode(black_box(&frame), &mut |packet| {
                    black_box(packet);
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
