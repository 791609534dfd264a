//! Inspect: conversations of any payloads, over any transport, with every protocol there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peergate_engine::bytes::Reader;
use peergate_engine::facts::{FactStore, Signs, MOST_FACT_BYTES, MOST_SIGNS};
use peergate_engine::inspect::{Notes, Payload, Reading, MOST_KEPT};
use peergate_engine::packet::{Addr, Endpoint, Side, Time, Transport};

/// Four parsers, and what both sides said while nobody was sure.
const MOST_BYTES: usize = 4 * (MOST_KEPT + 64) + 16 * 1024;
/// Instead of a side: another conversation begins.
const ANOTHER: u8 = 0xff;

const TRANSPORTS: [Transport; 4] = [Transport::Tcp, Transport::Udp, Transport::Sctp, Transport::Icmp];

/// One flow, from its transport and ports.
struct Conversation {
    transport: Transport,
    ends: [Endpoint; 2],
    reading: Reading,
    facts: FactStore,
    packets: u32,
}

impl Conversation {
    fn begin(input: &mut Reader<'_>) -> Option<Self> {
        let transport = *TRANSPORTS.get(usize::from(input.u8()?) % TRANSPORTS.len())?;
        let (client, server) = (input.be16()?, input.be16()?);
        let ends = [
            Endpoint { addr: Addr::v4([192, 168, 1, 10]), port: client },
            Endpoint { addr: Addr::v4([198, 51, 100, 7]), port: server },
        ];
        Some(Self { transport, ends, reading: Reading::default(), facts: FactStore::default(), packets: 0 })
    }

    /// Takes a payload; says whether there is more to learn.
    fn take(&mut self, side: Side, bytes: &[u8], cut: u8) -> bool {
        self.packets += 1;
        let (mut signs, mut announced) = (Signs::new(), Vec::new());
        let mut notes = Notes::new(&mut self.facts, &mut signs, &mut announced, self.packets);
        let [client, server] = self.ends;
        let payload = Payload {
            bytes,
            wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX) + u32::from(cut),
            other: &[],
            side,
            time: Time(u64::from(self.packets) * 20 * Time::MILLI),
            transport: self.transport,
            client,
            server,
        };
        if self.transport == Transport::Tcp {
            self.reading.bytes(&payload, &mut notes);
            if cut > 0 {
                self.reading.lost(side);
            }
        } else {
            self.reading.datagram(&payload, &mut notes);
        }
        if notes.client == Some(Side::Server) {
            self.ends.reverse();
            self.reading.turn();
        }
        let kept = self.reading.count_bytes();
        assert!(kept <= MOST_BYTES, "{kept} bytes are kept");
        assert!(self.facts.heap_bytes() <= 2 * MOST_FACT_BYTES);
        assert!(signs.len() <= MOST_SIGNS);
        !self.reading.is_over(self.transport)
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = Reader::new(input);
    while let Some(mut conversation) = Conversation::begin(&mut input) {
        let mut wanted = true;
        while let Some(kind) = input.u8().filter(|kind| *kind != ANOTHER) {
            let side = if kind & 1 == 0 { Side::Client } else { Side::Server };
            let cut = if kind & 0x80 == 0 { 0 } else { kind & 0x7e };
            let Some(len) = input.be16() else { return };
            let bytes = input.take(usize::from(len).min(input.remaining())).unwrap_or_default();
            wanted = wanted && !bytes.is_empty() && conversation.take(side, bytes, cut);
        }
    }
});
