"""Chance for a network of thousands: the same for every seed, and quick at what it is asked for most, random bytes."""

from __future__ import annotations

from random import Random

# Payloads are cut from this many bytes; two that overlap are too far apart for anybody to compare them.
POOL_BITS = 22


class Chance(Random):
    """A Random whose bytes come from a pool that it filled once."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._pool = Random(seed).randbytes((1 << POOL_BITS) + (1 << 17))

    def randbytes(self, n: int) -> bytes:
        """Bytes at a random place of the pool."""
        start = self.getrandbits(POOL_BITS)
        return self._pool[start : start + n]
