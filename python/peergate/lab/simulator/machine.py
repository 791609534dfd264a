"""What a machine without input or output is: it is told what happened and yields what should be done."""
# ruff: noqa: ARG002 - a machine may ignore what it is told

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple


class Endpoint(NamedTuple):
    """An address and a port."""

    address: str
    port: int


class SendDatagram(NamedTuple):
    """Send a UDP payload, from the machine's own port if no other is named."""

    to: Endpoint
    payload: bytes
    port: int = 0


class Connect(NamedTuple):
    """Open a TCP connection, known by this number from now on."""

    stream: int
    to: Endpoint


class Send(NamedTuple):
    """Write to a connection, as one segment where it fits."""

    stream: int
    data: bytes


class Close(NamedTuple):
    """Close a connection."""

    stream: int


@dataclass(eq=False)
class Talk:
    """Keep sending payloads of these sizes, each so many seconds after the one before, until the words or the talk end.

    The machine may change where they go while the talk goes on, or end it.
    """

    # An endpoint, or the number of a connection.
    to: Endpoint | int
    words: Iterator[tuple[float, int]]
    # Makes the payload, at the moment when it is sent.
    say: Callable[[int], bytes]
    # What it is, for the truth of a capture.
    activity: str = "call"
    port: int = 0
    over: bool = False


class Happened(NamedTuple):
    """Tell whoever watches."""

    event: str
    details: Mapping[str, Any] = MappingProxyType({})


Action = SendDatagram | Connect | Send | Close | Talk | Happened
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
