"""A TCP connection between two machines of the generator: no loss, no windows, but all segments that a tap sees.

Small writes of a machine that gathers wait for the acknowledgement of those before them and leave together, as Nagle's
algorithm has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.frames import MAXIMUM_SEGMENT, Flag, Segment

if TYPE_CHECKING:
    from peergate.lab.simulator.generator import Generator, Place
    from peergate.lab.simulator.machine import Endpoint

# Streams that others open are numbered from here, those that a machine opens from one.
FIRST_ACCEPTED = 1_000_000
SEQUENCES = 0xFFFF_FFFF


class End:
    """One side of a connection."""

    def __init__(self, at: Endpoint, place: Place | None, stream: int, sequence: int) -> None:
        self.at = at
        self.place = place
        self.stream = stream
        self.sequence = sequence
        self.acknowledged = 0
        self.open = False
        self.finished = False
        # Bytes that wait, and up to where the other side has acknowledged.
        self.waiting = bytearray()
        self.settled = sequence


class Connection:
    """Both sides of a connection."""

    def __init__(
        self, network: Generator, place: Place, stream: int, source: Endpoint, to: Endpoint
    ) -> None:
        self._network = network
        self._client = End(source, place, stream, network.sequence())
        first = network.sequence()
        self._server = End(to, network.host(to.address), FIRST_ACCEPTED + first, first)

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Client and server."""
        return self._client.at, self._server.at

    def open(self) -> None:
        """The client knocks."""
        self._segment(self._client, Flag.SYN)

    def send(self, place: Place, data: bytes) -> None:
        """A side writes."""
        end = self._end(place)
        end.waiting += data
        self._flush(end)

    def close(self, place: Place) -> None:
        """A side has nothing more to say."""
        end = self._end(place)
        if end.open and not end.finished:
            self._flush(end, all_of_it=True)
            end.finished = True
            self._segment(end, Flag.FIN | Flag.ACK)

    def _end(self, place: Place) -> End:
        return self._client if self._client.place is place else self._server

    def _flush(self, end: End, *, all_of_it: bool = False) -> None:
        waiting = end.waiting
        while len(waiting) >= MAXIMUM_SEGMENT:
            self._segment(end, Flag.PSH | Flag.ACK, bytes(waiting[:MAXIMUM_SEGMENT]))
            del waiting[:MAXIMUM_SEGMENT]
        gathers = end.place is not None and end.place.gathers
        if waiting and (all_of_it or not gathers or end.settled == end.sequence):
            data = bytes(waiting)
            waiting.clear()
            self._segment(end, Flag.PSH | Flag.ACK, data)

    def _segment(self, end: End, flags: int, data: bytes = b"") -> None:
        other = self._server if end is self._client else self._client
        segment = Segment(end.at, other.at, flags, end.sequence, end.acknowledged, data)
        end.sequence = (end.sequence + advance(flags, data)) & SEQUENCES
        if flags & Flag.SYN:
            end.settled = end.sequence
        self._network.transmit(end.place, segment, self._arrived)

    def _arrived(self, segment: Segment) -> None:
        from_client = segment.source == self._client.at
        end = self._server if from_client else self._client
        if end.place is None:
            return
        flags, data = segment.flags, segment.payload
        if size := advance(flags, data):
            end.acknowledged = (segment.sequence + size) & SEQUENCES
        if flags & Flag.ACK and not flags & Flag.SYN:
            end.settled = segment.acknowledged
        if flags & Flag.RST:
            self._lost(end)
        elif flags & Flag.SYN:
            self._shake(end, flags)
        elif data:
            self._hear(end, end.place, data)
        elif flags & Flag.FIN:
            self._segment(end, Flag.ACK)
            self.close(end.place)
            self._lost(end)
        elif end is self._server and not end.open:
            end.open = True
            self._network.remember(end.place, end.stream, self)
            accepted = end.place.machine.accepted(self._network.now, end.stream, end.at.port)
            self._network.perform(end.place, accepted)
        elif end.open:
            self._flush(end)

    def _shake(self, end: End, flags: int) -> None:
        if end.place is None:
            return
        if not flags & Flag.ACK:
            welcome = end.at.port in end.place.listen
            self._segment(end, (Flag.SYN if welcome else Flag.RST) | Flag.ACK)
            return
        end.open = True
        self._segment(end, Flag.ACK)
        self._network.perform(end.place, end.place.machine.connected(self._network.now, end.stream))

    def _hear(self, end: End, place: Place, data: bytes) -> None:
        before = end.sequence
        self._network.perform(place, place.machine.received(self._network.now, end.stream, data))
        # An answer acknowledges as well.
        if end.sequence == before:
            self._segment(end, Flag.ACK)
        self._flush(end)

    def _lost(self, end: End) -> None:
        if end.place is None:
            return
        end.open = False
        self._network.forget(end.place, end.stream)
        self._network.perform(end.place, end.place.machine.closed(self._network.now, end.stream))


def advance(flags: int, data: bytes) -> int:
    """How many sequence numbers a segment uses."""
    return len(data) + bool(flags & (Flag.SYN | Flag.FIN))
