"""Runs a whole network of machines in memory and gives the frames that a tap would see, the same for every seed.

The tap sits at the hosts it is told to watch: it sees a frame when such a host sends it, or when it arrives there.
Between two watched hosts it sees a frame once, when it is sent.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from peergate.lab.frames import TCP, UDP, Flag, Segment, tcp, udp
from peergate.lab.simulator.connection import Connection
from peergate.lab.simulator.machine import (
    Connect,
    Endpoint,
    Happened,
    Send,
    SendDatagram,
    Talk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from random import Random

    from peergate.lab.simulator.machine import Action, Actions, Machine

FIRST_LOCAL_PORT = 32_768
# Frames begin on a fixed day, so that a sample never differs from itself.
EPOCH = 1_150_000_000.0
JITTER_SHARE = 0.1
WORD = 0xFFFF

T = TypeVar("T")


@dataclass(eq=False)
class Place:
    """A machine, where it is, where it listens, and how far it is from the core."""

    machine: Machine
    at: Endpoint
    delay: float
    listen: tuple[int, ...] = ()
    # Behind a NAT: only those who were written to can write.
    sealed: bool = False
    # None of its datagrams get out, and none in.
    without_udp: bool = False
    loss: float = 0.0
    # Small writes over TCP leave together.
    gathers: bool = True
    # What its flows are, for the truth of a capture.
    label: str = ""
    # Addresses that it has written to.
    contacts: set[str] = field(default_factory=set)
    next_port: int = FIRST_LOCAL_PORT
    # When its next tick is planned.
    ticking: float = float("inf")


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


class Witness(Protocol):
    """Whoever notes the truth while it happens."""

    def saw(self, protocol: int, source: Endpoint, destination: Endpoint, place: Place) -> None:
        """The tap saw a frame that a machine sent."""

    def talk(
        self, place: Place, talk: Talk, protocol: int, ends: tuple[Endpoint, Endpoint]
    ) -> None:
        """A talk goes on between these ends."""

    def happened(self, place: Place, event: str, details: Mapping[str, Any]) -> None:
        """A machine told something."""


class Script(Protocol):
    """Traffic that is written down beforehand rather than lived by machines."""

    def step(self, network: Generator) -> float | None:
        """Does what is due; says in how many seconds there is more, if ever."""


class Generator:
    """A network of machines and scripts."""

    def __init__(
        self,
        places: Iterable[Place],
        watched: Container[str],
        chance: Random,
        firewall: Firewall = OPEN,
        witness: Witness | None = None,
    ) -> None:
        self._places = {place.at.address: place for place in places}
        self._watched = watched
        self._chance = chance
        self._firewall = firewall
        self._witness = witness
        self._queue: list[tuple[float, int, Callable[..., None], object]] = []
        self._order = 0
        self._number = 0
        self._streams: dict[tuple[str, int], Connection] = {}
        self._arrivals: dict[tuple[str, str], float] = {}
        # Where frames go, with their times.
        self._tap: Callable[[float, bytes], None] = lambda _when, _data: None
        self.now = EPOCH

    def add(self, place: Place) -> None:
        """One more machine."""
        self._places[place.at.address] = place

    def start(self, address: str, when: float) -> None:
        """Switches a machine on, `when` seconds after the beginning."""
        self.do(address, when, self._places[address].machine.start)

    def do(self, address: str, when: float, step: Callable[[float], Actions]) -> None:
        """Makes a machine do something at a time."""
        place = self._places[address]
        self.at(EPOCH + when, lambda _: self.perform(place, step(self.now)), None)

    def play(self, script: Script, when: float) -> None:
        """Begins a script, `when` seconds after the beginning."""
        self.at(EPOCH + when, self._step, script)

    def run(self, seconds: float, tap: Callable[[float, bytes], None]) -> None:
        """Lives so long; gives the tap frames with their times, in order."""
        self._tap = tap
        queue, pop, end = self._queue, heapq.heappop, EPOCH + seconds
        while queue and queue[0][0] <= end:
            self.now, _, happen, what = pop(queue)
            happen(what)

    def frames(self, seconds: float) -> list[tuple[float, bytes]]:
        """Lives so long; returns frames with their times, in order."""
        seen: list[tuple[float, bytes]] = []
        self.run(seconds, lambda when, data: seen.append((when, data)))
        return seen

    def perform(self, place: Place, actions: Actions) -> None:
        """Does what a machine wants done."""
        for action in actions:
            self._do(place, action)
        due = place.machine.due
        if due is not None and due < place.ticking:
            place.ticking = due
            self.at(max(due, self.now), self._tick, (place, due))

    def host(self, address: str) -> Place | None:
        """Who lives at an address."""
        return self._places.get(address)

    def client_of(self, place: Place, stream: int) -> Endpoint | None:
        """Who opened a connection to a machine."""
        connection = self._streams.get((place.at.address, stream))
        return connection.ends[0] if connection else None

    def forget(self, place: Place, stream: int) -> None:
        """A stream has ended."""
        self._streams.pop((place.at.address, stream), None)

    def remember(self, place: Place, stream: int, connection: Connection) -> None:
        """A stream has begun."""
        self._streams[place.at.address, stream] = connection

    def transmit(
        self, place: Place | None, segment: Segment, arrive: Callable[[Segment], None]
    ) -> None:
        """Takes a segment from one host to another, in order, if there is such a host."""
        source, destination = segment.source, segment.destination
        if source.address in self._watched:
            self.show_segment(segment, place)
        target = self._places.get(destination.address)
        if target is None or self._firewall.bars(source, destination):
            return
        if target.sealed and segment.flags & (Flag.SYN | Flag.ACK) == Flag.SYN:
            return

        def delivered(segment: Segment) -> None:
            if destination.address in self._watched and source.address not in self._watched:
                self.show_segment(segment, place)
            arrive(segment)

        self.at(self._arrival(source.address, destination.address), delivered, segment)

    def show_segment(self, segment: Segment, place: Place | None = None) -> None:
        """The tap sees a segment."""
        self._number = self._number + 1 & WORD
        self._tap(self.now, tcp(segment, self._number))
        if self._witness and place:
            self._witness.saw(TCP, segment.source, segment.destination, place)

    def show_datagram(self, source: Endpoint, to: Endpoint, payload: bytes) -> None:
        """The tap sees a datagram."""
        self._number = self._number + 1 & WORD
        self._tap(self.now, udp(source, to, payload, self._number))

    def at(self, when: float, happen: Callable[[T], None], what: T) -> None:
        """Plans something."""
        self._order += 1
        heapq.heappush(self._queue, (when, self._order, happen, what))

    def sequence(self) -> int:
        """Where a connection begins to count."""
        return self._chance.getrandbits(31)

    def _do(self, place: Place, action: Action) -> None:
        if isinstance(action, SendDatagram):
            self._send(place, action.to, action.payload, action.port)
        elif isinstance(action, Talk):
            self._talk((place, action, 0))
        elif isinstance(action, Happened):
            if self._witness:
                self._witness.happened(place, action.event, action.details)
        elif isinstance(action, Connect):
            self._connect(place, action)
        elif connection := self._streams.get((place.at.address, action.stream)):
            if isinstance(action, Send):
                connection.send(place, action.data)
            else:
                self.forget(place, action.stream)
                connection.close(place)

    def _connect(self, place: Place, action: Connect) -> None:
        place.next_port = place.next_port + 1 if place.next_port < WORD else FIRST_LOCAL_PORT
        source = Endpoint(place.at.address, place.next_port)
        connection = Connection(self, place, action.stream, source, action.to)
        self.remember(place, action.stream, connection)
        connection.open()

    def _talk(self, arg: tuple[Place, Talk, int]) -> None:
        place, talk, size = arg
        if talk.over:
            return
        if size:
            to = talk.to
            if isinstance(to, int):
                connection = self._streams.get((place.at.address, to))
                if connection is None:
                    return
                connection.send(place, talk.say(size))
                ends = connection.ends
            else:
                self._send(place, to, talk.say(size), talk.port)
                ends = (Endpoint(place.at.address, talk.port or place.at.port), to)
            if self._witness:
                self._witness.talk(place, talk, TCP if isinstance(to, int) else UDP, ends)
        word = next(talk.words, None)
        if word is not None:
            self.at(self.now + word[0], self._talk, (place, talk, word[1]))

    def _send(self, place: Place, to: Endpoint, payload: bytes, port: int) -> None:
        source = Endpoint(place.at.address, port) if port else place.at
        place.contacts.add(to.address)
        shown = source.address in self._watched
        if shown:
            self.show_datagram(source, to, payload)
            if self._witness:
                self._witness.saw(UDP, source, to, place)
        target = self._places.get(to.address)
        if target is None or not self._firewall.udp or place.without_udp or target.without_udp:
            return
        if target.loss and self._chance.random() < target.loss:
            return
        when = self._arrival(source.address, to.address)
        self.at(when, self._deliver, (place, target, source, to, payload, shown))

    def _deliver(self, arg: tuple[Place, Place, Endpoint, Endpoint, bytes, bool]) -> None:
        sender, target, source, to, payload, shown = arg
        if target.sealed and source.address not in target.contacts:
            return
        if not shown and to.address in self._watched:
            self.show_datagram(source, to, payload)
            if self._witness:
                self._witness.saw(UDP, source, to, sender)
        self.perform(target, target.machine.datagram(self.now, source, payload))

    def _arrival(self, source: str, destination: str) -> float:
        one, other = self._places.get(source), self._places.get(destination)
        delay = (one.delay if one else 0.0) + (other.delay if other else 0.0)
        when = self.now + delay * (1 + JITTER_SHARE * self._chance.random())
        path = (source, destination)
        last = self._arrivals.get(path, 0.0)
        when = max(when, last)
        self._arrivals[path] = when
        return when

    def _tick(self, arg: tuple[Place, float]) -> None:
        place, due = arg
        if place.ticking == due:
            place.ticking = float("inf")
            self.perform(place, place.machine.tick(self.now))

    def _step(self, script: Script) -> None:
        gap = script.step(self)
        if gap is not None:
            self.at(self.now + gap, self._step, script)
