"""A client on a desktop that was made a supernode: the same port now answers strangers as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.simulator.client import Client
from peergate.lab.simulator.connection import FIRST_ACCEPTED
from peergate.lab.simulator.servers import Manner, Supernode

if TYPE_CHECKING:
    from random import Random

    from peergate.lab.simulator.client import Settings
    from peergate.lab.simulator.machine import Actions, Endpoint


class Desktop(Client):
    """A client with a supernode beside it, from the moment it is promoted."""

    def __init__(self, settings: Settings, chance: Random, room: int) -> None:
        super().__init__(settings, chance)
        self._offered = Supernode(Manner(accepts=True, room=room), chance, settings.dialect)
        self.service: Supernode | None = None

    def promote(self, now: float) -> Actions:
        """The network needs one more supernode."""
        del now
        self.service = self._offered
        yield from ()

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """What strangers ask is for the supernode, the rest for the client."""
        service = self.service
        if service and (
            service.puts_through(sender)
            or (service.is_asked(payload) and sender not in self._asked)
        ):
            yield from service.datagram(now, sender, payload)
            if service.due is not None:
                self.later(service.due, service.tick)
        else:
            yield from super().datagram(now, sender, payload)

    def accepted(self, now: float, stream: int, port: int) -> Actions:
        """Strangers connect to supernodes only."""
        if self.service:
            yield from self.service.accepted(now, stream, port)

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Bytes of a stranger, or of a node that this client connected to."""
        if self.service and stream >= FIRST_ACCEPTED:
            yield from self.service.received(now, stream, data)
        else:
            yield from super().received(now, stream, data)

    def closed(self, now: float, stream: int) -> Actions:
        """A connection of either kind ended."""
        if self.service and stream >= FIRST_ACCEPTED:
            yield from self.service.closed(now, stream)
        else:
            yield from super().closed(now, stream)
