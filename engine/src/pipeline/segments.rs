//! TCP segments, put in order and read as streams.

use crate::flow::Piece;
use crate::inspect::{Notes, Payload, Reading};
use crate::packet::{Packet, Side, TcpHeader};

/// Puts a segment in order, and reads what is.
pub fn read_segment(reading: &mut Reading, packet: &Packet<'_>, payload: &mut Payload<'_>, notes: &mut Notes<'_>) {
    let side = payload.side;
    let (tcp, mut streams) = (packet.tcp, std::mem::take(&mut reading.streams));
    let [client, server] = &mut streams;
    let (own, others) = if side == Side::Client { (client, server) } else { (server, client) };
    if tcp.has(TcpHeader::ACK) {
        others.acked(tcp.ack, &mut |piece| read_piece(reading, piece, payload, side.other(), notes));
    }
    if tcp.has(TcpHeader::SYN) {
        own.syn(tcp.seq);
    } else if packet.payload_len > 0 {
        own.push(tcp.seq, packet.payload, packet.payload_len, &mut |piece| {
            read_piece(reading, piece, payload, side, notes);
        });
    }
    reading.streams = streams;
}

fn read_piece(reading: &mut Reading, piece: Piece<'_>, payload: &Payload<'_>, side: Side, notes: &mut Notes<'_>) {
    match piece {
        Piece::Data(bytes) => {
            let wire_len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            reading.bytes(&Payload { bytes, wire_len, side, ..*payload }, notes);
        }
        Piece::Lost(_) => reading.lost(side),
    }
}
