"""Notes what was really there: flows, calls and roles, as four tables beside a generated capture."""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from peergate.lab.campus.scripts import Flow, Label
from peergate.lab.frames import TCP, UDP
from peergate.lab.simulator.servers import Supernode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from peergate.lab.simulator.generator import Generator, Place
    from peergate.lab.simulator.machine import Endpoint, Talk

FLOW_COLUMNS = (
    *("capture", "proto", "ip_a", "port_a", "ip_b", "port_b"),
    *("category", "app", "activity", "packets", "source"),
)
SOURCE = "simulator"
# What goes on in a flow in which people talk.
TALKS = {"call", "video", "screen"}
TABLES = ("truth", "calls", "turns", "roles")
# A log-on asks its nodes for so long, whatever jitter its program adds.
LOG_ON_SECONDS = 2.0
LOG_ON = "log-on"


@dataclass
class Leg:
    """A call, or a file on its way, as one flow of the capture carries it."""

    start: float
    end: float
    activity: str
    # direct, relayed (through a host elsewhere), relaying (a host of the campus is the relay), tunnelled.
    leg: str
    app: str
    proto: str
    local_ip: str
    local_port: int
    remote_ip: str
    remote_port: int


@dataclass
class Role:
    """What a host of the campus was for others."""

    start: float
    end: float
    # supernode, relay
    role: str
    # What it relayed: call, proxy.
    what: str
    host: str
    port: int
    # The two ends of a relay, as address:port.
    one_end: str = ""
    other_end: str = ""


@dataclass
class Turn:
    """Something else goes on in a flow from now on."""

    time: float
    before: str
    now: str
    proto: str
    local_ip: str
    local_port: int
    remote_ip: str
    remote_port: int


class Ledger:
    """Notes the truth while a capture is made; `write` puts it beside the capture."""

    def __init__(
        self, local: frozenset[str] | set[str], labels: Mapping[str, Label], *, keeps: bool = True
    ) -> None:
        self.network: Generator | None = None
        self._local = local
        self._labels = labels
        self._flows: dict[tuple[int, Endpoint, Endpoint], Flow] = {}
        self._legs: dict[tuple[int, Endpoint, Endpoint], Leg] = {}
        self._done: list[Flow] = []
        # Whether scripted flows are wanted when they are over, or only how many there were.
        self._keeps = keeps
        self._over = 0
        # When a client of the campus began to log on, by its address.
        self._log_ons: dict[str, float] = {}
        self.finished: list[Leg] = []
        self.roles: list[Role] = []
        self.turns: list[Turn] = []

    def done(self, flow: Flow) -> None:
        """A scripted flow has ended."""
        self._over += 1
        if not self._keeps:
            return
        self._done.append(flow)
        if flow.label.activity in TALKS:
            leg = "tunnelled" if flow.label.category == "tunnel" else "direct"
            self.finished.append(self._leg(flow, leg))
        self._note_turns(flow)

    def saw(self, protocol: int, source: Endpoint, destination: Endpoint, place: Place) -> None:
        """The tap saw a frame that a machine sent."""
        flow = self._flows.get((protocol, source, destination)) or self._flows.get(
            (protocol, destination, source)
        )
        if flow is None:
            now = self._now
            label = self._labels[place.label]
            if self._logs_on(protocol, source, place):
                label = replace(label, activity=LOG_ON)
            flow = Flow(protocol, (source, destination), label, now, now)
            self._flows[protocol, source, destination] = flow
        flow.packets += 1

    def talk(
        self, place: Place, talk: Talk, protocol: int, ends: tuple[Endpoint, Endpoint]
    ) -> None:
        """A talk goes on between these ends."""
        one, other = ends
        if one.address not in self._local and other.address not in self._local:
            return
        key = (protocol, min(ends), max(ends))
        leg = self._legs.get(key)
        if leg is None:
            flow = Flow(protocol, ends, self._labels[place.label], self._now)
            flow.label = Label("call", flow.label.app, talk.activity)
            leg = self._legs[key] = self._leg(flow, self._kind(*ends))
        leg.end = self._now

    def happened(self, place: Place, event: str, details: Mapping[str, Any]) -> None:
        """A client of the campus logs on, or a supernode of it puts two through."""
        if place.at.address not in self._local:
            return
        if event == "log-on-started":
            self._log_ons[place.at.address] = self._now
        if event != "relaying":
            return
        one, other = (self._named(place, end) for end in details["ends"])
        now = self._now
        self.roles.append(
            Role(now, now, "relay", "call", place.at.address, place.at.port, one, other)
        )

    def write(self, capture: Path) -> None:
        """Writes flows, calls and roles."""
        paths = {kind: capture.with_suffix(f".{kind}.csv") for kind in TABLES}
        self.finished += self._legs.values()
        for (protocol, one, other), leg in self._legs.items():
            flow = self._flows.get((protocol, one, other)) or self._flows.get(
                (protocol, other, one)
            )
            if flow:
                flow.label = Label("call", flow.label.app, leg.activity)
        with paths["truth"].open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(FLOW_COLUMNS)
            for flow in (*self._flows.values(), *self._done):
                writer.writerow(self._row(capture.name, flow))
        self._end_relays()
        write_rows(paths["calls"], Leg, sorted(self.finished, key=lambda leg: leg.start))
        write_rows(paths["turns"], Turn, sorted(self.turns, key=lambda turn: turn.time))
        write_rows(paths["roles"], Role, sorted(self.roles, key=lambda role: role.start))

    @property
    def counts(self) -> tuple[int, int]:
        """Flows, and flows of calls."""
        calls = sum(leg.activity == "call" for leg in self.finished)
        return len(self._flows) + self._over, calls

    @property
    def _now(self) -> float:
        return self.network.now if self.network else 0.0

    def _logs_on(self, protocol: int, source: Endpoint, place: Place) -> bool:
        began = self._log_ons.get(source.address)
        asks = protocol == UDP and source == place.at
        return asks and began is not None and self._now - began <= LOG_ON_SECONDS

    def _end_relays(self) -> None:
        """A relay is one for as long as one of its legs is up."""
        ends = {(leg.local_ip, leg.remote_ip): leg.end for leg in self.finished}
        for role in self.roles:
            if role.role == "relay" and role.what == "call":
                far = (end.rsplit(":", 1)[0] for end in (role.one_end, role.other_end))
                up = [ends[role.host, end] for end in far if (role.host, end) in ends]
                role.end = max(up, default=role.end)

    def _note_turns(self, flow: Flow) -> None:
        time = flow.begin
        for (seconds, before), (_, now) in pairwise(flow.phases):
            time += seconds
            if before != now:
                self.turns.append(Turn(time, before, now, "udp", *flow.ends[0], *flow.ends[1]))

    def _kind(self, one: Endpoint, other: Endpoint) -> str:
        for end in (one, other):
            place = self.network.host(end.address) if self.network else None
            if place and serves(place):
                return "relaying" if end.address in self._local else "relayed"
        return "direct"

    def _leg(self, flow: Flow, leg: str) -> Leg:
        ends = flow.ends if flow.ends[0].address in self._local else flow.ends[::-1]
        proto = "tcp" if flow.protocol == TCP else "udp"
        label = flow.label
        begin, end = flow.begin, flow.end or flow.begin
        return Leg(begin, end, label.activity, leg, label.app, proto, *ends[0], *ends[1])

    def _named(self, place: Place, end: Endpoint | int) -> str:
        if not isinstance(end, int):
            return named(end)
        client = self.network.client_of(place, end) if self.network else None
        return named(client) if client else ""

    @staticmethod
    def _row(capture: str, flow: Flow) -> tuple[Any, ...]:
        proto = "tcp" if flow.protocol == TCP else "udp"
        label = flow.label
        words = (label.category, label.app, label.activity)
        return (capture, proto, *flow.ends[0], *flow.ends[1], *words, flow.packets, SOURCE)


def beside(capture: Path, kind: str) -> Path:
    """Where a table of the truth about a capture is."""
    return capture.with_suffix(f".{kind}.csv")


def named(end: Endpoint) -> str:
    """An endpoint as tables write it."""
    return f"{end.address}:{end.port}"


def serves(place: Place) -> bool:
    """Whether a machine is a supernode, or has become one."""
    return (
        isinstance(place.machine, Supernode) or getattr(place.machine, "service", None) is not None
    )


def write_rows(path: Path, kind: type[Leg | Turn | Role], rows: list[Any]) -> None:
    """A table of one kind of rows."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        writer.writerows(astuple(row) for row in rows)
