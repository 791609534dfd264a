"""What a client does so as not to be recognised; each can be had alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random


@dataclass(frozen=True)
class Disguise:
    """The evasions that are on; none by default."""

    # Up to so many bytes of padding in every datagram that has room for it.
    padding: int = 0
    # So many seconds more between packets of a call, on average, and between the probes of a log-on.
    jitter: float = 0.0
    # A call moves to another local port this often; never, if zero.
    hop_seconds: float = 0.0
    # Connections to supernodes begin with a TLS hello that no library sends, on port 443.
    fake_tls: bool = False
    # Voice behind an RTP header, without STUN before it.
    rtp_like: bool = False

    # No question for a newer version, and no log-in: both are remembered from the last time.
    quiet: bool = False
    # Every probe of a log-on leaves from a port of its own.
    scattered: bool = False

    def pad(self, chance: Random, size: int) -> int:
        """The size of a datagram with its padding."""
        return size + chance.randint(0, self.padding) if self.padding else size

    def delay(
        self, chance: Random, words: Iterator[tuple[float, int]]
    ) -> Iterator[tuple[float, int]]:
        """Words that do not keep time; none overtakes another, and the mean stays."""
        late = 0.0
        for gap, size in words:
            later = min(chance.expovariate(1 / self.jitter), 4 * self.jitter)
            wait = max(gap + later - late, 0.0)
            late += wait - gap
            yield wait, size


PLAIN = Disguise()
