"""Conversations, from what the two ends say to frames with their times."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from peergate.lab.frames import Flag, Segment, tcp, udp

if TYPE_CHECKING:
    from peergate.lab.simulator.machine import Endpoint

HERE = "192.0.2.10"
THERE = "198.51.100.20"
ELSEWHERE = "203.0.113.30"
MAXIMUM_SEGMENT = 1460
PAUSE = 0.02


@dataclass
class Talk:
    """A capture that grows; `chance` is where its keys and nonces come from, always the same."""

    chance: Random = field(default_factory=lambda: Random(1))
    frames: list[tuple[float, bytes]] = field(default_factory=list)

    def add(self, frame: bytes) -> None:
        """Takes a frame, a pause after the last."""
        self.frames.append((len(self.frames) * PAUSE, frame))

    def datagram(self, source: Endpoint, destination: Endpoint, payload: bytes) -> None:
        """One UDP datagram."""
        self.add(udp(source, destination, payload, len(self.frames) + 1))

    def exchange(self, client: Endpoint, server: Endpoint, *payloads: bytes) -> None:
        """Datagrams in turn, the client's first."""
        for place, payload in enumerate(payloads):
            ends = (client, server) if place % 2 == 0 else (server, client)
            self.datagram(*ends, payload)

    def middle(self, client: Endpoint, server: Endpoint, *messages: bytes) -> None:
        """A piece out of the middle of a TCP connection, messages in turn, the client's first."""
        Connection(self, [client, server]).say(messages)

    def connection(self, client: Endpoint, server: Endpoint, *messages: bytes) -> None:
        """A TCP connection from its first SYN to its last FIN, messages in turn, the client's first."""
        Connection(self, [client, server]).play(messages)


@dataclass
class Connection:
    """The numbers of a connection; 0 is the client, 1 the server."""

    talk: Talk
    ends: list[Endpoint]
    next: list[int] = field(default_factory=lambda: [1000, 5000])

    def send(self, side: int, flags: int, payload: bytes = b"") -> None:
        """One segment."""
        heard = self.next[1 - side] if flags & Flag.ACK else 0
        source, destination = self.ends[side], self.ends[1 - side]
        segment = Segment(source, destination, flags, self.next[side], heard, payload)
        self.talk.add(tcp(segment, len(self.talk.frames) + 1))
        self.next[side] += len(payload) + bool(flags & (Flag.SYN | Flag.FIN))

    def play(self, messages: tuple[bytes, ...]) -> None:
        """Opens, says everything, closes."""
        self.send(0, Flag.SYN)
        self.send(1, Flag.SYN | Flag.ACK)
        self.send(0, Flag.ACK)
        self.say(messages)
        self.send(0, Flag.FIN | Flag.ACK)
        self.send(1, Flag.FIN | Flag.ACK)
        self.send(0, Flag.ACK)

    def say(self, messages: tuple[bytes, ...]) -> None:
        """Messages in turn, in segments that fit."""
        for place, message in enumerate(messages):
            for start in range(0, len(message), MAXIMUM_SEGMENT):
                part = message[start : start + MAXIMUM_SEGMENT]
                self.send(place % 2, Flag.PSH | Flag.ACK, part)
