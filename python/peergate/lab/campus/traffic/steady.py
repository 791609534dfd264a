"""What keeps time like a voice and is none: games, streams, remote desktops, sensors, people who type."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from peergate.lab.campus.scripts import BACK_TO_BACK, CLIENT, SERVER
from peergate.lab.campus.traffic.web import handshake
from peergate.lab.samples.web import sealed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from peergate.lab.campus.scripts import Word

GAME_RATES = (20, 30, 30, 60)
SRT_BYTES = 1316
SRT_ACKNOWLEDGED = 0.010
TS_PACKETS = 7
TS_BYTES = 188
KEY_SECONDS = 0.14


def both(one: Iterator[Word], other: Iterator[Word]) -> Iterator[Word]:
    """Two sides that speak at their own pace; ends with the first that does."""
    clocks = [0.0, 0.0]
    sides = (one, other)
    pending = [next(one, None), next(other, None)]
    now = 0.0
    while pending[0] is not None and pending[1] is not None:
        due = [clock + word[0] for clock, word in zip(clocks, pending, strict=True) if word]
        first = 0 if due[0] <= due[1] else 1
        word = pending[first]
        if word is None:
            return
        yield due[first] - now, word[1], word[2]
        now = clocks[first] = due[first]
        pending[first] = next(sides[first], None)


class Pace(NamedTuple):
    """Updates of about these sizes, so many a second, each behind the same few bytes."""

    rate: float
    sizes: tuple[int, int]
    head: bytes

    def words(self, chance: Random, side: int, seconds: float) -> Iterator[Word]:
        """Updates for so long."""
        gap = 1 / self.rate
        low, high = self.sizes
        for number in range(int(seconds * self.rate)):
            size = min(max(round(chance.gauss((low + high) / 2, (high - low) / 5)), low), high)
            wait = max(gap + chance.gauss(0, gap / 30), 0.001)
            head = self.head + struct.pack(">H", number & 0xFFFF)
            yield wait, side, head + chance.randbytes(size)


def game(chance: Random) -> Iterator[Word]:
    """State updates both ways, more from the server; sizes grow and shrink with what happens."""
    rate = chance.choice(GAME_RATES)
    seconds = chance.uniform(30, 150)
    head = chance.randbytes(4)
    up = chance.randint(18, 40)
    quiet = chance.randint(30, 90)
    hot = quiet + chance.randint(20, 200)

    def state() -> Iterator[Word]:
        left = seconds
        while left > 0:
            spell = min(chance.expovariate(1 / 6), left)
            sizes = (quiet, hot) if chance.random() < 0.4 else (quiet, quiet + 20)
            yield from Pace(rate, sizes, head).words(chance, SERVER, spell)
            left -= spell + 0.01

    moves = Pace(rate, (up, up + 12), head).words(chance, CLIENT, seconds)
    yield from both(moves, state())


def srt(chance: Random) -> Iterator[Word]:
    """Live video by SRT: data one way at a steady pace, an acknowledgement every 10 ms the other."""
    handshake_packet = struct.pack(">HHIII", 0x8000, 0, 0, 0, 0)
    socket = chance.randbytes(4)
    for step in range(2):
        yield 0.0 if step == 0 else 0.03, CLIENT, handshake_packet + chance.randbytes(48)
        yield 0.03, SERVER, handshake_packet + chance.randbytes(48)
    rate = chance.uniform(60, 260)
    seconds = chance.uniform(20, 60)

    def video() -> Iterator[Word]:
        for number in range(int(rate * seconds)):
            head = struct.pack(">III", number, 0xE000_0000 | number, number * 4000 & 0xFFFF_FFFF)
            gap = chance.expovariate(rate)
            yield gap, CLIENT, head + socket + chance.randbytes(SRT_BYTES)

    def acknowledgements() -> Iterator[Word]:
        for number in range(int(seconds / SRT_ACKNOWLEDGED)):
            head = struct.pack(">HHII", 0x8002, 0, number, number * 10_000 & 0xFFFF_FFFF)
            yield SRT_ACKNOWLEDGED, SERVER, head + socket + chance.randbytes(28)

    yield from both(video(), acknowledgements())


def transport_stream(chance: Random) -> Iterator[Word]:
    """MPEG-TS over UDP: seven packets a datagram, one way."""
    rate = chance.uniform(80, 300)
    for number in range(int(rate * chance.uniform(15, 50))):
        parts = (
            struct.pack(">BHB", 0x47, 0x0100, 0x10 | (number * TS_PACKETS + part) & 0x0F)
            + chance.randbytes(TS_BYTES - 4)
            for part in range(TS_PACKETS)
        )
        yield max(chance.gauss(1 / rate, 0.0004), BACK_TO_BACK), SERVER, b"".join(parts)


def rtmp(chance: Random) -> Iterator[Word]:
    """A camera that publishes: frames of video and sound, rarely a word back."""
    yield 0.001, CLIENT, b"\x03" + chance.randbytes(1536)
    yield 0.04, SERVER, b"\x03" + chance.randbytes(1536 + 1536)
    yield 0.002, CLIENT, chance.randbytes(1536)
    for number in range(int(25 * chance.uniform(20, 60))):
        key = number % 50 == 0
        video = chance.randint(9_000, 16_000) if key else chance.randint(700, 3500)
        yield 0.035, CLIENT, b"\x06\x00\x00\x00\x00" + chance.randbytes(video)
        yield 0.005, CLIENT, b"\x04\x00\x00\x15\x00" + chance.randbytes(chance.randint(180, 260))
        if key:
            yield 0.0, SERVER, chance.randbytes(16)


def remote_desktop(chance: Random) -> Iterator[Word]:
    """A desktop over TLS: a mouse that moves, a screen that follows."""
    yield from handshake(chance, "desktop.example.org")
    for _ in range(chance.randint(3, 12)):
        yield chance.expovariate(0.25), CLIENT, sealed(chance, 40)
        for _ in range(chance.randint(20, 160)):
            yield chance.uniform(0.015, 0.05), CLIENT, sealed(chance, chance.randint(28, 60))
            if chance.random() < 0.5:
                yield 0.02, SERVER, sealed(chance, int(chance.lognormvariate(5.5, 1.2)))


def remote_desktop_udp(chance: Random) -> Iterator[Word]:
    """The same over UDP: input at the pace of the mouse, the screen in bursts."""
    head = chance.randbytes(8)
    for _ in range(chance.randint(4, 14)):
        yield chance.expovariate(0.4), CLIENT, head + chance.randbytes(24)
        for _ in range(chance.randint(15, 120)):
            yield (
                chance.uniform(0.016, 0.034),
                CLIENT,
                head + chance.randbytes(chance.randint(16, 44)),
            )
            for number in range(int(chance.expovariate(1.0))):
                gap = 0.008 if number == 0 else BACK_TO_BACK
                yield gap, SERVER, head + chance.randbytes(chance.randint(300, 1150))


def shell(chance: Random) -> Iterator[Word]:
    """Somebody types over SSH and sees what comes."""
    yield 0.001, CLIENT, b"SSH-2.0-OpenSSH_9.6\r\n"
    yield 0.03, SERVER, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
    yield 0.002, CLIENT, chance.randbytes(1200)
    yield 0.03, SERVER, chance.randbytes(1000)
    for _ in range(chance.randint(5, 30)):
        for _ in range(chance.randint(3, 25)):
            yield chance.expovariate(1 / KEY_SECONDS), CLIENT, chance.randbytes(36)
            yield 0.03, SERVER, chance.randbytes(36)
        yield 0.05, SERVER, chance.randbytes(int(chance.lognormvariate(6, 1)))
        yield chance.expovariate(0.3), CLIENT, chance.randbytes(36)


def telemetry(chance: Random) -> Iterator[Word]:
    """A sensor: the same few bytes at a fixed pace, some answered."""
    rate = chance.choice((0.1, 0.5, 1.0, 1.0, 5.0, 10.0, 25.0, 50.0))
    size = chance.randint(24, 180)
    answered = chance.random() < 0.5
    head = chance.randbytes(6)
    for number in range(int(min(rate * chance.uniform(40, 120), 4000))):
        reading = struct.pack(">I", number) + chance.randbytes(4)
        yield (
            max(chance.gauss(1 / rate, 0.02 / rate), 0.0),
            CLIENT,
            head + reading.ljust(size, b"\0"),
        )
        if answered:
            yield min(0.02, 0.3 / rate), SERVER, head + struct.pack(">I", number)
