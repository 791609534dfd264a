"""Who takes part: supernodes with their addresses, ports and manners, the same for every run of a seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.servers import FAKE_TLS_PORT, HTTP_PORT, Manner

LOGIN_PORT = 33033
LOGIN_PORTS = (HTTP_PORT, LOGIN_PORT)
# Of ten: four have gone home, two accept new clients, three refuse, one refuses and asks again first.
MANNERS = (
    Manner(accepts=True, nacks=True),
    Manner(),
    Manner(silent=True),
    Manner(nacks=True),
    Manner(silent=True),
    Manner(),
    Manner(accepts=True),
    Manner(silent=True),
    Manner(),
    Manner(silent=True),
)


@dataclass(frozen=True)
class Role:
    """One supernode of the cast."""

    at: Endpoint
    manner: Manner

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it listens over TCP: its own port, and where firewalls are open."""
        return () if self.manner.silent else (self.at.port, HTTP_PORT, FAKE_TLS_PORT)


def supernodes(addresses: tuple[str, ...], seed: int) -> tuple[Role, ...]:
    """The supernodes that live at these addresses, each on a random port that it keeps."""
    chance = Random(seed)
    return tuple(
        Role(Endpoint(address, chance.randrange(1024, 65536)), MANNERS[index % len(MANNERS)])
        for index, address in enumerate(addresses)
    )
