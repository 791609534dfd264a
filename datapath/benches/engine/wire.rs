//! Frames made by hand: Ethernet, IPv4, TCP or UDP.

/// One packet of a conversation, between ends that are chosen later.
pub struct Said {
    pub by_client: bool,
    /// TCP's flags; a datagram has none.
    pub flags: u8,
    /// TCP's sequence number, and the next that is expected.
    pub numbers: [u32; 2],
    pub payload: Vec<u8>,
}

/// Both ends of one copy of a conversation.
#[derive(Clone, Copy)]
pub struct Ends {
    pub client: ([u8; 4], u16),
    pub server: ([u8; 4], u16),
}

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
const SYN: u8 = 2;
const ACK: u8 = 0x10;

/// What is said, as TCP carries it: the handshake, and an acknowledgement after every second segment.
pub fn stream(said: Vec<(bool, Vec<u8>)>) -> Vec<Said> {
    let mut next = [1000u32, 2000];
    let mut all = Vec::new();
    let mut push = |by_client: bool, flags: u8, payload: Vec<u8>| {
        let (own, other) = (usize::from(!by_client), usize::from(by_client));
        let numbers = [next[own], next[other]];
        next[own] = next[own].wrapping_add(payload.len() as u32 + u32::from(flags & SYN != 0));
        all.push(Said { by_client, flags, numbers, payload });
    };
    push(true, SYN, Vec::new());
    push(false, SYN | ACK, Vec::new());
    push(true, ACK, Vec::new());
    for (place, (by_client, payload)) in said.into_iter().enumerate() {
        push(by_client, ACK, payload);
        if place % 2 == 1 {
            push(!by_client, ACK, Vec::new());
        }
    }
    all
}

/// What is said, in datagrams.
pub fn datagrams(said: Vec<(bool, Vec<u8>)>) -> Vec<Said> {
    said.into_iter().map(|(by_client, payload)| Said { by_client, flags: 0, numbers: [0; 2], payload }).collect()
}

/// Writes the packet as a frame behind what is in `frame`.
pub fn write(said: &Said, proto: u8, ends: Ends, frame: &mut Vec<u8>) {
    let (from, to) = if said.by_client { (ends.client, ends.server) } else { (ends.server, ends.client) };
    let header = if proto == TCP { 20 } else { 8 };
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
    let begin = frame.len();
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&((20 + header + said.payload.len()) as u16).to_be_bytes());
    frame.extend_from_slice(&[0, 7, 0x40, 0, 64, proto, 0, 0]);
    frame.extend_from_slice(&from.0);
    frame.extend_from_slice(&to.0);
    let sum = checksum(&frame[begin..begin + 20]);
    frame[begin + 10..begin + 12].copy_from_slice(&sum.to_be_bytes());
    frame.extend_from_slice(&from.1.to_be_bytes());
    frame.extend_from_slice(&to.1.to_be_bytes());
    if proto == TCP {
        said.numbers.iter().for_each(|number| frame.extend_from_slice(&number.to_be_bytes()));
        frame.extend_from_slice(&[0x50, said.flags, 0xff, 0xff, 0, 0, 0, 0]);
    } else {
        frame.extend_from_slice(&((8 + said.payload.len()) as u16).to_be_bytes());
        frame.extend_from_slice(&[0, 0]);
    }
    frame.extend_from_slice(&said.payload);
    let payload = frame.len() - said.payload.len();
    own_random(&mut frame[payload..], ends.client);
}

/// No two connections share the random number of a TLS hello: it is as the client's address and port are.
fn own_random(payload: &mut [u8], (addr, port): ([u8; 4], u16)) {
    if let [0x16, 3, _, _, _, 1 | 2, _, _, _, 3, _, random @ ..] = payload {
        let own = [&addr[..], &port.to_be_bytes()].concat();
        random.iter_mut().skip(4).zip(own).for_each(|(byte, own)| *byte = own);
    }
}

fn checksum(header: &[u8]) -> u16 {
    let sum: u32 = header.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    !((sum & 0xffff) + (sum >> 16)) as u16
}
