"""A call or a file transfer that is up, seen from one side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peergate.lab.simulator.machine import Endpoint, Talk

# A file goes out in datagrams as large as fit, at a modem's pace through a relay and faster without one.
FILE_BYTES = 1340
FILE_GAP_SECONDS = 0.012
# The receiver of a file says so once in so many datagrams.
FILE_ACKNOWLEDGED = 8
FILE_ACKNOWLEDGEMENT_BYTES = 41


@dataclass(eq=False)
class Call:
    """One side's view."""

    started: float
    # Who is talked to: the other side, or the relay between.
    to: Endpoint | int
    patience: float
    talk: Talk | None = None
    heard_last: float = 0.0
    received: int = 0
    told: int = 0
    sent: int = 0

    def news(self) -> dict[str, int] | None:
        """What was heard since this was asked last: packets so far, and how long after its start the last came."""
        if self.received == self.told:
            return None
        self.told = self.received
        return {
            "received": self.received,
            "milliseconds": round((self.heard_last - self.started) * 1000),
        }

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for too long."""
        return now - max(self.heard_last, self.started) > self.patience
