"""How soon the rhythm of a call says that it is one, when its packets are late by more or less."""

from __future__ import annotations

import heapq
import itertools
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from peergate.lab.campus.score import read
from peergate.lab.frames import udp, write_pcap
from peergate.lab.simulator.disguise import Disguise
from peergate.lab.simulator.generator import EPOCH
from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.voice import PUBLISHED, Codec, some_codec, voice

if TYPE_CHECKING:
    from collections.abc import Iterator

# So late each packet is, on average, at most four times as much.
JITTERS_MS = (0, 2, 4, 8, 16)
# Both begin within this time, as when somebody picks up.
PICK_UP_SECONDS = 0.3
SECONDS = 20.0
PADDING = 24
# Whose pace: that which was published of Skype, close to the tick of a game, or any codec's.
PACES = ("Skype's", "any codec's")


class Row(NamedTuple):
    """What was heard of the calls of one jitter: after how many seconds, infinite if never."""

    pace: str
    jitter_ms: int
    told: list[float]

    def within(self, share: float) -> float:
        """The time within which so large a share of them was told."""
        return sorted(self.told)[max(round(share * len(self.told)) - 1, 0)]


def measure(calls: int, seed: int) -> Iterator[Row]:
    """Lets programs call of which every byte is random, and reads their packets as the gateway does."""
    for pace, jitter in itertools.product(PACES, JITTERS_MS):
        hidden = Disguise(padding=PADDING, jitter=jitter / 1000)
        chance = Random(seed)
        with TemporaryDirectory() as folder:
            capture = Path(folder, "calls.pcap")
            talks = [
                _call(number, pace, hidden, Random(chance.random())) for number in range(calls)
            ]
            write_pcap(capture, heapq.merge(*talks))
            reading = read(capture)
        first = {min(ends)[0]: told for (_, ends), told in reading.calls.items()}
        never = float("inf")
        told = [first.get(_host(number), never) - EPOCH - number for number in range(calls)]
        yield Row(pace, jitter, told)


def _host(number: int) -> str:
    return f"198.18.{number // 250}.{number % 250 + 1}"


def _call(
    number: int, pace: str, disguise: Disguise, chance: Random
) -> Iterator[tuple[float, bytes]]:
    """Frames of one call, which begins when its number says."""
    own = Endpoint(_host(number), chance.randint(1024, 65_535))
    peer = Endpoint(f"203.0.113.{number % 250 + 1}", chance.randint(1024, 65_535))
    codec = PUBLISHED if pace == PACES[0] else some_codec(chance)
    begin = float(EPOCH + number)
    answer = begin + chance.uniform(0.0, PICK_UP_SECONDS)
    yield from heapq.merge(
        _say(begin, (own, peer), codec, disguise, Random(chance.random())),
        _say(answer, (peer, own), codec, disguise, Random(chance.random())),
    )


def _say(
    begin: float,
    ends: tuple[Endpoint, Endpoint],
    codec: Codec,
    disguise: Disguise,
    chance: Random,
) -> Iterator[tuple[float, bytes]]:
    words = voice(chance, codec)
    if disguise.jitter:
        words = disguise.delay(chance, words)
    now = begin
    for number, (wait, size) in enumerate(words):
        now += wait
        if now > begin + SECONDS:
            return
        yield now, udp(*ends, chance.randbytes(disguise.pad(chance, size)), number)
