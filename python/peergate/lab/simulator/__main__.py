"""Runs a part of the simulated network on this host: `python -m peergate.lab.simulator client|supernodes|login`.

A client tells: log-on-started, supernode-found, online, offline, log-in-refused, log-on-failed, call-started, heard
(packets so far, milliseconds after the call's start), call-ended (packets sent and received). The others tell: ready.
"""

from __future__ import annotations

import argparse
import asyncio
from random import Random

from peergate.lab.clients.report import report
from peergate.lab.simulator.cast import LOGIN_PORT, LOGIN_PORTS, supernodes
from peergate.lab.simulator.client import Client, Settings
from peergate.lab.simulator.dialect import DIALECTS, Dialect
from peergate.lab.simulator.disguise import Disguise
from peergate.lab.simulator.machine import Endpoint
from peergate.lab.simulator.servers import LoginServer, Supernode
from peergate.lab.simulator.sockets import Runner, now
from peergate.lab.simulator.voice import Codec, some_codec
from peergate.urgency import come_first

POLL_SECONDS = 0.2


async def run_supernodes(addresses: tuple[str, ...], seed: int, dialect: Dialect) -> None:
    """All supernodes in one process, each at its own address."""
    runners = [
        Runner(Supernode(role.manner, Random(f"{seed}{role.at}"), dialect), role.at, role.ports)
        for role in supernodes(addresses, seed)
    ]
    report("ready")
    await asyncio.gather(*(runner.run() for runner in runners))


async def run_login(address: str, seed: int) -> None:
    """The log-in server."""
    report("ready")
    await Runner(LoginServer(Random(seed)), Endpoint(address, LOGIN_PORT), LOGIN_PORTS).run()


async def run_client(given: argparse.Namespace) -> None:
    """A client, which calls somebody once it is on line if it is told whom."""
    chance = Random(f"{given.seed}{given.address}")
    dialect = DIALECTS[given.dialect]
    published = Codec(doubled_seconds=given.doubled)
    settings = Settings(
        nodes=tuple(role.at for role in supernodes(tuple(given.nodes.split(",")), given.seed)),
        login_server=Endpoint(given.login, LOGIN_PORT),
        rounds=given.rounds,
        codec=published if dialect.named else some_codec(chance),
        dialect=dialect,
        disguise=Disguise(
            padding=given.padding,
            jitter=given.jitter,
            hop_seconds=given.hop,
            fake_tls=given.fake_tls,
            rtp_like=given.rtp_like,
        ),
    )
    client = Client(settings, chance)
    at = Endpoint(given.address, given.port)
    runner = Runner(client, at, (at.port,))
    living = asyncio.create_task(runner.run())
    if given.call:
        while not client.online:
            await asyncio.sleep(POLL_SECONDS)
        peer, port = given.call.split(":")
        runner.perform(client.call(now(), Endpoint(peer, int(port)), given.seconds))
    await living


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["client", "supernodes", "login"])
    parser.add_argument("address", help="of this host; supernodes: all addresses, with commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=35990)
    parser.add_argument("--nodes", default="", help="addresses of the supernodes, with commas")
    parser.add_argument("--login", default="", help="address of the log-in server")
    parser.add_argument("--dialect", choices=list(DIALECTS), default="skype")
    parser.add_argument("--rounds", type=int, default=5, help="of TCP attempts before giving up")
    parser.add_argument("--doubled", type=float, default=25.0, help="seconds of double-size voice")
    parser.add_argument("--padding", type=int, default=0, help="bytes more at most")
    parser.add_argument("--jitter", type=float, default=0.0, help="seconds late, mean")
    parser.add_argument("--hop", type=float, default=0.0, help="seconds until another port")
    parser.add_argument("--fake-tls", action="store_true", help="supernodes on 443 only")
    parser.add_argument("--rtp-like", action="store_true", help="voice behind an RTP header")
    parser.add_argument("--call", metavar="ADDRESS:PORT")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the call")
    given = parser.parse_args()
    # A telephone has a processor of its own; here it shares one with all others.
    come_first()
    if given.part == "client":
        asyncio.run(run_client(given))
    elif given.part == "supernodes":
        asyncio.run(
            run_supernodes(tuple(given.address.split(",")), given.seed, DIALECTS[given.dialect])
        )
    else:
        asyncio.run(run_login(given.address, given.seed))


if __name__ == "__main__":
    main()
