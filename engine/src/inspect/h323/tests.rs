//! The three parts of H.323, and what they announce.

use super::*;
use crate::facts::Announcement;
use crate::inspect::testing::{tell, CLIENT, SERVER};
use crate::packet::{Addr, Endpoint, Side};

#[test]
fn the_three_parts_are_told_apart() {
    let setup = [3, 0, 0, 0xa0, 8, 2, 0x77, 0xf4, 5, 4, 3, 0x80];
    let told = tell(&H323, Transport::Tcp, &[(Side::Client, &setup[..4]), (Side::Client, &setup[4..])]);
    assert_eq!(told.text(&PART).as_deref(), Some("h225"));
    assert_eq!(told.number(&MESSAGE), Some(5));
    let media = [3, 0, 0, 0x1c, 2, 0x30, 1, 6, 0, 8, 0x81, 0x75, 0, 5, 0];
    assert_eq!(tell(&H323, Transport::Tcp, &[(Side::Server, &media)]).text(&PART).as_deref(), Some("h245"));
    let ras = [2, 0x20, 0, 0, 6, 0, 8, 0x91, 0x4a, 0, 4, 0x11];
    assert_eq!(tell(&H323, Transport::Udp, &[(Side::Client, &ras)]).text(&PART).as_deref(), Some("ras"));
}

#[test]
fn a_remote_desktop_in_the_same_framing_is_not_it() {
    let rdp = [3, 0, 0, 0x13, 0x0e, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0];
    assert!(tell(&H323, Transport::Tcp, &[(Side::Client, &rdp)]).matched.is_none());
}

/// A message in its framing.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u8::try_from(message.len() + FRAMING).unwrap();
    [&[3, 0, 0, length], message].concat()
}

/// An address and port behind the last bits of their choice.
fn place([a, b, c, d]: [u8; 4], port: u16) -> Vec<u8> {
    [&[0, a, b, c, d][..], &port.to_be_bytes()].concat()
}

fn announced(endpoint: Endpoint, transport: Transport, protocol: &'static str) -> Announcement {
    Announcement::Media { endpoint, transport, protocol }
}

/// The answer to a call, with the object identifier, and where H.245 will be received.
fn connect(control: &[u8]) -> Vec<u8> {
    let head = [8, 2, 0x80, 1, 7, 0x7e, 0, 30, 5, 0x22, 0xc0, 6, 0, 8, 0x91, 0x4a, 0, 4];
    framed(&[&head, control, &[0x22, 0xc0, 9, 0, 0, 0]].concat())
}

/// A logical channel is opened for PCMU, or that is agreed to.
fn channel(places: &[u8]) -> Vec<u8> {
    framed(&[&[3, 0, 0, 1, 0x0c, 0x60, 13, 0x80, 0x0a, 4, 0, 1][..], places].concat())
}

const CAPABILITIES: [u8; 15] = [3, 0, 0, 15, 2, 0x70, 1, 6, 0, 8, 0x81, 0x75, 0, 5, 0];

#[test]
fn the_answer_to_a_call_announces_the_control_channel_wherever_it_is_split() {
    let control = Endpoint { port: 1232, ..SERVER };
    let connect = connect(&place(SERVER.addr.as_v4().unwrap(), 1232));
    let setup = framed(&[8, 2, 0, 1, 5, 4, 3, 0x88, 0x93, 0xa5]);
    for split in 1..connect.len() {
        let (one, two) = connect.split_at(split);
        let talk = [(Side::Client, &setup[..]), (Side::Server, one), (Side::Server, two)];
        let told = tell(&H323, Transport::Tcp, &talk);
        assert_eq!(told.announced, [announced(control, Transport::Tcp, "h323")], "{split}");
    }
}

#[test]
fn logical_channels_announce_sound_and_reports() {
    let (mine, gateway) = (CLIENT.addr, [203, 0, 113, 9]);
    let offered = channel(&place(mine.as_v4().unwrap(), 5001));
    let agreed = channel(&[place(gateway, 6000), place(gateway, 6001)].concat());
    let talk = [(Side::Client, &CAPABILITIES[..]), (Side::Client, &offered), (Side::Server, &agreed)];
    let there = |port| Endpoint { addr: Addr::v4(gateway), port };
    let expected = [
        announced(Endpoint { addr: mine, port: 5001 }, Transport::Udp, "rtcp"),
        announced(there(6000), Transport::Udp, "rtp"),
        announced(there(6001), Transport::Udp, "rtcp"),
    ];
    assert_eq!(tell(&H323, Transport::Tcp, &talk).announced, expected);
}

#[test]
fn an_address_that_is_nobodys_here_announces_nothing() {
    let stranger = channel(&place([203, 0, 113, 9], 6000));
    let apart = channel(&[place([203, 0, 113, 9], 6000), place([203, 0, 113, 8], 6001)].concat());
    let zeros = framed(&[0; 60]);
    for message in [stranger, apart, zeros] {
        let talk = [(Side::Client, &CAPABILITIES[..]), (Side::Server, &message)];
        assert!(tell(&H323, Transport::Tcp, &talk).announced.is_empty());
    }
}

#[test]
fn an_end_of_ip_version_6_is_found_too() {
    use crate::inspect::testing::tell_between;
    let addr = Addr::from(std::net::IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]));
    let server = Endpoint { addr, port: 40_000 };
    let octets = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    let agreed = channel(&[&[8][..], &octets, &6000_u16.to_be_bytes()].concat());
    let talk = [(Side::Client, &CAPABILITIES[..]), (Side::Server, &agreed)];
    let told = tell_between(&H323, Transport::Tcp, CLIENT, server, &talk);
    assert_eq!(told.announced, [announced(Endpoint { addr, port: 6000 }, Transport::Udp, "rtp")]);
}
