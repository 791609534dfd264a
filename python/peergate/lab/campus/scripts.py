"""Conversations that are written beforehand: words of two sides in, frames out, and their truth at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.frames import MAXIMUM_SEGMENT, TCP, UDP, Flag, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from peergate.lab.simulator.generator import Generator
    from peergate.lab.simulator.machine import Endpoint

CLIENT, SERVER = 0, 1
# Seconds since the word before, who speaks, and what.
Word = tuple[float, int, bytes]
# Segments of one write follow each other so closely, as on a line of 100 Mbit/s.
BACK_TO_BACK = 0.00012
# A receiver acknowledges every second segment.
ACKNOWLEDGED = 2


@dataclass(frozen=True)
class Label:
    """What a flow really is, in the words of the truth file; empty cells are not scored."""

    category: str
    app: str = ""
    activity: str = ""


@dataclass
class Flow:
    """A flow while and after it happened."""

    protocol: int
    ends: tuple[Endpoint, Endpoint]
    label: Label
    begin: float = 0.0
    end: float = 0.0
    packets: int = 0
    # Seconds and activity of each part of it, where it has parts.
    phases: tuple[tuple[float, str], ...] = ()


class Datagrams:
    """A conversation over UDP."""

    def __init__(
        self,
        ends: tuple[Endpoint, Endpoint],
        words: Iterator[Word],
        label: Label,
        done: Callable[[Flow], None],
    ) -> None:
        self.flow = Flow(UDP, ends, label)
        self._words = words
        self._done = done
        self._next: Word | None = next(words, None)

    def step(self, network: Generator) -> float | None:
        """Sends what is due."""
        flow = self.flow
        if self._next is None:
            self._done(flow)
            return None
        _, side, payload = self._next
        flow.begin = flow.begin or network.now
        flow.end = network.now
        flow.packets += 1
        network.show_datagram(flow.ends[side], flow.ends[1 - side], payload)
        self._next = next(self._words, None)
        return self._next[0] if self._next else 0.0


class Stream:
    """A conversation over TCP: handshake, segments, acknowledgements, end."""

    def __init__(
        self,
        ends: tuple[Endpoint, Endpoint],
        words: Iterator[Word],
        label: Label,
        done: Callable[[Flow], None],
        round_trip: float = 0.04,
    ) -> None:
        self.flow = Flow(TCP, ends, label)
        self._words = words
        self._done = done
        self._round_trip = round_trip
        self._sent = [0, 0]
        self._segments = self._all()
        self._next: tuple[float, Segment] | None = next(self._segments)

    def step(self, network: Generator) -> float | None:
        """Sends what is due."""
        flow = self.flow
        if self._next is None:
            self._done(flow)
            return None
        if not flow.packets:
            self._first = (network.sequence(), network.sequence())
            flow.begin = network.now
        flow.end = network.now
        flow.packets += 1
        network.show_segment(self._placed(self._next[1]))
        self._next = next(self._segments, None)
        return self._next[0] if self._next else 0.0

    def _placed(self, segment: Segment) -> Segment:
        """The segment with the sequence numbers that the network gave."""
        side = segment.source == self.flow.ends[SERVER]
        heard = segment.acknowledged + self._first[1 - side] if segment.flags & Flag.ACK else 0
        return segment._replace(
            sequence=(segment.sequence + self._first[side]) & 0xFFFF_FFFF,
            acknowledged=heard & 0xFFFF_FFFF,
        )

    def _segment(self, side: int, flags: int, data: bytes = b"") -> Segment:
        ends, sent = self.flow.ends, self._sent
        made = Segment(ends[side], ends[1 - side], flags, sent[side], sent[1 - side], data)
        sent[side] += len(data) + bool(flags & (Flag.SYN | Flag.FIN))
        return made

    def _all(self) -> Iterator[tuple[float, Segment]]:
        yield 0.0, self._segment(CLIENT, Flag.SYN)
        yield self._round_trip, self._segment(SERVER, Flag.SYN | Flag.ACK)
        yield BACK_TO_BACK, self._segment(CLIENT, Flag.ACK)
        for gap, side, data in self._words:
            yield from self._write(gap, side, data)
        yield self._round_trip, self._segment(CLIENT, Flag.FIN | Flag.ACK)
        yield self._round_trip, self._segment(SERVER, Flag.FIN | Flag.ACK)
        yield BACK_TO_BACK, self._segment(CLIENT, Flag.ACK)

    def _write(self, gap: float, side: int, data: bytes) -> Iterator[tuple[float, Segment]]:
        for number, start in enumerate(range(0, len(data), MAXIMUM_SEGMENT)):
            part = data[start : start + MAXIMUM_SEGMENT]
            yield gap, self._segment(side, Flag.PSH | Flag.ACK, part)
            gap = BACK_TO_BACK
            if number % ACKNOWLEDGED == 0:
                yield BACK_TO_BACK, self._segment(1 - side, Flag.ACK)
