"""What a machine without input or output is: it is told what happened and yields what should be done."""
# ruff: noqa: ARG002 - a machine may ignore what it is told

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int


@dataclass(frozen=True)
class SendDatagram:
    """Send a UDP payload from the machine's own port."""

    to: Endpoint
    payload: bytes


@dataclass(frozen=True)
class Connect:
    """Open a TCP connection, known by this number from now on."""

    stream: int
    to: Endpoint


@dataclass(frozen=True)
class Send:
    """Write to a connection, as one segment where it fits."""

    stream: int
    data: bytes


@dataclass(frozen=True)
class Close:
    """Close a connection."""

    stream: int


@dataclass(frozen=True)
class Happened:
    """Tell whoever watches."""

    event: str
    details: dict[str, Any] = field(default_factory=dict)


Action = SendDatagram | Connect | Send | Close | Happened
Actions = Iterator[Action]
Step = Callable[[float], Actions]


class Machine:
    """A machine that does nothing; others override what they react to. Times are seconds on any clock."""

    def __init__(self) -> None:
        self._agenda: list[tuple[float, int, Step]] = []
        self._order = itertools.count()

    def start(self, now: float) -> Actions:
        """It is switched on."""
        yield from ()

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """A UDP payload arrived."""
        yield from ()

    def accepted(self, now: float, stream: int, port: int) -> Actions:
        """Somebody opened a connection to one of its ports."""
        yield from ()

    def connected(self, now: float, stream: int) -> Actions:
        """A connection that it opened is up."""
        yield from ()

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Bytes arrived on a connection."""
        yield from ()

    def closed(self, now: float, stream: int) -> Actions:
        """A connection ended, or could not be opened."""
        yield from ()

    def later(self, when: float, step: Step) -> None:
        """Does a step when its time comes."""
        heapq.heappush(self._agenda, (when, next(self._order), step))

    def plan(self, when: float, *actions: Action) -> None:
        """Does these when the time comes."""
        self.later(when, lambda _: iter(actions))

    @property
    def due(self) -> float | None:
        """When `tick` wants to be called; never, if nothing is planned."""
        return self._agenda[0][0] if self._agenda else None

    def tick(self, now: float) -> Actions:
        """Does what is due."""
        while self._agenda and self._agenda[0][0] <= now:
            yield from heapq.heappop(self._agenda)[2](now)
