"""Adds flows up, by app and by host, as they come."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peergate._engine import Flow


@dataclass
class Total:
    """What the flows of one app, or of one host, add up to."""

    flows: int = 0
    packets: int = 0
    octets: int = 0
    actions: Counter[str] = field(default_factory=Counter)
    apps: Counter[str] = field(default_factory=Counter)
    category: str = ""

    def add(self, flow: Flow) -> None:
        """Counts one flow in."""
        self.flows += 1
        self.packets += packets(flow)
        self.octets += octets(flow)
        self.actions[flow.action] += 1
        self.apps[flow.app] += 1


@dataclass
class Summary:
    """Totals of all flows seen."""

    apps: defaultdict[str, Total] = field(default_factory=lambda: defaultdict(Total))
    hosts: defaultdict[str, Total] = field(default_factory=lambda: defaultdict(Total))
    all: Total = field(default_factory=Total)

    def add(self, flows: Iterable[Flow]) -> None:
        """Counts flows in."""
        for flow in flows:
            self.all.add(flow)
            self.apps[flow.app].add(flow)
            self.apps[flow.app].category = flow.category
            self.hosts[flow.src_ip].add(flow)
            self.hosts[flow.dest_ip].add(flow)


def packets(flow: Flow) -> int:
    """Packets of both sides."""
    return flow.pkts_toserver + flow.pkts_toclient


def octets(flow: Flow) -> int:
    """Bytes of both sides, as they were on the wire."""
    return flow.bytes_toserver + flow.bytes_toclient


def largest(totals: dict[str, Total], count: int) -> list[tuple[str, Total]]:
    """The totals with the most bytes first; by name where they are equal."""
    ordered = sorted(totals.items(), key=lambda item: (-item[1].octets, item[0]))
    return ordered[: count or None]
