"""Runs a whole network of machines in memory and yields the frames that a tap would see, the same for every seed.

The tap sits at the hosts it is told to watch: it sees a frame when such a host sends it, or when it arrives there.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab import frames
from peergate.lab.simulator.connection import Connection
from peergate.lab.simulator.machine import Close, Connect, Endpoint, Happened, Send, SendDatagram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from peergate.lab.simulator.machine import Action, Actions, Machine

FIRST_LOCAL_PORT = 49_152
# Frames begin on a fixed day, so that a sample never differs from itself.
EPOCH = 1_150_000_000.0
JITTER_SHARE = 0.1


@dataclass(frozen=True)
class Place:
    """A machine, where it is, where it listens, and how far it is from the core."""

    machine: Machine
    at: Endpoint
    delay: float
    listen: tuple[int, ...] = ()


@dataclass(frozen=True)
class Firewall:
    """What is let through, in silence."""

    udp: bool = True
    # Of the server; none are all.
    ports: frozenset[int] | None = None

    def bars(self, source: Endpoint, destination: Endpoint) -> bool:
        """Whether neither end has a port that is open."""
        return self.ports is not None and self.ports.isdisjoint((source.port, destination.port))


OPEN = Firewall()


class Generator:
    """A network of machines."""

    def __init__(
        self,
        places: Sequence[Place],
        watched: set[str],
        chance: Random,
        firewall: Firewall = OPEN,
    ) -> None:
        self._places = {place.at.address: place for place in places}
        self._watched = watched
        self._chance = chance
        self._firewall = firewall
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._numbers = itertools.count(1)
        self._ports = itertools.count(FIRST_LOCAL_PORT)
        self._streams: dict[tuple[str, int], Connection] = {}
        self._arrivals: dict[tuple[str, str], float] = {}
        self._seen: list[tuple[float, bytes]] = []
        self._ticking: dict[str, float] = {}
        self.now = EPOCH
        self.events: list[tuple[float, str, str]] = []

    def start(self, address: str, when: float) -> None:
        """Switches a machine on, `when` seconds after the beginning."""
        place = self._places[address]
        self._at(EPOCH + when, lambda: self.perform(place, place.machine.start(self.now)))

    def do(self, address: str, when: float, step: Callable[[float], Actions]) -> None:
        """Makes a machine do something at a time."""
        place = self._places[address]
        self._at(EPOCH + when, lambda: self.perform(place, step(self.now)))

    def run(self, seconds: float) -> Iterator[tuple[float, bytes]]:
        """Frames with their times, in order."""
        while self._queue and self._queue[0][0] <= EPOCH + seconds:
            self.now, _, happen = heapq.heappop(self._queue)
            happen()
            yield from self._seen
            self._seen.clear()

    def perform(self, place: Place, actions: Actions) -> None:
        """Does what a machine wants done."""
        for action in actions:
            self._do(place, action)
        self._plan_tick(place)

    def host(self, address: str) -> Place | None:
        """Who lives at an address."""
        return self._places.get(address)

    def forget(self, place: Place, stream: int) -> None:
        """A stream has ended."""
        self._streams.pop((place.at.address, stream), None)

    def remember(self, place: Place, stream: int, connection: Connection) -> None:
        """A stream has begun."""
        self._streams[place.at.address, stream] = connection

    def transmit(
        self, source: Endpoint, destination: Endpoint, data: bytes, arrive: Callable[[], None]
    ) -> None:
        """Takes a frame from one host to another, in order, if there is such a host."""
        if source.address in self._watched:
            self._seen.append((self.now, data))
        if destination.address not in self._places or self._firewall.bars(source, destination):
            return
        path = (source.address, destination.address)
        when = max(self.now + self._delay(*path), self._arrivals.get(path, 0.0))
        self._arrivals[path] = when

        def delivered() -> None:
            if destination.address in self._watched:
                self._seen.append((self.now, data))
            arrive()

        self._at(when, delivered)

    def number(self) -> int:
        """The identification of the next IP packet."""
        return next(self._numbers) & 0xFFFF

    def _do(self, place: Place, action: Action) -> None:
        match action:
            case SendDatagram(to, payload):
                self._send_datagram(place, to, payload)
            case Connect(stream, to):
                source = Endpoint(place.at.address, next(self._ports))
                first = (self._chance.getrandbits(31), self._chance.getrandbits(31))
                connection = Connection(self, place, stream, source, to, first)
                self.remember(place, stream, connection)
                connection.open()
            case Send(stream, data) if (place.at.address, stream) in self._streams:
                self._streams[place.at.address, stream].send(place, data)
            case Close(stream) if (place.at.address, stream) in self._streams:
                self._streams.pop((place.at.address, stream)).close(place)
            case Happened(event):
                self.events.append((self.now - EPOCH, place.at.address, event))

    def _send_datagram(self, place: Place, to: Endpoint, payload: bytes) -> None:
        source = place.at
        data = frames.udp(source, to, payload, self.number())

        def arrive() -> None:
            target = self._places[to.address]
            if self._firewall.udp and target.at == to:
                self.perform(target, target.machine.datagram(self.now, source, payload))

        self.transmit(source, to, data, arrive)

    def _delay(self, source: str, destination: str) -> float:
        delay = self._places[source].delay + self._places[destination].delay
        return delay * (1 + JITTER_SHARE * self._chance.random())

    def _plan_tick(self, place: Place) -> None:
        due = place.machine.due
        address = place.at.address
        if due is None or self._ticking.get(address, float("inf")) <= due:
            return
        self._ticking[address] = due

        def tick() -> None:
            if self._ticking.get(address) == due:
                del self._ticking[address]
            self.perform(place, place.machine.tick(self.now))

        self._at(max(due, self.now), tick)

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (when, next(self._order), happen))
