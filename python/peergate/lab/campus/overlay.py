"""A peer-to-peer program on a campus: who runs it, who is made a supernode, who calls whom and which way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from peergate.lab.campus.people import FIRST_PORT, LAST_PORT
from peergate.lab.campus.truth import Role
from peergate.lab.simulator.cast import LOGIN_PORT, LOGIN_PORTS, MANNERS
from peergate.lab.simulator.client import Client, Settings
from peergate.lab.simulator.desktop import Desktop
from peergate.lab.simulator.dialect import UNNAMED
from peergate.lab.simulator.disguise import PLAIN, Disguise
from peergate.lab.simulator.generator import EPOCH, Place
from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.servers import FAKE_TLS_PORT, HTTP_PORT, LoginServer, Supernode
from peergate.lab.simulator.voice import Codec, some_codec

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from peergate.lab.campus.parameters import Evasions, Program
    from peergate.lab.campus.people import Internet
    from peergate.lab.campus.truth import Ledger
    from peergate.lab.simulator.dialect import Dialect
    from peergate.lab.simulator.generator import Generator
    from peergate.lab.simulator.machine import Actions

# Milliseconds to a node somewhere, and within the campus.
FAR = (0.01, 0.12)
NEAR = 0.0005
# Everybody logs on within the first part of the capture; calls begin once they are on line.
LOG_ON_SHARE = 0.4
ON_LINE_SECONDS = 12.0
SHORTEST_CALL = 8.0
# A supernode takes so many clients over TCP.
ROOM = 12
# Clients on the Internet whom those of the campus know.
FRIENDS = 2
PROMOTED_AFTER = 15.0
# The invitation reaches the one who is called a moment later.
INVITED_AFTER = 0.3
SMALLEST_FILE = 20_000


class Member(NamedTuple):
    """A client, and where it is."""

    place: Place
    client: Desktop

    @property
    def at(self) -> Endpoint:
        """Where it is reached."""
        return self.place.at


class Overlay:
    """One program's network; `build` plans everything."""

    def __init__(  # noqa: PLR0913, PLR0917 - a program, where it runs, who watches
        self,
        program: Program,
        dialect: Dialect,
        network: Generator,
        internet: Internet,
        ledger: Ledger,
        chance: Random,
        seconds: float,
    ) -> None:
        self._program = program
        self._dialect = dialect
        self._network = network
        self._internet = internet
        self._ledger = ledger
        self._chance = chance
        self._seconds = seconds
        self._loss = 0.0
        self._nodes: list[Endpoint] = []
        self._relays: list[Endpoint] = []
        self._friends: list[Member] = []
        self._login = Endpoint(internet.address(), LOGIN_PORT)
        self._meetings = 0

    def build(self, hosts: list[str], loss: float) -> None:
        """Puts the program on these hosts of the campus, and its network on the Internet."""
        self._loss = loss
        self._build_internet(len(hosts))
        clients = [self._client(address) for address in hosts]
        promoted = self._promote(clients)
        for member in clients:
            self._live(member)
        for member in promoted:
            self._serve(member)
        for _ in range(self._program.lan_relays if promoted else 0):
            self._call_through_neighbour(self._chance.choice(clients), promoted)

    def _build_internet(self, clients: int) -> None:
        chance, program = self._chance, self._program
        self._add(LoginServer(chance), self._login, LOGIN_PORTS)
        for number in range(program.nodes):
            manner = MANNERS[number % len(MANNERS)]
            at = self._internet.endpoint()
            self._nodes.append(at)
            if manner.silent:
                continue
            listen = (at.port, HTTP_PORT, FAKE_TLS_PORT)
            self._add(Supernode(manner, chance, self._dialect), at, listen)
            if manner.accepts:
                self._relays.append(at)
        for _ in range(max(clients * FRIENDS, 4)):
            friend = Desktop(self._settings(self._nodes), chance, ROOM)
            friend.hears_udp = True
            place = self._add(friend, self._internet.endpoint())
            place.sealed = chance.random() < program.behind_nat
            self._friends.append(Member(place, friend))

    def _add(
        self, machine: Client | Supernode | LoginServer, at: Endpoint, listen: tuple[int, ...] = ()
    ) -> Place:
        place = Place(
            machine,
            at,
            self._chance.uniform(*FAR),
            listen,
            loss=self._loss,
            gathers=self._chance.random() < self._program.gathers,
            label=self._dialect.name,
        )
        self._network.add(place)
        return place

    def _client(self, address: str) -> Member:
        chance, program = self._chance, self._program
        at = Endpoint(address, chance.randint(FIRST_PORT, LAST_PORT))
        known = chance.sample(self._nodes, min(program.known_nodes, len(self._nodes)))
        machine = Desktop(self._settings(known), chance, ROOM)
        place = Place(
            machine,
            at,
            NEAR,
            sealed=chance.random() < program.behind_nat,
            without_udp=chance.random() < program.without_udp,
            gathers=chance.random() < program.gathers,
            loss=self._loss,
            label=self._dialect.name,
        )
        self._network.add(place)
        return Member(place, machine)

    def _settings(self, nodes: list[Endpoint]) -> Settings:
        evasive = self._chance.random() < self._program.evasive_share
        codec = some_codec(self._chance) if self._dialect is UNNAMED else Codec()
        return Settings(
            tuple(nodes),
            self._login,
            codec=codec,
            dialect=self._dialect,
            disguise=disguise(self._program.evasions) if evasive else PLAIN,
        )

    def _promote(self, clients: list[Member]) -> list[Member]:
        fit = [each for each in clients if not each.place.sealed and not each.place.without_udp]
        if not fit or not self._program.supernodes:
            return []
        return fit[: max(1, round(len(fit) * self._program.supernodes))]

    def _live(self, member: Member) -> None:
        """A day in the life of a client, as far as the capture shows it."""
        chance, program = self._chance, self._program
        begin = chance.uniform(0, self._seconds * LOG_ON_SHARE)
        self._do(member, begin, member.client.start)
        without_udp = member.place.without_udp
        for when in self._times(program.calls, begin + ON_LINE_SECONDS):
            seconds = max(chance.expovariate(1 / program.call_seconds), SHORTEST_CALL)
            friend = chance.choice(self._friends)
            relayed = without_udp or chance.random() < program.relayed
            relay = chance.choice(self._relays) if relayed else None
            self._call(member, friend, when, seconds, relay)
        for when in self._times(program.files, begin + ON_LINE_SECONDS):
            size = int(chance.expovariate(1 / program.file_kbytes) * 1000) + SMALLEST_FILE
            friend = chance.choice(self._friends)
            if not without_udp and not friend.place.sealed:
                send = partial(member.client.send_file, peer=friend.at, size=size)
                self._do(member, when, send)

    def _times(self, per_hour: float, begin: float) -> list[float]:
        """When something happens that happens so often."""
        times, when = [], begin
        while per_hour > 0:
            when += self._chance.expovariate(per_hour / 3600)
            if when > self._seconds - SHORTEST_CALL:
                break
            times.append(when)
        return times

    def _call(
        self, caller: Member, callee: Member, when: float, seconds: float, relay: Endpoint | None
    ) -> None:
        """A call; without a relay those whom nobody can reach begin it."""
        if relay:
            self._meet(caller, callee, when, seconds, relay)
            return
        if callee.place.sealed and not caller.place.sealed:
            caller, callee = callee, caller
        # Where both are behind a NAT, both write first, which opens the way.
        callee.place.contacts.add(caller.at.address)
        self._do(caller, when, partial(caller.client.call, peer=callee.at, seconds=seconds))

    def _meet(
        self, one: Member, other: Member, when: float, seconds: float, relay: Endpoint
    ) -> None:
        """A call through a relay, to which both come."""
        self._meetings += 1
        there = partial(one.client.call, peer=relay, seconds=seconds, meeting=self._meetings)
        self._do(one, when, there)
        come = partial(other.client.join, peer=relay, meeting=self._meetings)
        self._do(other, when + INVITED_AFTER, come)

    def _serve(self, member: Member) -> None:
        """A supernode on the campus: strangers ask it, and some talk through it."""
        chance, program = self._chance, self._program
        begin = min(PROMOTED_AFTER, self._seconds / 4)
        member.place.listen = (member.at.port,)
        self._do(member, begin, member.client.promote)
        end = EPOCH + self._seconds
        self._ledger.roles.append(Role(EPOCH + begin, end, "supernode", "", *member.at))
        for when in self._times(program.strangers * 60, begin):
            stranger = Client(self._settings([member.at]), chance)
            at = self._add(stranger, self._internet.endpoint()).at
            self._network.start(at.address, when)
        for when in self._times(program.relays_at_home, begin):
            one, other = chance.sample(self._friends, 2)
            seconds = max(chance.expovariate(1 / program.call_seconds), SHORTEST_CALL)
            self._meet(one, other, when, seconds, member.at)

    def _call_through_neighbour(self, caller: Member, promoted: list[Member]) -> None:
        """A client that must not get out gets out through one that may."""
        neighbour = next((member for member in promoted if member is not caller), None)
        if neighbour is None:
            return
        when = self._seconds * self._chance.uniform(0.5, 0.7)
        seconds = max(self._seconds * 0.2, SHORTEST_CALL)
        self._meet(caller, self._chance.choice(self._friends), when, seconds, neighbour.at)

    def _do(self, member: Member, when: float, step: Callable[[float], Actions]) -> None:
        self._network.do(member.at.address, when, step)


def disguise(evasions: Evasions) -> Disguise:
    """The evasions as a client takes them."""
    return Disguise(
        padding=evasions.padding,
        jitter=evasions.jitter,
        hop_seconds=evasions.port_hopping,
        fake_tls=evasions.fake_tls,
        rtp_like=evasions.rtp_like,
    )
