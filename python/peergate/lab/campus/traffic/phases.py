"""Calls of a program that nobody knows, over UDP, in which something changes.

A camera is turned on, a screen is shown, somebody is muted, or the call is put on hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peergate.lab.campus.scripts import BACK_TO_BACK, CLIENT, SERVER
from peergate.lab.simulator.voice import COMFORT_BYTES, Codec, Silence, some_codec, voice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from peergate.lab.campus.scripts import Word

# Bytes of a datagram that are not the codec's: counter and tag.
SEALED_BYTES = 20
# On hold three packets a second are left, both ways together (Baset and Schulzrinne 2004).
HOLD_GAP = 2 / 3
MUTED_GAPS = (0.16, 0.4)
PICTURES = (15, 30)
PICTURE_PACKETS = (2, 6)
PICTURE_BYTES = (700, 1150)
# A screen is sent at some 8 Mbit/s while it changes, and pauses while nobody touches it.
SCREEN_BYTES = (980, 1140)
SCREEN_PACE = 0.001
SCREEN_PAUSES = (0.06, 0.5)


class Phase(NamedTuple):
    """What goes on for some seconds, in the words of the truth."""

    seconds: float
    activity: str
    # What each side sends: a voice, with or without pictures or a screen, comfort noise or a sign of life.
    sends: tuple[str, str]


def video_call(chance: Random) -> tuple[Phase, ...]:
    """Voice, then pictures one way or both, then voice again."""
    other = chance.choice(("voice", "pictures"))
    return (
        Phase(chance.uniform(8, 14), "call", ("voice", "voice")),
        Phase(chance.uniform(15, 30), "video", ("pictures", other)),
        Phase(chance.uniform(10, 15), "call", ("voice", "voice")),
    )


def screen_call(chance: Random) -> tuple[Phase, ...]:
    """Voice, then one shows a screen and both talk about it, then voice again."""
    sends = chance.choice((("screen", "voice"), ("voice", "screen")))
    return (
        Phase(chance.uniform(8, 14), "call", ("voice", "voice")),
        Phase(chance.uniform(20, 40), "screen", sends),
        Phase(chance.uniform(10, 15), "call", ("voice", "voice")),
    )


def muted_call(chance: Random) -> tuple[Phase, ...]:
    """One side is muted for a while: still a call."""
    muted = chance.choice(("noise", "nothing"))
    sends = chance.choice((("voice", muted), (muted, "voice")))
    return (
        Phase(chance.uniform(8, 14), "call", ("voice", "voice")),
        Phase(chance.uniform(10, 25), "call", sends),
        Phase(chance.uniform(8, 14), "call", ("voice", "voice")),
    )


def held_call(chance: Random) -> tuple[Phase, ...]:
    """On hold, and taken up again."""
    return (
        Phase(chance.uniform(8, 14), "call", ("voice", "voice")),
        Phase(chance.uniform(10, 25), "idle", ("life", "life")),
        Phase(chance.uniform(10, 15), "call", ("voice", "voice")),
    )


def spoken(chance: Random, phases: tuple[Phase, ...]) -> Iterator[Word]:
    """All phases, one after the other."""
    codec = some_codec(chance)
    # Whoever listens says so in the phase's own way.
    steady = Codec(codec.size, codec.gap, Silence.SAME, 0.0)
    begin, now = 0.0, 0.0
    for phase in phases:
        words = sorted(
            word
            for side in (CLIENT, SERVER)
            for word in SENDS[phase.sends[side]](chance, steady, side, phase.seconds)
        )
        for when, side, size in words:
            yield begin + when - now, side, chance.randbytes(size)
            now = begin + when
        begin += phase.seconds


def _voice(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    now = chance.uniform(0, codec.gap[0])
    for gap, size in voice(chance, codec):
        now += gap
        if now >= seconds:
            return
        yield now, side, size + SEALED_BYTES


def _pictures(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    yield from _voice(chance, codec, side, seconds)
    rate, packets = chance.uniform(*PICTURES), chance.randint(*PICTURE_PACKETS)
    for number in range(int(rate * seconds)):
        for place in range(max(packets + chance.randint(-1, 2), 1)):
            yield number / rate + place * BACK_TO_BACK, side, chance.randint(*PICTURE_BYTES)


def _screen(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    yield from _voice(chance, codec, side, seconds)
    yield from ((when, side, size) for when, size in changes(chance, seconds))


def changes(chance: Random, seconds: float) -> Iterator[tuple[float, int]]:
    """What a screen that somebody works on makes: when, and bytes of a packet.

    Teams and Discord of 2023 sent 39 to 700 packets a second, 1059 bytes on average.
    """
    now = 0.1
    while now < seconds:
        # A line is typed, a list scrolls, a window opens: few, some, many packets.
        packets = chance.choice(
            (chance.randint(3, 10), chance.randint(8, 30), chance.randint(20, 80))
        )
        for place in range(packets):
            yield now + place * SCREEN_PACE, chance.randint(*SCREEN_BYTES)
        now += packets * SCREEN_PACE + chance.uniform(*SCREEN_PAUSES)


def _noise(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    gap = max(chance.uniform(*MUTED_GAPS), codec.gap[0])
    for number in range(int(seconds / gap)):
        yield number * gap, side, COMFORT_BYTES + SEALED_BYTES


def _life(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    del codec
    for number in range(int(seconds / HOLD_GAP)):
        yield number * HOLD_GAP + chance.uniform(0, 0.05), side, SEALED_BYTES


def _nothing(
    chance: Random, codec: Codec, side: int, seconds: float
) -> Iterator[tuple[float, int, int]]:
    del chance, codec, side, seconds
    yield from ()


SENDS: dict[str, Callable[[Random, Codec, int, float], Iterator[tuple[float, int, int]]]] = {
    "voice": _voice,
    "pictures": _pictures,
    "screen": _screen,
    "noise": _noise,
    "life": _life,
    "nothing": _nothing,
}
