"""Pages, downloads, names, time, cloud folders and messengers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from peergate.lab.campus.scripts import BACK_TO_BACK, CLIENT, SERVER
from peergate.lab.samples.network import STAMP
from peergate.lab.samples.web import IN_A, client_hello, labels, sealed, server_hello

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from peergate.lab.campus.scripts import Word

ROUND_TRIP = 0.04
CERTIFICATE_BYTES = (1500, 4200)
RECORD_BYTES = 16_000
PAGES_MEDIAN = 6_000
LARGEST_PAGE = 400_000
QUIC_BYTES = 1250
QUIC_BURST = 10
SYNC_PIECE = 60_000


def handshake(chance: Random, name: str) -> Iterator[Word]:
    """A TLS connection that opens."""
    hello, session = client_hello(chance, name)
    yield 0.001, CLIENT, hello
    certificate = sealed(chance, chance.randint(*CERTIFICATE_BYTES))
    yield ROUND_TRIP, SERVER, server_hello(chance, session) + certificate
    yield 0.002, CLIENT, b"\x14\x03\x03\x00\x01\x01" + sealed(chance, 53)


def site(chance: Random) -> str:
    """One of many names."""
    return f"www{chance.randrange(5000)}.example.net"


def web(chance: Random) -> Iterator[Word]:
    """A few pages over TLS, with reading between them."""
    yield from handshake(chance, site(chance))
    for _ in range(chance.randint(1, 4)):
        yield chance.expovariate(0.4), CLIENT, sealed(chance, chance.randint(80, 700))
        size = min(int(chance.lognormvariate(0, 1.2) * PAGES_MEDIAN), LARGEST_PAGE)
        yield from body(chance, size)


def body(chance: Random, size: int) -> Iterator[Word]:
    """An answer of that size."""
    gap = ROUND_TRIP
    for start in range(0, size, RECORD_BYTES):
        yield gap, SERVER, sealed(chance, min(RECORD_BYTES, size - start) + 16)
        gap = 0.004


def quic(chance: Random) -> Iterator[Word]:
    """A download over QUIC: long headers, then bursts that are acknowledged."""
    identifier = chance.randbytes(8)
    start = b"\xc3\x00\x00\x00\x01\x08" + identifier + b"\x00\x00\x44\xd0"
    yield 0.0, CLIENT, start + chance.randbytes(1200 - len(start))
    yield ROUND_TRIP, SERVER, start[:-4] + b"\x00\x44\xd0" + chance.randbytes(1180)
    yield 0.003, CLIENT, b"\x41" + identifier + chance.randbytes(60)
    for _ in range(int(chance.lognormvariate(2.5, 0.9))):
        for number in range(QUIC_BURST):
            gap = ROUND_TRIP if number == 0 else BACK_TO_BACK
            yield gap, SERVER, b"\x44" + chance.randbytes(QUIC_BYTES - 1)
            if number % 2:
                acknowledgement = chance.randbytes(chance.randint(25, 34))
                yield BACK_TO_BACK, CLIENT, b"\x42" + identifier + acknowledgement


def dns(chance: Random) -> Iterator[Word]:
    """One question, one answer."""
    number = chance.randbytes(2)
    question = labels(site(chance)) + IN_A
    yield 0.0, CLIENT, number + struct.pack(">5H", 0x0100, 1, 0, 0, 0) + question
    record = b"\xc0\x0c" + IN_A + struct.pack(">IH", 300, 4) + chance.randbytes(4)
    answer = number + struct.pack(">5H", 0x8180, 1, 1, 0, 0) + question + record
    yield chance.uniform(0.002, 0.06), SERVER, answer


def ntp(chance: Random) -> Iterator[Word]:
    """A question for the time and its answer."""
    yield 0.0, CLIENT, struct.pack(">BBbbIII4Q", 0x23, 0, 6, -20, 0, 0, 0, 0, 0, 0, STAMP)
    answer = struct.pack(">BBbbII4s4Q", 0x24, 2, 6, -23, 300, 500, b"\xc0\0\2\1", *[STAMP] * 4)
    yield chance.uniform(0.005, 0.05), SERVER, answer


def sync(chance: Random) -> Iterator[Word]:
    """A cloud folder: pieces up, or down, now and then a sign of life."""
    yield from handshake(chance, "files.example.net")
    side = chance.choice((CLIENT, SERVER))
    for _ in range(chance.randint(2, 12)):
        yield chance.expovariate(2.0), 1 - side, sealed(chance, chance.randint(60, 300))
        yield 0.02, side, sealed(chance, min(int(chance.expovariate(1 / SYNC_PIECE)), RECORD_BYTES))
    for _ in range(chance.randint(1, 5)):
        yield 20.0, CLIENT, sealed(chance, 40)
        yield ROUND_TRIP, SERVER, sealed(chance, 40)


def chat(chance: Random) -> Iterator[Word]:
    """A messenger: a few hundred bytes, typing, silence."""
    yield from handshake(chance, "chat.example.net")
    for _ in range(chance.randint(5, 40)):
        side = chance.choice((CLIENT, SERVER))
        yield chance.expovariate(0.3), side, sealed(chance, chance.randint(50, 700))
        yield ROUND_TRIP, 1 - side, sealed(chance, chance.randint(30, 90))
