//! Conversations built from the published formats, with cipher text from a small generator.

use super::datagram::{ANSWER, DATA_RUN, FRAGMENT, NACK_ECHO, NACK_TO_US, PHONE_RUN, PROBE, PROBE_THRICE, RESEND};
use super::stream::{
    HELLO, HELLO_ANSWER, HELLO_PADDED, KEYSTREAM_TWICE, LOGIN, LOGIN_ANSWER, PADDING, PADDING_ANSWER, VERSION_CHECK,
    WEB_DISGUISE,
};
use super::*;
use crate::inspect::noise::tests::cipher;
use crate::inspect::testing::{tell, tell_between, CLIENT, SERVER};
use crate::packet::{Endpoint, Side};

fn probe(id: u16, length: usize) -> Vec<u8> {
    [&id.to_be_bytes()[..], &[2], &cipher(id.into(), length - 3)].concat()
}

fn refusal(id: u16, function: u8, public: [u8; 4]) -> Vec<u8> {
    [&id.to_be_bytes()[..], &[function], &public, &cipher(7, 4)].concat()
}

/// `length` bytes of the series that Skype pads with.
fn padding(first: u8, length: usize) -> Vec<u8> {
    std::iter::successors(Some(first), |last| Some(last.wrapping_mul(205).wrapping_add(113))).take(length).collect()
}

/// The hello on port 443, with this challenge.
fn disguise(challenge: &[u8]) -> Vec<u8> {
    [
        &b"\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10"[..],
        b"\x00\x00\x05\x00\x00\x04\x00\x00\x0a\x00\x00\x09\x00\x00\x64\x00\x00\x62\x00\x00\x08\x00\x00\x03\x00\x00\x06",
        b"\x01\x00\x80\x07\x00\xc0\x03\x00\x80\x06\x00\x40\x02\x00\x80\x04\x00\x80",
        challenge,
    ]
    .concat()
}

fn datagrams(talk: &[(Side, &[u8])]) -> crate::inspect::testing::Told {
    tell(&Skype, Transport::Udp, talk)
}

fn weight(told: &crate::inspect::testing::Told) -> i16 {
    PROFILE.signs.iter().filter(|sign| told.saw(sign)).map(|sign| sign.weight).sum()
}

#[test]
fn a_probe_alone_is_weak_and_its_refusal_makes_it_certain() {
    let asked = probe(0x7f4e, 18);
    let alone = datagrams(&[(Side::Client, &asked)]);
    assert!(alone.saw(&PROBE) && weight(&alone) < 33);

    let refused = datagrams(&[(Side::Client, &asked), (Side::Server, &refusal(0x7f4e, 0x77, [203, 0, 113, 9]))]);
    assert!(refused.saw(&NACK_ECHO));
    assert_eq!(refused.text(&PUBLIC_ADDR).unwrap(), "203.0.113.9");
    assert_eq!(refused.number(&OBJECT_ID), Some(0x7f4e));
}

#[test]
fn a_refusal_of_another_request_proves_nothing() {
    let told = datagrams(&[(Side::Client, &probe(1, 18)), (Side::Server, &refusal(2, 0x77, [203, 0, 113, 9]))]);
    assert!(!told.saw(&NACK_ECHO) && !told.has(&PUBLIC_ADDR));
}

#[test]
fn a_refusal_that_names_where_it_goes_needs_no_request() {
    let told = datagrams(&[(Side::Server, &refusal(9, 0x25, [192, 168, 1, 10]))]);
    assert!(told.saw(&NACK_TO_US));
}

#[test]
fn the_second_try_is_told_by_identifier_and_length() {
    let again = [&[0, 5, 0x13, 1][..], &cipher(3, 19)].concat();
    let told = datagrams(&[(Side::Client, &probe(5, 18)), (Side::Client, &again)]);
    assert!(told.saw(&RESEND));
}

#[test]
fn fragments_name_the_request_that_they_answer() {
    let part = [&[0x44, 0x11, 0x5f, 0, 9, 0, 2][..], &cipher(3, 1348)].concat();
    let told = datagrams(&[(Side::Client, &probe(9, 47)), (Side::Server, &part)]);
    assert!(told.saw(&FRAGMENT));
}

#[test]
fn a_reply_in_the_same_shape_is_enough_to_name_it() {
    let told = datagrams(&[(Side::Client, &probe(9, 18)), (Side::Server, &probe(700, 51))]);
    assert!(told.saw(&ANSWER) && weight(&told) >= 40);
}

#[test]
fn a_header_that_repeats_around_the_same_byte_is_somebody_elses() {
    let counted = |count: u8| [&[0, count, 2, 0xa5, 0x17, 0x33, 0x80][..], &cipher(count.into(), 11)].concat();
    let talk: Vec<_> = (1..6).map(counted).collect();
    let told = datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>());
    assert!(weight(&told) < 33);
}

#[test]
fn unanswered_probes_that_repeat_only_their_function_add_up() {
    let talk: Vec<_> = (0..5).map(|count| probe(100 + count * 7, 26)).collect();
    let told = datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>());
    assert!(told.saw(&PROBE_THRICE));
}

#[test]
fn a_call_joined_in_the_middle_is_told_by_its_run_of_data() {
    let voice = |count: u16| {
        let noise = u8::try_from(count * 5 % 8).unwrap();
        [&count.to_be_bytes()[..], &[noise << 4 | 0x0d], &cipher(count.into(), 120)].concat()
    };
    let talk: Vec<_> = (0..12).map(voice).collect();
    let told = datagrams(&talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect::<Vec<_>>());
    assert!(told.saw(&DATA_RUN));
}

#[test]
fn a_call_to_a_telephone_keeps_its_identifier() {
    let voice = |count: u64| [&[0xde, 0xad, 0xbe, 0x0f][..], &cipher(count + 1, 25)].concat();
    let talk: Vec<_> = (0..14).map(voice).collect();
    let server = Endpoint { port: 12340, ..SERVER };
    let talk: Vec<_> = talk.iter().map(|bytes| (Side::Client, bytes.as_slice())).collect();
    assert!(tell_between(&Skype, Transport::Udp, CLIENT, server, &talk).saw(&PHONE_RUN));
}

#[test]
fn dns_and_snmp_are_not_probes() {
    let dns = b"\x78\x30\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x06config\x05skype\x03com\x00\x00\x01\x00\x01";
    let snmp = b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x04\x13\x37\xab\xcd\x02\x01\x00\x02\x01\x00\x30\x0b";
    assert!(datagrams(&[(Side::Client, dns)]).matched.is_none());
    assert!(datagrams(&[(Side::Client, snmp)]).matched.is_none());
}

#[test]
fn padding_gives_both_openings_away() {
    let asked = [cipher(1, 48), padding(0x1e, 30)].concat();
    let answered = [cipher(2, 48), padding(0x33, 12)].concat();
    let told = tell(&Skype, Transport::Tcp, &[(Side::Client, &asked), (Side::Server, &answered)]);
    assert!(told.saw(&PADDING) && told.saw(&PADDING_ANSWER));
    assert_eq!(told.text(&ACTIVITY).unwrap(), "log-on");
}

#[test]
fn openings_without_the_series_are_not_skype() {
    for seed in 0..200 {
        let told = tell(&Skype, Transport::Tcp, &[(Side::Client, &cipher(seed, 90))]);
        assert!(told.matched.is_none());
    }
}

#[test]
fn a_keystream_used_twice_shows_the_greeting() {
    let keystream = cipher(5, 25);
    let under = |plain: &[u8]| plain.iter().zip(&keystream).map(|(plain, key)| plain ^ key).collect::<Vec<_>>();
    let first = [cipher(6, 4), under(&[0, 1, 0, 0, 0, 1, 0, 0, 0, 1])].concat();
    let second = under(&[&[0x30, 1, 2, 0x13, 0xf2, 1, 9, 9, 0x42, 0x41][..], &cipher(8, 15)].concat());
    let told = tell(&Skype, Transport::Tcp, &[(Side::Client, &first), (Side::Client, &second)]);
    assert!(told.saw(&KEYSTREAM_TWICE));
    assert_eq!(told.text(&CHANNEL).unwrap(), "supernode");
}

#[test]
fn the_greeting_is_told_behind_an_answer_that_came_between() {
    let keystream = cipher(5, 25);
    let under = |plain: &[u8]| plain.iter().zip(&keystream).map(|(plain, key)| plain ^ key).collect::<Vec<_>>();
    let first = [cipher(6, 4), under(&[0, 1, 0, 0, 0, 1, 0, 0, 0, 1])].concat();
    let second = under(&[&[0x30, 1, 2, 0x13, 0xf2, 1, 9, 9, 0x42, 0x41][..], &cipher(8, 15)].concat());
    let mut answer = cipher(11, 73);
    answer[14] = answer[4] ^ (58 << 1);
    let talk = [(Side::Client, &first[..]), (Side::Server, &answer), (Side::Client, &second)];
    let told = tell(&Skype, Transport::Tcp, &talk);
    assert!(told.saw(&KEYSTREAM_TWICE));
}

#[test]
fn the_log_in_exchange_is_told_from_both_sides() {
    let told =
        tell(&Skype, Transport::Tcp, &[(Side::Client, &[0x16, 3, 1, 0, 0]), (Side::Server, &[0x17, 3, 1, 0, 0])]);
    assert!(told.saw(&LOGIN) && told.saw(&LOGIN_ANSWER));
}

#[test]
fn the_disguise_as_tls_is_told_from_both_sides() {
    let hello = disguise(&padding(0xe5, 16));
    let answer = b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01\x40\x1b\xe4\x86\x02\xad\xe0\x29\xe1\x77\x74\xe5\x44\xb9\xc9\x9c\xb4\x31\x31\x5e\x02\xdd\x77\x9d\x15\x4a\x96\x09\xba\x5d\xa8\x70\x20";
    let told = tell(&Skype, Transport::Tcp, &[(Side::Client, &hello), (Side::Server, answer)]);
    assert!(told.saw(&HELLO_PADDED) && told.saw(&HELLO_ANSWER));
    assert_eq!(told.text(&CHANNEL).unwrap(), "disguise");
}

#[test]
fn a_hello_like_the_disguise_is_given_back_when_a_real_server_answers() {
    let hello = disguise(&cipher(5, 16));
    let answer = [&b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01"[..], &cipher(6, 68)].concat();
    let asked = tell(&Skype, Transport::Tcp, &[(Side::Client, &hello)]);
    assert!(asked.saw(&HELLO) && matches!(asked.last, Next::More));
    let answered = tell(&Skype, Transport::Tcp, &[(Side::Client, &hello), (Side::Server, &answer)]);
    assert!(matches!(answered.last, Next::NotMine));
}

#[test]
fn the_disguise_on_port_80_repeats_itself() {
    let noise = cipher(4, 24);
    let opening = [&noise[..5], &noise[5..14], &noise[14..15], &noise[5..14]].concat();
    let server = Endpoint { port: 80, ..SERVER };
    let told = tell_between(&Skype, Transport::Tcp, CLIENT, server, &[(Side::Client, &opening)]);
    assert!(told.saw(&WEB_DISGUISE));
}

#[test]
fn the_version_check_tells_the_version() {
    let request = b"GET http://ui.skype.com/ui/2/1.2.0.18/en/getlatestversion?ver=1 HTTP/1.0\r\n\r\n";
    let told = tell(&Skype, Transport::Tcp, &[(Side::Client, request)]);
    assert!(told.saw(&VERSION_CHECK));
    assert_eq!(told.text(&VERSION).unwrap(), "1.2.0.18");
    assert!(tell(&Skype, Transport::Tcp, &[(Side::Client, b"GET /ui/main.css HTTP/1.1\r\n\r\n")]).matched.is_none());
}
