"""The labelled file: what the flows of captures really are.

A CSV file with the columns `capture` (path below the captures' folder), `proto` (tcp, udp, icmp …), `ip_a`, `port_a`,
`ip_b`, `port_b` (both ends, in any order), `category` (call, chat, p2p, tunnel or other) and `app` (empty: not known).
A `|` in a cell separates words that are each right. Other columns are passed over; flows that are not listed are not
scored.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONTROLLED = ("call", "chat", "p2p", "tunnel")
"""The categories that a policy is there to control; everything else is `other`."""

OTHER = "other"
UNKNOWN = "unknown"

PROTOS = {"icmpv6": "ipv6-icmp", "1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp"}
"""Other names of protocols."""

End = tuple[str, int]
Key = tuple[str, End, End]


@dataclass(frozen=True)
class Label:
    """What one flow really is."""

    key: Key
    categories: frozenset[str]
    apps: frozenset[str]

    @property
    def is_scored_for_recall(self) -> bool:
        """Whether it is of a controlled category for certain."""
        return OTHER not in self.categories

    @property
    def group(self) -> str:
        """The words of its category, as tables name them."""
        return " or ".join(sorted(self.categories))


def key(proto: str, one: End, other: End) -> Key:
    """A flow's name that does not depend on who is called the client."""
    low, high = sorted((_end(*one), _end(*other)))
    return PROTOS.get(proto.lower(), proto.lower()), low, high


def _end(address: str, port: int) -> End:
    try:
        return ip_address(address.partition("%")[0]).compressed, port
    except ValueError:
        # A label that names no address fits no flow: a miss, and no reason to stop.
        return address, port


def read(path: Path) -> dict[str, list[Label]]:
    """The labels of each capture."""
    labels: defaultdict[str, list[Label]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ends = ((row["ip_a"], int(row["port_a"] or 0)), (row["ip_b"], int(row["port_b"] or 0)))
            words = [
                frozenset(word for word in row[name].split("|") if word)
                for name in ("category", "app")
            ]
            labels[row["capture"]].append(Label(key(row["proto"], *ends), *words))
    return dict(labels)
