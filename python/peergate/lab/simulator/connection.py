"""A TCP connection between two machines of the generator: no loss, no windows, but all segments that a tap sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.frames import MAXIMUM_SEGMENT, Flag, Segment, tcp
from peergate.lab.simulator.machine import Send

if TYPE_CHECKING:
    from peergate.lab.simulator.generator import Generator, Place
    from peergate.lab.simulator.machine import Endpoint

# Streams that others open are numbered from here, those that a machine opens from one.
FIRST_ACCEPTED = 1_000_000


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


class Connection:
    """Both sides of a connection."""

    def __init__(  # noqa: PLR0913, PLR0917 - both ends and where they are
        self,
        network: Generator,
        place: Place,
        stream: int,
        source: Endpoint,
        to: Endpoint,
        first: tuple[int, int],
    ) -> None:
        self._network = network
        self._client = End(source, place, stream, first[0])
        self._server = End(to, network.host(to.address), FIRST_ACCEPTED + first[1], first[1])

    def open(self) -> None:
        """The client knocks."""
        self._segment(self._client, Flag.SYN)

    def send(self, place: Place, data: bytes) -> None:
        """A side writes."""
        end = self._end(place)
        for start in range(0, len(data), MAXIMUM_SEGMENT):
            self._segment(end, Flag.PSH | Flag.ACK, data[start : start + MAXIMUM_SEGMENT])

    def close(self, place: Place) -> None:
        """A side has nothing more to say."""
        end = self._end(place)
        if end.open and not end.finished:
            end.finished = True
            self._segment(end, Flag.FIN | Flag.ACK)

    def _end(self, place: Place) -> End:
        return self._client if self._client.place is place else self._server

    def _segment(self, end: End, flags: Flag, data: bytes = b"") -> None:
        other = self._server if end is self._client else self._client
        segment = Segment(end.at, other.at, flags, end.sequence, end.acknowledged, data)
        frame = tcp(segment, self._network.number())
        end.sequence = (end.sequence + advance(flags, data)) & 0xFFFF_FFFF
        after = end.sequence
        self._network.transmit(
            end.at, other.at, frame, lambda: self._arrived(other, flags, after, data)
        )

    def _arrived(self, end: End, flags: Flag, after: int, data: bytes) -> None:
        if end.place is None:
            return
        if advance(flags, data):
            end.acknowledged = after
        if Flag.RST in flags:
            self._lost(end)
        elif Flag.SYN in flags:
            self._shake(end, flags)
        elif data:
            self._hear(end, end.place, data)
        elif Flag.FIN in flags:
            self._segment(end, Flag.ACK)
            self.close(end.place)
            self._lost(end)
        elif end is self._server and not end.open:
            end.open = True
            self._network.remember(end.place, end.stream, self)
            accepted = end.place.machine.accepted(self._network.now, end.stream, end.at.port)
            self._network.perform(end.place, accepted)

    def _shake(self, end: End, flags: Flag) -> None:
        if end.place is None:
            return
        if Flag.ACK not in flags:
            welcome = end.at.port in end.place.listen
            self._segment(end, (Flag.SYN if welcome else Flag.RST) | Flag.ACK)
            return
        end.open = True
        self._segment(end, Flag.ACK)
        self._network.perform(end.place, end.place.machine.connected(self._network.now, end.stream))

    def _hear(self, end: End, place: Place, data: bytes) -> None:
        actions = list(place.machine.received(self._network.now, end.stream, data))
        # An answer acknowledges as well.
        if not any(isinstance(action, Send) and action.stream == end.stream for action in actions):
            self._segment(end, Flag.ACK)
        self._network.perform(place, iter(actions))

    def _lost(self, end: End) -> None:
        if end.place is None:
            return
        end.open = False
        self._network.forget(end.place, end.stream)
        self._network.perform(end.place, end.place.machine.closed(self._network.now, end.stream))


def advance(flags: Flag, data: bytes) -> int:
    """How many sequence numbers a segment uses."""
    return len(data) + bool(flags & (Flag.SYN | Flag.FIN))
