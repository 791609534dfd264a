"""Tunnels: WireGuard, plain and disguised, OpenVPN, and DNSCrypt."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

if TYPE_CHECKING:
    from random import Random

INITIATION, RESPONSE, DATA, HIDDEN_DATA = 1, 2, 4, 0x5EED4444
CLIENT_RESET, SERVER_RESET, CONTROL, ACKNOWLEDGEMENT = 7, 8, 4, 5


def handshake(chance: Random) -> tuple[bytes, ...]:
    """The two messages of the handshake, and four of data (wireguard.com/protocol)."""
    random = chance.randbytes
    one, two = random(4), random(4)

    def data(receiver: bytes, number: int, length: int) -> bytes:
        return struct.pack("<I4sQ", DATA, receiver, number) + random(length + 16)

    return (
        struct.pack("<I4s", INITIATION, one) + random(32 + 48 + 28 + 16) + bytes(16),
        struct.pack("<I4s4s", RESPONSE, two, one) + random(32 + 16 + 16) + bytes(16),
        data(two, 0, 96),
        data(one, 0, 96),
        data(two, 1, 0),
        data(one, 1, 160),
    )


def wireguard() -> Talk:
    """WireGuard as it is."""
    talk = Talk()
    talk.exchange(Endpoint(HERE, 51821), Endpoint(THERE, 51820), *handshake(talk.chance))
    return talk


def disguised() -> Talk:
    """Data with another kind, as AmneziaWG writes it (its published description), of a tunnel that was up before."""
    talk = Talk()
    random = talk.chance.randbytes
    client, server = Endpoint(HERE, 51822), Endpoint(THERE, 34567)
    one, two = random(4), random(4)

    def data(receiver: bytes, number: int, length: int) -> bytes:
        return struct.pack("<I4sQ", HIDDEN_DATA, receiver, number) + random(length + 16)

    talk.exchange(client, server, *(data((two, one)[turn % 2], turn // 2, 96) for turn in range(8)))
    return talk


def openvpn() -> Talk:
    """Resets, acknowledgements and the beginning of a TLS handshake, without tls-auth (OpenVPN's protocol)."""
    talk = Talk()
    one, two = talk.chance.randbytes(8), talk.chance.randbytes(8)

    def packet(
        kind: int, own: bytes, heard: tuple[int, ...], peer: bytes, rest: bytes = b""
    ) -> bytes:
        acknowledged = bytes([len(heard)]) + b"".join(struct.pack(">I", number) for number in heard)
        return bytes([kind << 3]) + own + acknowledged + (peer if heard else b"") + rest

    number = struct.Struct(">I").pack
    hello = b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + talk.chance.randbytes(194)
    talk.exchange(
        Endpoint(HERE, 41194),
        Endpoint(THERE, 1194),
        packet(CLIENT_RESET, one, (), b"", number(0)),
        packet(SERVER_RESET, two, (0,), one, number(0)),
        packet(ACKNOWLEDGEMENT, one, (0,), two),
        packet(ACKNOWLEDGEMENT, two, (0,), one),
        packet(CONTROL, one, (), b"", number(1) + hello),
        packet(ACKNOWLEDGEMENT, two, (1,), one),
    )
    return talk


def dnscrypt() -> Talk:
    """Questions that only their resolver can read, and the answers (dnscrypt.info/protocol)."""
    talk = Talk()
    random = talk.chance.randbytes
    resolver, key = random(8), random(32)
    asked = [resolver + key + random(12 + 16 + 256) for _ in range(3)]
    answered = [b"r6fnvWj8" + random(24 + 16 + 256) for _ in range(3)]
    ends = Endpoint(HERE, 40446), Endpoint(THERE, 443)
    talk.exchange(*ends, asked[0], answered[0], asked[1], answered[1])
    # Another, of which the question was not seen.
    talk.exchange(Endpoint(THERE, 443), Endpoint(HERE, 40447), answered[2], asked[2])
    return talk
