"""Writes the sample captures of the simulator: `python -m peergate.lab.simulator.samples samples/skype`."""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from peergate.lab.frames import write_pcap
from peergate.lab.simulator.cast import LOGIN_PORT, LOGIN_PORTS, supernodes
from peergate.lab.simulator.client import Client, Settings
from peergate.lab.simulator.generator import OPEN, Firewall, Generator, Place
from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.servers import FAKE_TLS_PORT, LoginServer, Supernode
from peergate.lab.simulator.voice import Codec

CALLER = Endpoint("198.18.10.11", 35990)
CALLEE = Endpoint("198.51.100.77", 41234)
LOGIN = Endpoint("203.0.113.88", LOGIN_PORT)
NODES = tuple(f"192.0.2.{host}" for host in range(101, 131))
CALLER_DELAY = 0.001
CALLEE_DELAY = 0.025
# Nodes are all over the world.
NODE_DELAY = (0.02, 0.15)
DOUBLED_SECONDS = 3.0


def network(seed: int, firewall: Firewall = OPEN) -> tuple[Generator, Client]:
    """A network whose tap watches the caller, and the caller."""
    chance = Random(seed)
    cast = supernodes(NODES, seed)
    codec = Codec(doubled_seconds=DOUBLED_SECONDS)
    settings = Settings(tuple(role.at for role in cast), LOGIN, codec=codec)
    caller, callee = (Client(settings, Random(chance.getrandbits(64))) for _ in range(2))
    nodes = [
        Place(
            Supernode(role.manner, Random(chance.getrandbits(64))),
            role.at,
            chance.uniform(*NODE_DELAY),
            role.ports,
        )
        for role in cast
        # Who has gone home does not even refuse.
        if not role.manner.silent
    ]
    places = [
        Place(caller, CALLER, CALLER_DELAY, (CALLER.port,)),
        Place(callee, CALLEE, CALLEE_DELAY, (CALLEE.port,)),
        Place(LoginServer(Random(chance.getrandbits(64))), LOGIN, 0.06, LOGIN_PORTS),
        *nodes,
    ]
    return Generator(places, {CALLER.address}, chance, firewall), caller


def log_on(seed: int = 1) -> list[tuple[float, bytes]]:
    """A log-on, and the first idle minute."""
    made, _ = network(seed)
    made.start(CALLER.address, 0.0)
    return made.frames(70.0)


def log_on_without_udp(seed: int = 2) -> list[tuple[float, bytes]]:
    """A log-on where no datagram arrives: TCP to the nodes' own ports."""
    made, _ = network(seed, Firewall(udp=False))
    made.start(CALLER.address, 0.0)
    return made.frames(30.0)


def log_on_over_443(seed: int = 4) -> list[tuple[float, bytes]]:
    """A log-on where only 443 and the log-in server are open: it hides behind a TLS hello that is always the same."""
    made, _ = network(seed, Firewall(udp=False, ports=frozenset({FAKE_TLS_PORT, LOGIN_PORT})))
    made.start(CALLER.address, 0.0)
    return made.frames(30.0)


def call(seed: int = 3) -> list[tuple[float, bytes]]:
    """A log-on and a call of eight seconds, the first three with packets of double size."""
    made, caller = network(seed)
    made.start(CALLER.address, 0.0)
    made.do(CALLER.address, 8.0, lambda now: caller.call(now, CALLEE, 8.0))
    return made.frames(20.0)


CASES = {
    "log-on": log_on,
    "log-on-without-udp": log_on_without_udp,
    "log-on-over-443": log_on_over_443,
    "call": call,
}


def main() -> None:
    """Writes all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        write_pcap(folder / f"{name}.pcap", case())


if __name__ == "__main__":
    main()
