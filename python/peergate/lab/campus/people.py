"""Who lives where: addresses of the campus and of the Internet, none given out twice."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network
from typing import TYPE_CHECKING

from peergate.lab.simulator.machine import Endpoint

if TYPE_CHECKING:
    from random import Random

FIRST_PORT, LAST_PORT = 1024, 65_535
# First bytes of addresses where nobody on the Internet lives, and of those that campuses use themselves.
RESERVED = (0, 10, 100, 127, 169, 172, 192, 198, 203)
LAST_UNICAST = 223
LAST_BYTE = 0xFF


def campus(network: str, hosts: int) -> list[str]:
    """The addresses of that many hosts, 250 to a /24."""
    first = int(ip_network(network).network_address)
    return [str(IPv4Address(first + (i // 250 + 1) * 256 + i % 250 + 2)) for i in range(hosts)]


class Internet:
    """Addresses elsewhere."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._taken: set[int] = set()

    def address(self) -> str:
        """One that nobody has yet."""
        while True:
            number = self._chance.getrandbits(32)
            usual = 0 < number >> 24 <= LAST_UNICAST and number >> 24 not in RESERVED
            if usual and number not in self._taken and 0 < number & LAST_BYTE < LAST_BYTE:
                self._taken.add(number)
                return str(IPv4Address(number))

    def endpoint(self) -> Endpoint:
        """An address and a port that a program chose."""
        return Endpoint(self.address(), self._chance.randint(FIRST_PORT, LAST_PORT))
