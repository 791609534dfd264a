"""Runs many log-ons of the Skype-class simulator against the gateway, in every disguise, and counts who succeeds."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peergate.lab.process import python
from peergate.lab.simulator.crowd import START_SECONDS, WORLDS, runs
from peergate.lab.topology import SUPERNODES

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.gateway import Gateway
    from peergate.lab.process import Event, Process

READY_SECONDS = 60.0
# A log-on whose datagrams are refused waits for answers, then tries three ways a round, with a pause after each round.
UDP_SECONDS = 20.0
ROUND_SECONDS = 12.0
POLL_SECONDS = 0.5
# Who is cut within this time could not do anything with it.
CUT_SECONDS = 10.0


@dataclass
class Result:
    """What became of the log-ons, by evasion."""

    tried: Counter[str] = field(default_factory=Counter)
    # Those that were on line for a moment, and were cut.
    cut: Counter[str] = field(default_factory=Counter)
    # Those that got on line and stayed.
    through: Counter[str] = field(default_factory=Counter)
    # Of those, how many the gateway said nothing of.
    unseen: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def stopped(self) -> int:
        """All that were."""
        return self.tried.total() - self.through.total()


def prepare(lab: Lab, count: int) -> None:
    """Gives every client an address, and every world its way."""
    lab.host("student").ip(*(f"addr add {run.client}/24 dev eth0" for run in runs(count, 0)))
    lab.host("supernodes").ip(f"route add local {WORLDS} dev lo")
    lab.host("router").ip(f"route add {WORLDS} via {SUPERNODES[0]} dev wan onlink")


def run(lab: Lab, gateway: Gateway | None, count: int, seed: int, rounds: int) -> Result:
    """Runs them all at once in a lab that is up."""
    begin = time.monotonic()
    prepare(lab, count)
    options = ("--seed", str(seed))
    worlds = lab.start(
        "worlds", "supernodes", python("simulator.crowd", "worlds", str(count), *options)
    )
    worlds.expect("ready", READY_SECONDS)
    if gateway:
        gateway.start(lab)
    command = python("simulator.crowd", "clients", str(count), *options, "--rounds", str(rounds))
    clients = lab.start("crowd", "student", command)
    wait(clients, count, START_SECONDS + UDP_SECONDS + rounds * ROUND_SECONDS)
    result = tally(clients, refused(gateway), count, seed)
    result.seconds = time.monotonic() - begin
    return result


def wait(clients: Process, count: int, limit: float) -> None:
    """Until each is on line for good or has given up."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        events = clients.events()
        given_up = {event.details["run"] for event in events if event.name == "log-on-failed"}
        now = time.time()
        online = longest_online(events, now)
        if (
            len(given_up | {run for run, seconds in online.items() if seconds > CUT_SECONDS})
            == count
        ):
            return
        time.sleep(POLL_SECONDS)


def longest_online(events: list[Event], now: float) -> dict[int, float]:
    """For how long each was on line without a break, at most."""
    since: dict[int, float] = {}
    longest: dict[int, float] = {}
    for event in events:
        run = event.details.get("run", -1)
        if event.name == "online":
            since[run] = event.at
        elif event.name == "offline" and run in since:
            longest[run] = max(longest.get(run, 0.0), event.at - since.pop(run))
    for run, begin in since.items():
        longest[run] = max(longest.get(run, 0.0), now - begin)
    return longest


def refused(gateway: Gateway | None) -> set[str]:
    """Addresses of clients of which the gateway stopped something."""
    verdicts = gateway.verdicts() if gateway else []
    return {verdict.source for verdict in verdicts if verdict.refused}


def tally(clients: Process, stopped: set[str], count: int, seed: int) -> Result:
    """Counts by evasion."""
    online = longest_online(clients.events(), time.time())
    result = Result()
    for each in runs(count, seed):
        result.tried[each.evasion] += 1
        seconds = online.get(each.number, 0.0)
        result.cut[each.evasion] += 0 < seconds <= CUT_SECONDS
        if seconds > CUT_SECONDS:
            result.through[each.evasion] += 1
            result.unseen[each.evasion] += each.client not in stopped
    return result
