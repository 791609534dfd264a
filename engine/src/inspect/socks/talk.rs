//! What both sides say before a SOCKS tunnel begins, read from the start each time: it is short.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::bytes::Reader;

/// Where a client wants to go.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// 4 or 5.
    pub version: u8,
    /// Who asks.
    pub user: &'a [u8],
    /// The port.
    pub port: u16,
    place: Place<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Place<'a> {
    V4([u8; 4]),
    V6([u8; 16]),
    Name(&'a [u8]),
}

impl Request<'_> {
    /// The host, by name or address.
    pub fn host(&self) -> String {
        match self.place {
            Place::V4(bytes) => Ipv4Addr::from(bytes).to_string(),
            Place::V6(bytes) => Ipv6Addr::from(bytes).to_string(),
            Place::Name(name) => String::from_utf8_lossy(name).to_ascii_lowercase(),
        }
    }
}

/// How far a talk came.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// It is no SOCKS.
    Wrong,
    /// More is to come.
    Waiting,
    /// The client said where it wants to go.
    Asked(Request<'a>),
    /// The proxy said no.
    Refused(Request<'a>),
    /// The tunnel is open, after so many bytes of the proxy's.
    Open(Request<'a>, usize),
}

/// Reads what both sides said so far.
pub fn read<'a>(client: &'a [u8], server: &[u8]) -> Progress<'a> {
    match client.first() {
        None => Progress::Waiting,
        Some(4) => read_v4(client, server),
        Some(5) => read_v5(client, server),
        Some(_) => Progress::Wrong,
    }
}

fn read_v4<'a>(client: &'a [u8], server: &[u8]) -> Progress<'a> {
    const ANSWER: usize = 8;
    let Some(request) = request_v4(client) else {
        let hopeless = client.get(1).is_some_and(|command| !is_command(*command));
        return if hopeless { Progress::Wrong } else { Progress::Waiting };
    };
    match server {
        [] | [0] => Progress::Asked(request),
        [0, 0x5a, ..] if server.len() < ANSWER => Progress::Asked(request),
        [0, 0x5a, ..] => Progress::Open(request, ANSWER),
        [0, 0x5b..=0x5d, ..] => Progress::Refused(request),
        _ => Progress::Wrong,
    }
}

const fn is_command(command: u8) -> bool {
    matches!(command, 1 | 2)
}

fn request_v4(client: &[u8]) -> Option<Request<'_>> {
    let mut reader = Reader::new(client);
    reader.skip(1)?;
    reader.u8().filter(|command| is_command(*command))?;
    let port = reader.be16().filter(|port| *port != 0)?;
    let address: [u8; 4] = reader.array()?;
    let user = text(&mut reader)?;
    // An address that cannot be says that a name follows (version 4a).
    let place = match address {
        [0, 0, 0, last] if last != 0 => Place::Name(text(&mut reader).filter(|name| !name.is_empty())?),
        _ => Place::V4(address),
    };
    Some(Request { version: 4, user, port, place })
}

/// Printable letters up to a zero.
fn text<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let end = reader.rest().iter().position(|byte| *byte == 0)?;
    let text = reader.take(end)?;
    reader.skip(1)?;
    text.iter().all(u8::is_ascii_graphic).then_some(text)
}

fn read_v5<'a>(client: &'a [u8], server: &[u8]) -> Progress<'a> {
    const NONE: u8 = 0;
    const PASSWORD: u8 = 2;
    let mut asks = Reader::new(client);
    let mut answers = Reader::new(server);
    let Some(methods) = greeting(&mut asks) else { return Progress::Waiting };
    let chosen = match (answers.u8(), answers.u8()) {
        (None | Some(5), None) => return Progress::Waiting,
        (Some(5), Some(chosen)) if methods.contains(&chosen) || chosen == 0xff => chosen,
        _ => return Progress::Wrong,
    };
    let user = match chosen {
        NONE => &[],
        PASSWORD => match (password(&mut asks), answers.be16()) {
            (Some(user), Some(0x0100)) => user,
            (None, _) | (_, None) => return Progress::Waiting,
            _ => return Progress::Wrong,
        },
        // Other methods hide what follows.
        _ => return Progress::Waiting,
    };
    let Some((place, port)) = command(&mut asks) else { return Progress::Waiting };
    let request = Request { version: 5, user, port, place };
    match answers.rest() {
        [5, 1..=8, ..] => Progress::Refused(request),
        [5, 0, 0, ..] => match command(&mut answers) {
            Some(_) => Progress::Open(request, answers.position()),
            None => Progress::Asked(request),
        },
        [] | [5] | [5, 0] => Progress::Asked(request),
        _ => Progress::Wrong,
    }
}

fn greeting<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.skip(1)?;
    let count = reader.u8()?;
    reader.take(count.into())
}

/// The user of a name and password (RFC 1929); the password is nobody's business.
fn password<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.u8().filter(|version| *version == 1)?;
    let length = reader.u8()?;
    let user = reader.take(length.into())?;
    let length = reader.u8()?;
    reader.skip(length.into())?;
    Some(user)
}

/// Version, command or answer, a zero, address and port: of a request and of its answer alike.
fn command<'a>(reader: &mut Reader<'a>) -> Option<(Place<'a>, u16)> {
    let [_version, _command, _reserved, kind] = reader.array()?;
    let place = match kind {
        1 => Place::V4(reader.array()?),
        4 => Place::V6(reader.array()?),
        3 => {
            let length = reader.u8()?;
            Place::Name(reader.take(length.into())?)
        }
        _ => return None,
    };
    Some((place, reader.be16()?))
}
