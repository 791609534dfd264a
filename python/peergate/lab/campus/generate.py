"""Writes a capture of a campus and its truth: the same bytes for the same parameters and seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.campus.ordinary import Ordinary
from peergate.lab.campus.overlay import Overlay
from peergate.lab.campus.people import Internet, campus
from peergate.lab.campus.scripts import Label
from peergate.lab.campus.truth import Ledger
from peergate.lab.frames import PcapWriter
from peergate.lab.simulator.chance import Chance
from peergate.lab.simulator.dialect import CLASSIC, UNNAMED
from peergate.lab.simulator.generator import Generator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peergate.lab.campus.parameters import Parameters

LABELS = {
    CLASSIC.name: Label("call|chat|p2p", "skype"),
    # Its signalling may be called by any of these names, or by none.
    UNNAMED.name: Label("call|chat|p2p|other"),
}
BUFFER = 1 << 20
PROGRESS_EVERY = 0xFFFF


@dataclass(frozen=True)
class Order:
    """What is wanted."""

    hosts: int
    minutes: float
    seed: int
    parameters: Parameters


@dataclass(frozen=True)
class Written:
    """What was written."""

    packets: int
    flows: int
    calls: int
    roles: int


class Campus:
    """A campus that is about to live for some minutes; it `keeps` the truth about its flows, or only counts them."""

    def __init__(self, order: Order, *, keeps: bool = True) -> None:
        chance = Chance(order.seed)
        parameters, seconds = order.parameters, order.minutes * 60
        hosts = campus(parameters.network, order.hosts)
        local = frozenset(hosts)
        self.ledger = Ledger(local, LABELS, keeps=keeps)
        self.network = Generator((), local, chance, witness=self.ledger)
        self.ledger.network = self.network
        internet = Internet(chance)
        for program, dialect in ((parameters.named, CLASSIC), (parameters.unnamed, UNNAMED)):
            count = round(program.share * len(hosts))
            users = chance.sample(hosts, count)
            if not users:
                continue
            parts = (self.network, internet, self.ledger, chance, seconds)
            Overlay(program, dialect, *parts).build(users, parameters.loss)
            # One host runs one of them, so that what a host is for others has one cause.
            hosts = [host for host in hosts if host not in set(users)]
        ordinary = Ordinary(self.network, internet, self.ledger, chance, sorted(local))
        ordinary.build(parameters.traffic)
        Ordinary(self.network, internet, self.ledger, chance, hosts).lend(
            parameters.proxies, seconds
        )
        self._seconds = seconds

    def live(self, writer: PcapWriter, progress: Callable[[int, float], None]) -> int:
        """Writes all that the tap sees, in order of time; tells packets and seconds as they pass, gives the packets."""
        packets = 0

        def tap(when: float, data: bytes) -> None:
            nonlocal packets
            packets += 1
            writer.write(when, data)
            if not packets & PROGRESS_EVERY:
                progress(packets, when)

        self.network.run(self._seconds, tap)
        return packets


def generate(order: Order, path: Path, progress: Callable[[int, float], None]) -> Written:
    """Writes the capture and its truth; tells packets and seconds of the campus as they pass."""
    made = Campus(order)
    with path.open("wb", buffering=BUFFER) as file:
        packets = made.live(PcapWriter(file, order.parameters.snap), progress)
    made.ledger.write(path)
    flows, calls = made.ledger.counts
    return Written(packets, flows, calls, len(made.ledger.roles))
