//! Decode: frames of any kind of link, several in a row, so that fragments meet.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peergate_engine::bytes::Reader;
use peergate_engine::decode::Decoder;
use peergate_engine::packet::{Frame, LinkType, Time};

/// Kind of link, bytes that were cut off, seconds, length; then the frame.
fn next<'a>(input: &mut Reader<'a>, time: &mut Time) -> Option<Frame<'a>> {
    let [link, cut, seconds, len] = input.array()?;
    let link = *LinkType::ALL.get(usize::from(link) % LinkType::ALL.len())?;
    time.0 += u64::from(seconds) * Time::SECOND;
    let bytes = input.take(usize::from(len).min(input.remaining()))?;
    let wire_len = u32::try_from(bytes.len()).ok()? + u32::from(cut);
    Some(Frame { time: *time, link, port: 0, bytes, wire_len })
}

fuzz_target!(|input: &[u8]| {
    let mut input = Reader::new(input);
    let mut decoder = Decoder::default();
    let mut time = Time(0);
    while let Some(frame) = next(&mut input, &mut time) {
        decoder.decode(&frame, &mut |packet| {
            assert!(packet.payload.len() as u64 <= u64::from(packet.payload_len));
            assert!(packet.depth <= 4);
        });
        assert!(decoder.held_bytes() <= 4 << 20);
    }
});
