//! eDonkey's datagrams: to servers, to peers, and Kad, the hash table that needs no servers.

use super::stream::{EDONKEY, EMULE};
use super::MESSAGE;
use crate::bytes::{byte, Reader};
use crate::facts::{Facts, Sign};
use crate::inspect::{Match, Next, Payload};

// First byte 24, one of 25 codes 10, and the length of that code, some 6: some have no more than a least one.
pub(super) static KAD_MESSAGE: Sign = Sign::new("a Kad message, with the length that its code has", 40);
// Two bytes and nothing behind.
pub(super) static KAD_SHORT: Sign = Sign::new("a Kad message of two or three bytes", 30);
pub(super) static SERVER_MESSAGE: Sign =
    Sign::new("a message with an eDonkey server, with the length that its code has", 40);
pub(super) static SERVER_SHORT: Sign = Sign::new("a question to an eDonkey server of two bytes", 28);
pub(super) static PEER_MESSAGE: Sign = Sign::new("a question between eMule peers about a place in the queue", 40);
// The answer's code is the one that belongs to the question's.
pub(super) static ANSWERED: Sign = Sign::new("the eDonkey answer that belongs to the question before it", 35);

pub(super) const KAD: u8 = 0xe4;
pub(super) const KAD_PACKED: u8 = 0xe5;
/// A Kad packet of two bytes or more that was compressed begins its data so (RFC 1950, default window).
const DEFLATE: u8 = 0x78;

/// Question and answer, where each is known: code, its words, code of the answer.
const KAD_QUESTIONS: &[(u8, &[u8], u8)] = &[
    (0x01, b"kad bootstrap", 0x09),
    (0x11, b"kad hello", 0x19),
    (0x21, b"kad search for nodes", 0x29),
    (0x33, b"kad search by word", 0x3b),
    (0x34, b"kad search for sources", 0x3b),
    (0x35, b"kad search for notes", 0x3b),
    (0x43, b"kad publish word", 0x4b),
    (0x44, b"kad publish source", 0x4b),
    (0x45, b"kad publish notes", 0x4b),
    (0x50, b"kad firewall check", 0x58),
    (0x53, b"kad firewall check", 0x58),
    (0x60, b"kad ping", 0x61),
];
const SERVER_QUESTIONS: &[(u8, &[u8], u8)] = &[
    (0x90, b"server search", 0x99),
    (0x92, b"server search", 0x99),
    (0x94, b"server sources", 0x9b),
    (0x96, b"server status", 0x97),
    (0x98, b"server search", 0x99),
    (0x9a, b"server sources", 0x9b),
    (0xa2, b"server description", 0xa3),
];
const PEER_QUESTIONS: &[(u8, &[u8], u8)] = &[(0x90, b"peer queue", 0x91)];
const NODE: usize = 16;
/// A node as answers list it: identifier, address, two ports, version.
const CONTACT: usize = 25;

/// What a datagram is: its words where it asks, and its sign.
fn read(bytes: &[u8], length: usize) -> Option<(&'static [u8], &'static Sign)> {
    let mut reader = Reader::new(bytes);
    let dialect = reader.u8()?;
    let code = reader.u8()?;
    let body = length.checked_sub(2)?;
    match dialect {
        KAD => kad(code, body, reader.rest()),
        KAD_PACKED if body > 8 && reader.u8()? == DEFLATE => Some((words(KAD_QUESTIONS, code)?, &KAD_MESSAGE)),
        EDONKEY => server(code, body),
        EMULE => peer(code, body),
        _ => None,
    }
}

/// The words for a code, as a question or as the answer to one.
fn words(questions: &[(u8, &'static [u8], u8)], code: u8) -> Option<&'static [u8]> {
    questions.iter().find(|(asked, _, answer)| *asked == code || *answer == code).map(|(_, words, _)| *words)
}

fn kad(code: u8, body: usize, rest: &[u8]) -> Option<(&'static [u8], &'static Sign)> {
    let words = words(KAD_QUESTIONS, code)?;
    let counted = |at: usize| byte(rest, at).map(usize::from);
    let fits = match code {
        0x01 | 0x60 => return (body == 0).then_some((words, &KAD_SHORT)),
        // Identifier, port, version, how many nodes, and the nodes.
        0x09 => body >= NODE + 5 && (body - NODE - 5).is_multiple_of(CONTACT),
        // Identifier, port, version, tags.
        0x11 | 0x19 => (NODE + 4..200).contains(&body),
        // How many nodes are wanted, the target, the one that is asked.
        0x21 => body == 1 + 2 * NODE && counted(0).is_some_and(|wanted| matches!(wanted, 2 | 4 | 11)),
        0x29 => counted(NODE).is_some_and(|nodes| body == NODE + 1 + nodes * CONTACT),
        // Target, first result wanted, size of the file.
        0x34 => body == NODE + 10,
        0x33 | 0x35 => (NODE + 2..600).contains(&body),
        0x3b | 0x43..=0x45 => body >= 2 * NODE + 2,
        0x4b => (NODE + 1..=NODE + 2).contains(&body),
        0x50 | 0x61 => body == 2,
        0x53 => body == NODE + 3,
        0x58 => body == 4,
        _ => false,
    };
    fits.then_some((words, &KAD_MESSAGE))
}

fn server(code: u8, body: usize) -> Option<(&'static [u8], &'static Sign)> {
    let words = words(SERVER_QUESTIONS, code)?;
    let fits = match code {
        0xa2 if body == 0 => return Some((words, &SERVER_SHORT)),
        // A challenge; in an answer users, files and more behind it.
        0x96 | 0xa2 => body == 4,
        0x97 => (12..=64).contains(&body),
        0x94 | 0x9a => body >= NODE && (body.is_multiple_of(NODE) || body.is_multiple_of(NODE + 4)),
        0x9b => body > NODE && ((body - NODE - 1).is_multiple_of(6)),
        0x90 | 0x92 | 0x98 => body > 4,
        0x99 | 0xa3 => body > 8,
        _ => false,
    };
    fits.then_some((words, &SERVER_MESSAGE))
}

fn peer(code: u8, body: usize) -> Option<(&'static [u8], &'static Sign)> {
    let words = words(PEER_QUESTIONS, code)?;
    // The file's hash; later versions add what they have of it.
    let fits = match code {
        0x90 => (NODE..NODE + 200).contains(&body),
        _ => (2..200).contains(&body),
    };
    fits.then_some((words, &PEER_MESSAGE))
}

pub(super) fn matches(opening: &Payload<'_>) -> Match {
    read(opening.bytes, opening.wire_len as usize).map_or(Match::No, |(_, sign)| Match::Yes(sign))
}

/// Questions and answers of one flow.
#[derive(Default)]
pub(super) struct Exchange {
    /// Dialect and code of each side's last message.
    last: [Option<(u8, u8)>; 2],
    datagrams: u8,
}

impl Exchange {
    const PATIENCE: u8 = 20;

    pub(super) fn feed(&mut self, payload: &Payload<'_>, facts: &mut Facts<'_>) -> Next {
        let Some((words, sign)) = read(payload.bytes, payload.wire_len as usize) else { return Next::NotMine };
        facts.text(&MESSAGE, words);
        facts.sign(sign);
        let now = byte(payload.bytes, 0).zip(byte(payload.bytes, 1));
        let asked = self.last.get(payload.side.other().index()).copied().flatten();
        if let Some(last) = self.last.get_mut(payload.side.index()) {
            *last = now;
        }
        if asked.zip(now).is_some_and(|(asked, now)| answers(asked, now)) {
            facts.sign(&ANSWERED);
            return Next::Done;
        }
        self.datagrams += 1;
        if self.datagrams < Self::PATIENCE {
            Next::More
        } else {
            Next::Done
        }
    }
}

fn answers((dialect, asked): (u8, u8), (answering, code): (u8, u8)) -> bool {
    let questions = match (dialect, answering) {
        (KAD | KAD_PACKED, KAD | KAD_PACKED) => KAD_QUESTIONS,
        (EDONKEY, EDONKEY) => SERVER_QUESTIONS,
        (EMULE, EMULE) => PEER_QUESTIONS,
        _ => return false,
    };
    questions.iter().any(|(question, _, answer)| *question == asked && *answer == code)
}
