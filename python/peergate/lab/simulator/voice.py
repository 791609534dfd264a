"""A voice as it looks on the wire: the sizes of its packets and the gaps between them, without end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

# Each packet carries the one before as well until the path has shown that it loses little.
DOUBLED_SECONDS = 25.0
# Far shorter than any voice, and said more than once, because one may be lost.
HANG_UP_BYTES = 19
HANG_UP_TIMES = 2
# After so long without a word the path is cut; where silence is not sent, somebody may just be listening.
SILENCE_SECONDS = 3.0
LISTENING_SECONDS = 25.0
# People talk for some seconds, then listen for about as long.
SPURT_SECONDS = 2.5
PAUSE_SECONDS = 2.0
COMFORT_BYTES = 26
# Comfort noise is renewed once in so many frames.
COMFORT_FRAMES = 8
FRAME_SECONDS = (0.020, 0.020, 0.030, 0.040, 0.060)
MIDDLE_BYTES = (50, 230)


class Silence(StrEnum):
    """What is sent while a person listens."""

    SAME = "same"
    """As much as while talking."""
    SMALL = "small"
    """A small packet for every frame."""
    SPARSE = "sparse"
    """A small packet now and then."""
    NOTHING = "nothing"
    """Nothing at all."""


@dataclass(frozen=True)
class Codec:
    """How a voice is put into packets; the defaults are those published of Skype."""

    size: tuple[int, int] = (115, 190)
    gap: tuple[float, float] = (0.027, 0.040)
    silence: Silence = Silence.SAME
    doubled_seconds: float = DOUBLED_SECONDS

    @property
    def patience(self) -> float:
        """Seconds without a packet after which the other side must be gone."""
        return LISTENING_SECONDS if self.silence is Silence.NOTHING else SILENCE_SECONDS


PUBLISHED = Codec()


def some_codec(chance: Random) -> Codec:
    """A codec that some program might use."""
    frame = chance.choice(FRAME_SECONDS)
    middle = chance.randint(*MIDDLE_BYTES)
    spread = chance.choice((2, middle // 8, middle // 4))
    return Codec(
        size=(middle - spread, middle + spread),
        gap=(frame * 0.97, frame * 1.03),
        silence=chance.choice(list(Silence)),
        doubled_seconds=0.0,
    )


def voice(chance: Random, codec: Codec) -> Iterator[tuple[float, int]]:
    """Seconds since the last packet, and bytes."""
    elapsed, listens, turn = 0.0, False, chance.expovariate(1 / SPURT_SECONDS)
    low, high = codec.size
    middle, spread = (low + high) / 2, max((high - low) / 6, 0.01)
    short, long = codec.gap
    tick, wobble = (short + long) / 2, (long - short) / 6
    gauss = chance.gauss
    waited, frame = 0.0, 0
    while True:
        gap = min(max(gauss(tick, wobble), short), long)
        elapsed, waited, frame = elapsed + gap, waited + gap, frame + 1
        if codec.silence is not Silence.SAME and elapsed > turn:
            listens = not listens
            turn = elapsed + chance.expovariate(1 / (PAUSE_SECONDS if listens else SPURT_SECONDS))
        if not listens:
            size = min(max(round(gauss(middle, spread)), low), high)
            yield waited, size * 2 if elapsed < codec.doubled_seconds else size
        elif codec.silence is Silence.SMALL or (
            codec.silence is Silence.SPARSE and frame % COMFORT_FRAMES == 0
        ):
            yield waited, COMFORT_BYTES
        else:
            continue
        waited = 0.0
