"""Calls and peer-to-peer traffic of programs that are known, and tunnels: the truth of these is not `other`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from peergate.lab.campus.scripts import BACK_TO_BACK, CLIENT, SERVER
from peergate.lab.campus.traffic.phases import changes
from peergate.lab.campus.traffic.steady import both
from peergate.lab.samples.peers import handshake as torrent_handshake
from peergate.lab.samples.voice import attribute, message
from peergate.lab.simulator.voice import Codec, Silence, some_codec, voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from peergate.lab.campus.scripts import Word

INITIATION, RESPONSE, DATA = 1, 2, 4
WIREGUARD_STEP = 16
TUNNEL_SEGMENT = 1380
# IP, UDP and RTP inside the tunnel.
INNER_HEADERS = 40
VIDEO_CLOCK = 90_000
SCREEN_TYPE = 96
# Feedback for congestion control, as browsers send it (draft-holmer-rmcat-transport-wide-cc-extensions).
TRANSPORT_FEEDBACK = 205
REPORTS_A_SECOND = 15
RTP_TICKS = 160


def timed(words: Iterator[tuple[float, int]], seconds: float) -> Iterator[tuple[float, int]]:
    """As much of an endless voice as fits."""
    for gap, size in words:
        seconds -= gap
        if seconds < 0:
            return
        yield gap, size


def spoken(chance: Random, codec: Codec, side: int, seconds: float, kind: int) -> Iterator[Word]:
    """One side of a call in RTP (RFC 3550)."""
    source = chance.randbytes(4)
    number, clock = chance.getrandbits(15), chance.getrandbits(30)
    for gap, size in timed(voice(chance, codec), seconds):
        number, clock = number + 1, clock + max(round(gap * 8000), RTP_TICKS)
        head = struct.pack(">BBHI", 0x80, kind, number & 0xFFFF, clock & 0xFFFF_FFFF)
        yield gap, side, head + source + chance.randbytes(size)


def rtp(chance: Random, seconds: float) -> Iterator[Word]:
    """The sound of a SIP call: PCMU, 20 ms, both ways."""
    codec = Codec((160, 160), (0.0199, 0.0201), Silence.SAME, 0.0)
    sides = (spoken(chance, codec, side, seconds, 0) for side in (CLIENT, SERVER))
    yield from both(*sides)


def checked(chance: Random) -> Iterator[Word]:
    """Both ends look whether they reach each other (ICE)."""
    for side in (CLIENT, SERVER):
        transaction = chance.randbytes(12)
        asked = message(0x0001, transaction, attribute(0x0006, b"abcd:efgh"))
        yield 0.02, side, asked
        yield 0.03, 1 - side, message(0x0101, transaction)


def webrtc(chance: Random) -> Iterator[Word]:
    """STUN both ways, then Opus in SRTP."""
    yield from checked(chance)
    silence = chance.choice((Silence.SAME, Silence.SMALL))
    codec = Codec((60, 140), (0.0195, 0.0205), silence, 0.0)
    seconds = chance.uniform(20, 90)
    yield from both(*(spoken(chance, codec, side, seconds, 111) for side in (CLIENT, SERVER)))


def screen_share(chance: Random) -> Iterator[Word]:
    """A screen in a flow of its own: SRTP one way, reports and repairs (RTCP) the other."""
    yield from checked(chance)
    source, seconds = chance.randbytes(4), chance.uniform(20, 60)

    def screen() -> Iterator[Word]:
        before, start = 0.0, chance.getrandbits(15)
        for number, (when, size) in enumerate(changes(chance, seconds), start):
            clock = int(when * VIDEO_CLOCK) & 0xFFFF_FFFF
            head = struct.pack(">BBHI", 0x80, SCREEN_TYPE, number & 0xFFFF, clock)
            yield when - before, CLIENT, head + source + chance.randbytes(size)
            before = when

    def reports() -> Iterator[Word]:
        for _ in range(int(seconds * REPORTS_A_SECOND)):
            head = struct.pack(">BBH", 0x8F, TRANSPORT_FEEDBACK, 11)
            yield 1 / REPORTS_A_SECOND, SERVER, head + source + chance.randbytes(50)

    yield from both(screen(), reports())


def sealed_packet(chance: Random, receiver: bytes, number: int, length: int) -> bytes:
    """A packet inside WireGuard: its length goes up in steps of sixteen."""
    padded = -length % WIREGUARD_STEP + length + WIREGUARD_STEP
    return struct.pack("<I4sQ", DATA, receiver, number) + chance.randbytes(padded)


def opened(chance: Random, keys: tuple[bytes, bytes]) -> Iterator[Word]:
    """The handshake of WireGuard."""
    yield 0.0, CLIENT, struct.pack("<I4s", INITIATION, keys[0]) + chance.randbytes(124) + bytes(16)
    response = struct.pack("<I4s4s", RESPONSE, keys[1], keys[0])
    yield 0.04, SERVER, response + chance.randbytes(64) + bytes(16)


def wireguard(chance: Random) -> Iterator[Word]:
    """WireGuard carrying pages."""
    keys = (chance.randbytes(4), chance.randbytes(4))
    yield from opened(chance, keys)
    numbers = [0, 0]
    for gap, side, length in pages(chance):
        numbers[side] += 1
        yield gap, side, sealed_packet(chance, keys[1 - side], numbers[side], length)


def reset(chance: Random) -> Iterator[Word]:
    """Both ends of OpenVPN begin anew."""
    session, answer = chance.randbytes(8), chance.randbytes(8)
    yield 0.0, CLIENT, b"\x38" + session + b"\0\0\0\0\0"
    yield 0.04, SERVER, b"\x40" + answer + b"\x01\0\0\0\0" + session + b"\0\0\0\0"


def wrapped(chance: Random, number: int, length: int) -> bytes:
    """A packet inside OpenVPN: its number and a tag before it."""
    return b"\x48\x00\x00\x00" + struct.pack(">I", number) + chance.randbytes(length + 20)


def openvpn(chance: Random) -> Iterator[Word]:
    """OpenVPN over UDP carrying pages."""
    yield from reset(chance)
    for number, (gap, side, length) in enumerate(pages(chance)):
        yield gap, side, wrapped(chance, number, length)


def pages(chance: Random) -> Iterator[tuple[float, int, int]]:
    """TCP of pages as it looks inside a tunnel: gap, side, length."""
    for _ in range(chance.randint(4, 20)):
        yield chance.expovariate(0.5), CLIENT, chance.randint(90, 600)
        for number in range(int(chance.lognormvariate(2.2, 1.0))):
            yield 0.04 if number == 0 else BACK_TO_BACK, SERVER, TUNNEL_SEGMENT
            if number % 2:
                yield BACK_TO_BACK, CLIENT, 52


def tunnelled_call(chance: Random) -> Iterator[Word]:
    """WireGuard carrying a voice and nothing else."""
    keys = (chance.randbytes(4), chance.randbytes(4))
    yield from opened(chance, keys)
    yield from talked(
        chance, lambda side, number, size: sealed_packet(chance, keys[1 - side], number, size)
    )


def openvpn_call(chance: Random) -> Iterator[Word]:
    """OpenVPN over UDP carrying a voice and nothing else."""
    yield from reset(chance)
    yield from talked(chance, lambda _, number, size: wrapped(chance, number, size))


def talked(chance: Random, sealed: Callable[[int, int, int], bytes]) -> Iterator[Word]:
    """A voice each way inside a tunnel, which wraps the packets of a side by their number and size."""
    codec, seconds = some_codec(chance), chance.uniform(20, 90)

    def side_of(side: int) -> Iterator[Word]:
        for number, (gap, size) in enumerate(timed(voice(chance, codec), seconds)):
            yield gap, side, sealed(side, number, size + INNER_HEADERS)

    yield from both(side_of(CLIENT), side_of(SERVER))


def bittorrent(chance: Random) -> Iterator[Word]:
    """A download over µTP (BEP 29)."""
    connection = chance.getrandbits(15)
    clock = chance.getrandbits(28)
    numbers = [1, chance.getrandbits(14)]

    def packet(kind: int, side: int, data: bytes = b"") -> bytes:
        nonlocal clock
        clock += 20_000
        numbers[side] += bool(data)
        start = struct.pack(
            ">BBHIII", kind << 4 | 1, 0, connection, clock & 0xFFFF_FFFF, 900, 1 << 18
        )
        return start + struct.pack(">HH", numbers[side] & 0xFFFF, numbers[1 - side] & 0xFFFF) + data

    yield 0.0, CLIENT, packet(4, CLIENT)
    yield 0.05, SERVER, packet(2, SERVER)
    torrent = chance.randbytes(20)
    for side in (CLIENT, SERVER):
        hello = torrent_handshake(torrent, b"-TR3000-" + chance.randbytes(12))
        yield 0.03, side, packet(0, side, hello)
    for _ in range(int(chance.lognormvariate(3.5, 0.8))):
        for number in range(chance.randint(2, 12)):
            gap = chance.uniform(0.02, 0.2) if number == 0 else BACK_TO_BACK
            yield gap, SERVER, packet(0, SERVER, chance.randbytes(1380))
            yield 0.001, CLIENT, packet(2, CLIENT)
