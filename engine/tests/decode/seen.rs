//! Runs frames through a decoder and writes down what came out, one short line per packet.

use peergate_engine::decode::{Decoder, Malformed};
use peergate_engine::packet::{Frame, LinkType, Packet, Time, Transport};

/// A whole frame, captured whole, at second 1.
pub fn frame(link: LinkType, bytes: &[u8]) -> Frame<'_> {
    Frame { time: Time(Time::SECOND), link, port: 3, bytes, wire_len: u32::try_from(bytes.len()).unwrap() }
}

/// One line per packet: depth, transport, both ends, payload.
pub fn line(packet: &Packet<'_>) -> String {
    let transport = match packet.transport {
        Transport::Other(number) => number.to_string(),
        known => format!("{known:?}").to_lowercase(),
    };
    let end = |end: peergate_engine::packet::Endpoint| format!("{}/{}", end.addr, end.port);
    let payload = match packet.payload {
        [] => format!("{} bytes", packet.payload_len),
        text if text.is_ascii() && text.len() < 16 => String::from_utf8(text.to_vec()).unwrap(),
        _ => format!("{} bytes", packet.payload_len),
    };
    let part = if packet.fragment { " part" } else { "" };
    format!("{} {transport} {} > {}{part}: {payload}", packet.depth, end(packet.source), end(packet.destination))
}

pub fn lines_with(decoder: &mut Decoder, frame: &Frame<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    decoder.decode(frame, &mut |packet| lines.push(line(packet)));
    lines
}

pub fn lines(link: LinkType, bytes: &[u8]) -> Vec<String> {
    lines_with(&mut Decoder::default(), &frame(link, bytes))
}

/// The reasons that were counted.
pub fn malformed(decoder: &Decoder) -> Vec<(&'static str, u64)> {
    let count = |reason: &Malformed| (reason.name(), decoder.counts().malformed(*reason));
    Malformed::ALL.iter().map(count).filter(|(_, count)| *count > 0).collect()
}

/// The line that every link test expects: a UDP datagram from the client to the server.
pub const HELLO: &str = "0 udp 192.0.2.1/5000 > 198.51.100.7/53: hello";
pub const HELLO6: &str = "0 udp 2001:db8::1/5000 > 2001:db8::7/53: hello";
