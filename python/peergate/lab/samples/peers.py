"""Peers: BitTorrent over TCP, over µTP and in its hash table, and Tox."""

from __future__ import annotations

import struct

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

KEY, NONCE, MAC = 32, 24, 16
NODE = 1 + 4 + 2 + KEY


def handshake(torrent: bytes, peer: bytes) -> bytes:
    """The first message of a peer (BEP 3)."""
    return b"\x13BitTorrent protocol" + bytes.fromhex("0000000000100005") + torrent + peer


def bittorrent() -> Talk:
    """Two peers meet, one has everything (BEP 3)."""
    talk = Talk()
    torrent = talk.chance.randbytes(20)
    talk.connection(
        Endpoint(HERE, 46881),
        Endpoint(THERE, 6881),
        handshake(torrent, b"-TR3000-abcdefghijkl"),
        handshake(torrent, b"-qB4510-abcdefghijkl") + struct.pack(">IBB", 2, 5, 0xFF),
        struct.pack(">IB", 1, 2),
    )
    return talk


def micro() -> Talk:
    """The same over µTP (BEP 29)."""
    talk = Talk()
    torrent = talk.chance.randbytes(20)

    def packet(kind: int, connection: int, number: int, heard: int, data: bytes = b"") -> bytes:
        clock = 5_000_000 + len(talk.frames) * 20_000
        delay = 900 if heard else 0
        start = struct.pack(">BBHIII", kind << 4 | 1, 0, connection, clock, delay, 1 << 18)
        return start + struct.pack(">HH", number, heard) + data

    client, server = Endpoint(HERE, 46882), Endpoint(THERE, 6882)
    talk.datagram(client, server, packet(4, 700, 1, 0))
    talk.datagram(server, client, packet(2, 700, 900, 1))
    talk.datagram(
        client, server, packet(0, 701, 2, 900, handshake(torrent, b"-TR3000-abcdefghijkl"))
    )
    talk.datagram(
        server, client, packet(0, 700, 901, 2, handshake(torrent, b"-qB4510-abcdefghijkl"))
    )
    talk.datagram(client, server, packet(2, 701, 3, 901))
    return talk


def dht() -> Talk:
    """A node is asked for the peers of a torrent, and names nodes that are nearer (BEP 5)."""
    talk = Talk()
    one, two, torrent = (talk.chance.randbytes(20) for _ in range(3))
    asked = b"d1:ad2:id20:" + one + b"9:info_hash20:" + torrent + b"e1:q9:get_peers1:t2:aa1:y1:qe"
    nodes = talk.chance.randbytes(26 * 8)
    answered = b"d1:rd2:id20:" + two + b"5:nodes208:" + nodes + b"5:token4:abcde1:t2:aa1:y1:re"
    talk.exchange(Endpoint(HERE, 46883), Endpoint(THERE, 6883), asked, answered)
    return talk


def tox() -> Talk:
    """A node is pinged and asked for others, twice, and answers (the Tox protocol's specification, DHT)."""
    talk = Talk()
    keys = [talk.chance.randbytes(KEY) for _ in range(2)]

    def packet(kind: int, plain: int) -> bytes:
        sender = keys[len(talk.frames) % 2]
        return bytes([kind]) + sender + talk.chance.randbytes(NONCE + MAC + plain)

    for _ in range(2):
        for kinds in ((0x00, 9), (0x01, 9)), ((0x02, KEY + 8), (0x04, 1 + 4 * NODE + 8)):
            for kind, plain in kinds:
                ends = Endpoint(HERE, 33445), Endpoint(THERE, 33445)
                source, destination = ends if len(talk.frames) % 2 == 0 else ends[::-1]
                talk.datagram(source, destination, packet(kind, plain))
    return talk
