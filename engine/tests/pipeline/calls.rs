//! A call is told as one thing, from the frames of its flows.

use peergate_engine::event::{CallChange, CallNews};

use crate::play::{End, Happened, Play, HERE, THERE};

const PHONE: End = (HERE, 4_000);
const OTHER: End = (THERE, 5_000);

/// RTP of G.711, 20 ms a packet.
fn rtp(sequence: u16, source: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, 8];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend((160 * u32::from(sequence)).to_be_bytes());
    bytes.extend(source.to_be_bytes());
    bytes.extend([0xd5; 160]);
    bytes
}

fn calls(play: &mut Play) -> Vec<CallNews> {
    let call = |happened| if let Happened::Call(news) = happened { Some(*news) } else { None };
    play.happened().into_iter().filter_map(call).collect()
}

/// Nobody speaks any more; what was told until that was noticed.
fn hung_up(play: &mut Play) -> Vec<CallNews> {
    for _ in 0..8 {
        play.wait(5);
        play.datagram((HERE, 40_000), (THERE, 53), &[1, 2, 3]);
    }
    calls(play)
}

/// Both speak; one in twenty that we send does not come by.
fn speak(play: &mut Play, seconds: u16) {
    for number in 0..seconds * 50 {
        if number % 20 != 7 {
            play.datagram(PHONE, OTHER, &rtp(number, 0x1111));
        }
        play.datagram(OTHER, PHONE, &rtp(number, 0x2222));
        play.pass(18);
    }
}

#[test]
fn a_call_is_told_with_its_start_its_end_and_what_came_through() {
    let mut play = Play::new();
    speak(&mut play, 30);
    let told = hung_up(&mut play);
    let (first, last) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((first.change, last.change), (CallChange::Start, CallChange::End("silent")));
    assert_eq!(last.ends.map(|end| end.port), [PHONE.1, OTHER.1]);
    assert_eq!(last.coding.as_deref(), Some("PCMA"));
    let [sent, received] = last.quality.clone().map(Option::unwrap);
    assert!((sent.loss.unwrap() - 0.05).abs() < 0.005 && received.loss == Some(0.0), "{sent:?} {received:?}");
    assert!(sent.mos < received.mos && !sent.estimated);
}

#[test]
fn quality_goes_on_after_everything_is_known_of_the_flow() {
    let mut play = Play::new();
    speak(&mut play, 120);
    let told = hung_up(&mut play);
    let packets = told.last().unwrap().quality[1].as_ref().unwrap().packets;
    assert!(packets > 5_900, "{packets}");
}
