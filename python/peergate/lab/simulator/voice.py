"""A call as it looks on the wire: one datagram every 27 to 40 ms, at first of double size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

PACKET_BYTES = (115, 190)
PACKET_SECONDS = (0.027, 0.040)
# Each packet carries the one before as well until the path has shown that it loses little.
DOUBLED_SECONDS = 25.0
# Far shorter than any voice, and said more than once, because one may be lost.
HANG_UP_BYTES = 19
HANG_UP_TIMES = 2
# The path is cut.
SILENCE_SECONDS = 3.0


@dataclass
class Call:
    """A call that is up, seen from one side."""

    chance: Random
    started: float
    doubled_seconds: float = DOUBLED_SECONDS
    sent: int = 0
    received: int = 0
    last_heard: float = 0.0

    def next_size(self, now: float) -> int:
        """Bytes of the packet that is due now."""
        low, high = PACKET_BYTES
        middle, spread = (low + high) / 2, (high - low) / 6
        size = min(max(round(self.chance.gauss(middle, spread)), low), high)
        return size * 2 if now - self.started < self.doubled_seconds else size

    def next_gap(self) -> float:
        """Seconds until the next packet."""
        low, high = PACKET_SECONDS
        return min(max(self.chance.gauss((low + high) / 2, (high - low) / 6), low), high)

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for too long."""
        return now - max(self.last_heard, self.started) > SILENCE_SECONDS
