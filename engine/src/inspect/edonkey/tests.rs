//! Conversations built from the specification.

use super::datagram::{ANSWERED, KAD_MESSAGE, KAD_SHORT, SERVER_MESSAGE};
use super::stream::{FRAME, FRAMES, HELLO};
use super::*;
use crate::inspect::testing::{tell, Told};
use crate::packet::Side;

/// A user's identifier with its two marks.
fn user() -> Vec<u8> {
    let mut user = vec![0x31; 16];
    user[5] = 0x0e;
    user[14] = 0x6f;
    user
}

fn message(code: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 1).unwrap();
    [&[0xe3][..], &length.to_le_bytes(), &[code], body].concat()
}

fn hello(counted: bool) -> Vec<u8> {
    let tags = [&[2, 1, 0, 1, 5, 0][..], b"alice", &[3, 1, 0, 0xf9, 0x66, 0x12, 0x66, 0x12]].concat();
    let who = [&user()[..], &[1, 0, 0, 0, 0x5c, 0x12], &[2, 0, 0, 0], &tags, &[0; 6]].concat();
    if counted {
        message(1, &[&[16][..], &who].concat())
    } else {
        message(0x4c, &who)
    }
}

fn streams(talk: &[(Side, &[u8])]) -> Told {
    tell(&Edonkey, Transport::Tcp, talk)
}

#[test]
fn hellos_tell_the_name_and_announce_the_port_of_datagrams() {
    let told = streams(&[(Side::Client, &hello(true)), (Side::Server, &hello(false))]);
    assert!(told.saw(&FRAME) && told.saw(&FRAMES) && told.saw(&HELLO));
    assert_eq!(told.text(&NICK).unwrap(), "alice");
    assert!(!told.announced.is_empty());
}

#[test]
fn facts_do_not_depend_on_where_segments_split() {
    let (asked, answered) = (hello(true), hello(false));
    let mut talk: Vec<_> = asked.chunks(1).map(|byte| (Side::Client, byte)).collect();
    talk.extend(answered.chunks(7).map(|bytes| (Side::Server, bytes)));
    let told = streams(&talk);
    assert!(told.saw(&HELLO) && told.saw(&FRAMES));
    assert_eq!(told.text(&NICK).unwrap(), "alice");
}

#[test]
fn a_length_that_leads_nowhere_is_not_edonkeys() {
    let wrong = [&hello(true)[..], b"and then words"].concat();
    assert!(matches!(streams(&[(Side::Client, &wrong)]).last, Next::NotMine));
    assert!(streams(&[(Side::Client, &[0xe3, 0xff, 0xff, 0xff, 0xff, 1])]).matched.is_none());
}

fn datagrams(talk: &[(Side, &[u8])]) -> Told {
    tell(&Edonkey, Transport::Udp, talk)
}

#[test]
fn kad_questions_and_answers_belong_together() {
    let asked = [&[0xe4, 0x21, 2][..], &[7; 32]].concat();
    let answered = [&[0xe4, 0x29][..], &[7; 16], &[2], &[9; 50]].concat();
    let told = datagrams(&[(Side::Client, &asked), (Side::Server, &answered)]);
    assert!(told.saw(&KAD_MESSAGE) && told.saw(&ANSWERED));
    let wrong = [&[0xe4, 0x29][..], &[7; 16], &[3], &[9; 50]].concat();
    assert!(datagrams(&[(Side::Server, &wrong)]).matched.is_none());
    assert!(datagrams(&[(Side::Client, &[0xe4, 0x60])]).saw(&KAD_SHORT));
}

#[test]
fn servers_are_told_by_their_status() {
    let answered = [&[0xe3, 0x97][..], &[5; 24]].concat();
    let told = datagrams(&[(Side::Client, &[0xe3, 0x96, 1, 0, 0xaa, 0x55]), (Side::Server, &answered)]);
    assert!(told.saw(&SERVER_MESSAGE) && told.saw(&ANSWERED));
    assert_eq!(told.text(&MESSAGE).unwrap(), "server status");
}
