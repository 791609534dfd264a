"""What keeps time over TCP: calls of a program that nobody knows, games, programs that ask over and over, terminals."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from peergate.lab.campus.scripts import BACK_TO_BACK, CLIENT, SERVER
from peergate.lab.campus.traffic.peers import timed
from peergate.lab.campus.traffic.steady import Pace, both
from peergate.lab.simulator.voice import some_codec, voice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from peergate.lab.campus.scripts import Word

# Length and tag of a frame that is sealed.
FRAME_HEAD = 18
GAME_RATES = (8, 10, 15, 20, 30)
SCREEN_SECONDS = (0.5, 1.0, 2.0)


def streamed_call(chance: Random) -> Iterator[Word]:
    """A call in which every frame of speech is a segment of its own, as programs write that want no delay."""
    yield 0.001, CLIENT, chance.randbytes(chance.randint(60, 300))
    yield 0.04, SERVER, chance.randbytes(chance.randint(60, 300))
    codec, seconds = some_codec(chance), chance.uniform(20, 90)

    def side_of(side: int) -> Iterator[Word]:
        for gap, size in timed(voice(chance, codec), seconds):
            yield gap, side, chance.randbytes(size + FRAME_HEAD)

    yield from both(side_of(CLIENT), side_of(SERVER))


def streamed_game(chance: Random) -> Iterator[Word]:
    """A game over TCP: moves up, the world down, at the tick of its server."""
    rate, seconds = chance.choice(GAME_RATES), chance.uniform(30, 150)
    head = struct.pack(">HHI", chance.randint(1, 90), 1, chance.randint(1, 5000))
    quiet = chance.randint(40, 200)
    up = chance.randint(12, 60)

    def world() -> Iterator[Word]:
        left = seconds
        while left > 0:
            spell = min(chance.expovariate(1 / 5), left)
            sizes = (quiet, quiet * chance.randint(2, 6))
            yield from Pace(rate, sizes, head).words(chance, SERVER, spell)
            left -= spell + 0.01

    def moves() -> Iterator[Word]:
        left = seconds
        while left > 0:
            spell = min(chance.expovariate(1 / 4), left)
            yield from Pace(rate, (up, up + 20), head).words(chance, CLIENT, spell)
            pause = chance.expovariate(1 / 2)
            yield pause, CLIENT, head + chance.randbytes(up)
            left -= spell + pause + 0.01

    yield from both(moves(), world())


def queries(chance: Random) -> Iterator[Word]:
    """A program that asks a database, thinks, and asks again; each question waits for the answer before it."""
    trip, think = chance.uniform(0.005, 0.12), chance.uniform(0.0, 0.05)
    asked, answered = chance.randint(60, 400), chance.uniform(4.5, 6.5)
    spread = chance.choice((0.05, 0.3, 0.8))

    def message(size: int) -> bytes:
        size = max(size, 20)
        return struct.pack(">IHHQ", size, 3, 1, 0) + chance.randbytes(size).hex().encode()[:size]

    for _ in range(chance.randint(1, 8)):
        yield chance.expovariate(0.5), CLIENT, message(asked)
        for _ in range(chance.randint(20, 400)):
            yield trip, SERVER, message(int(chance.lognormvariate(answered, spread)))
            wait = BACK_TO_BACK + chance.uniform(0.5, 1.5) * think
            yield wait, CLIENT, message(int(chance.gauss(asked, asked * 0.2)))


def terminal(chance: Random) -> Iterator[Word]:
    """A screen of text that renews itself, a key that is held, and somebody who scrolls."""
    yield 0.001, CLIENT, chance.randbytes(1200)
    yield 0.03, SERVER, chance.randbytes(1000)
    for _ in range(chance.randint(3, 10)):
        every, lines = chance.choice(SCREEN_SECONDS), chance.randint(300, 3000)
        for _ in range(chance.randint(3, 20)):
            yield every, SERVER, chance.randbytes(max(int(chance.gauss(lines, lines / 10)), 100))
        for _ in range(chance.randint(10, 120)):
            yield 0.033, CLIENT, chance.randbytes(36)
            yield 0.02, SERVER, chance.randbytes(chance.choice((36, 44, 44, 80, 180)))
