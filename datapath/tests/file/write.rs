//! Captures written by hand, in the byte order of any machine.

/// How a machine writes its numbers.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    pub fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }
}

pub fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

/// The header of a pcap file.
pub fn pcap(order: Order, magic: u32, link: u32) -> Vec<u8> {
    let mut file = order.u32(magic).to_vec();
    file.extend([order.u16(2), order.u16(4)].concat());
    file.extend(order.u32s(&[0, 0, 262_144, link]));
    file
}

/// One record of a pcap file.
pub fn record(order: Order, seconds: u32, fraction: u32, bytes: &[u8], wire_len: u32) -> Vec<u8> {
    let mut record = order.u32s(&[seconds, fraction, len(bytes), wire_len]);
    record.extend(bytes);
    record
}

/// One block of a pcapng file, padded.
pub fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let total = len(&body) + 12;
    [&order.u32s(&[kind, total]), &body, &order.u32(total)[..]].concat()
}

pub fn section(order: Order) -> Vec<u8> {
    let body = [&order.u32(0x1a2b_3c4d)[..], &order.u16(1), &order.u16(0), &[0xff; 8]].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// Options are given as code and value.
pub fn interface(order: Order, link: u16, snap_len: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = [&order.u16(link)[..], &[0, 0], &order.u32(snap_len)].concat();
    for (code, value) in options {
        body.extend([order.u16(*code), order.u16(u16::try_from(value.len()).unwrap())].concat());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(order, 1, &body)
}

pub fn enhanced(order: Order, interface: u32, ticks: u64, bytes: &[u8], wire_len: u32) -> Vec<u8> {
    let [high, low] = [ticks >> 32, ticks & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
    let mut body = order.u32s(&[interface, high, low, len(bytes), wire_len]);
    body.extend(bytes);
    block(order, 6, &body)
}

pub fn simple(order: Order, bytes: &[u8], wire_len: u32) -> Vec<u8> {
    block(order, 3, &[&order.u32(wire_len)[..], bytes].concat())
}

pub fn obsolete(order: Order, interface: u16, ticks: u32, bytes: &[u8]) -> Vec<u8> {
    let mut body = [order.u16(interface), order.u16(0)].concat();
    body.extend(order.u32s(&[0, ticks, len(bytes), len(bytes)]));
    body.extend(bytes);
    block(order, 2, &body)
}
