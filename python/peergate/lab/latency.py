"""How long a packet takes through the gate and through a plain bridge, measured side by side.

One process holds sockets in four namespaces, so each round trip is send, deliver, receive, and back, with no other
program to be woken. The two lines take turns: whatever else the machine does, it does to both.
"""

from __future__ import annotations

import ctypes
import os
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.network import NAMESPACES
from peergate.lab.topology import PROBE

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.network import Host

CLONE_NEWNET = 0x4000_0000
ECHO_PORT = 7
ROUNDS = 4000
WARM_UP = 200
PAYLOAD = bytes(160)
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Latency:
    """Round trips in microseconds."""

    gate: float
    plain: float

    @property
    def added(self) -> float:
        """What the gate adds to a plain bridge."""
        return self.gate - self.plain

    @property
    def ratio(self) -> float:
        """Gate to plain bridge."""
        return self.gate / self.plain


class Line:
    """A probe and an echo at the router, on the two ends of a line."""

    def __init__(self, probe: Host, router: Host) -> None:
        self._echo = socket_on(router)
        self._echo.bind((PROBE.router, ECHO_PORT))
        self._probe = socket_on(probe)
        self._probe.connect((PROBE.router, ECHO_PORT))

    def round_trip(self) -> float:
        """Microseconds there and back."""
        start = time.perf_counter_ns()
        self._probe.send(PAYLOAD)
        data, sender = self._echo.recvfrom(len(PAYLOAD))
        self._echo.sendto(data, sender)
        self._probe.recv(len(PAYLOAD))
        return (time.perf_counter_ns() - start) / 1000

    def close(self) -> None:
        """Gives the sockets back."""
        self._echo.close()
        self._probe.close()


def measure(lab: Lab) -> Latency:
    """The median round trip of both lines of a lab."""
    lines = [Line(lab.host(f"{name}probe"), lab.host(f"{name}router")) for name in ("", "plain-")]
    try:
        trips = [[line.round_trip() for line in lines] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    finally:
        for line in lines:
            line.close()
    gate, plain = (statistics.median(column) for column in zip(*trips, strict=True))
    return Latency(gate, plain)


def socket_on(host: Host) -> socket.socket:
    """A UDP socket that belongs to a host. A thread enters the namespace and ends: ours never leaves its own."""
    made: list[socket.socket] = []

    def enter() -> None:
        with (NAMESPACES / host.namespace).open() as namespace:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), host.namespace)
        made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    made[0].settimeout(PATIENCE_SECONDS)
    return made[0]
