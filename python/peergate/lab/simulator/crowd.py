"""Many log-ons at once, each in a world of its own: `python -m peergate.lab.simulator.crowd clients|worlds RUNS`.

No two share a supernode, a log-in server or an address: what a gateway learns of one is no help against another.
Every event says of which run it is.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
from dataclasses import dataclass
from functools import partial
from random import Random

from peergate.lab.clients.report import report
from peergate.lab.simulator.cast import LOGIN_PORT, LOGIN_PORTS, supernodes
from peergate.lab.simulator.client import Client, Settings
from peergate.lab.simulator.disguise import PLAIN, Disguise
from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.servers import LoginServer, Supernode
from peergate.lab.simulator.sockets import Runner

# Worlds: 100.64.RUN.NODE. Clients: one address each in the students' network.
WORLDS = "100.64.0.0/10"
NODES = 24
LOGIN_HOST = 250
FIRST_CLIENT = 60
MOST_RUNS = 190
PORTS = (1024, 65_535)
# Clients begin within these seconds.
START_SECONDS = 8.0

EVASIONS = {
    "none": PLAIN,
    "padding": Disguise(padding=90),
    "jitter": Disguise(jitter=0.4),
    "fake-tls": Disguise(fake_tls=True),
    "quiet": Disguise(quiet=True),
    "scattered": Disguise(scattered=True),
    "all": Disguise(padding=90, jitter=0.4, quiet=True, scattered=True),
    "all-behind-tls": Disguise(padding=90, jitter=0.4, quiet=True, scattered=True, fake_tls=True),
}


@dataclass(frozen=True)
class Run:
    """One log-on: who, where, in which disguise."""

    number: int
    seed: int

    @property
    def evasion(self) -> str:
        """Each in turn."""
        return list(EVASIONS)[self.number % len(EVASIONS)]

    @property
    def client(self) -> str:
        """The client's address."""
        return f"198.18.10.{FIRST_CLIENT + self.number}"

    @property
    def login(self) -> Endpoint:
        """Its log-in server."""
        return Endpoint(f"100.64.{self.number}.{LOGIN_HOST}", LOGIN_PORT)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Where its supernodes are."""
        return tuple(f"100.64.{self.number}.{host}" for host in range(1, NODES + 1))

    def chance(self, what: str) -> Random:
        """Chance for one part of it."""
        return Random(f"{self.seed}/{self.number}/{what}")


def runs(count: int, seed: int) -> list[Run]:
    """That many."""
    return [Run(number, seed) for number in range(count)]


async def live_clients(count: int, seed: int, rounds: int) -> None:
    """All clients."""
    living = []
    for run in runs(count, seed):
        chance = run.chance("client")
        cast = supernodes(run.nodes, seed + run.number)
        settings = Settings(
            tuple(role.at for role in cast),
            run.login,
            rounds=rounds,
            disguise=EVASIONS[run.evasion],
        )
        at = Endpoint(run.client, chance.randint(*PORTS))
        runner = Runner(Client(settings, chance), at, tell=partial(report, run=run.number))
        living.append(begin(runner, chance.random() * START_SECONDS))
    await asyncio.gather(*living)


async def begin(runner: Runner, after: float) -> None:
    """Starts one in its turn."""
    await asyncio.sleep(after)
    await runner.run()


async def live_worlds(count: int, seed: int) -> None:
    """Everybody that they could log on to."""
    tell = partial(report)
    living = []
    for run in runs(count, seed):
        chance = run.chance("world")
        for role in supernodes(run.nodes, seed + run.number):
            if not role.manner.silent:
                node = Supernode(role.manner, chance)
                living.append(Runner(node, role.at, role.ports, tell=tell).run())
        living.append(Runner(LoginServer(chance), run.login, LOGIN_PORTS, tell=tell).run())
    together = asyncio.gather(*living)
    # Sockets are bound in the first steps of each.
    await asyncio.sleep(1.0)
    report("ready")
    await together


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["clients", "worlds"])
    parser.add_argument("runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="of TCP attempts before giving up")
    given = parser.parse_args()
    # A socket for every node of every world.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if given.part == "clients":
        asyncio.run(live_clients(given.runs, given.seed, given.rounds))
    else:
        asyncio.run(live_worlds(given.runs, given.seed))


if __name__ == "__main__":
    main()
