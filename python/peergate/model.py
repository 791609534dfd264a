"""The words that every part of Peergate talks in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a rule does with a flow. `block` is enforced as the gateway's `refuse` says."""

    ALLOW = "allow"
    ALERT = "alert"
    BLOCK = "block"


class Role(StrEnum):
    """What a host may be found to be for others."""

    PEER = "peer"
    SUPERNODE = "supernode"
    RELAY = "relay"


class Refuse(StrEnum):
    """How a blocked flow learns of it: not at all, or by TCP reset and ICMP unreachable."""

    SILENCE = "silence"
    RESET = "reset"


class Mode(StrEnum):
    """Who forwards: the kernel's bridge, or the gate itself, straight to the other port."""

    BRIDGE = "bridge"
    WIRE = "wire"


class Fail(StrEnum):
    """What undecided flows may do when the program is gone."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Words:
    """The names that a policy may use, as the loaded signatures define them."""

    apps: frozenset[str]
    categories: frozenset[str]
    protocols: frozenset[str]
    activities: frozenset[str]
