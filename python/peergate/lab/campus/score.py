"""Compares what `peergate read --json` says of a generated capture with the truth beside it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from peergate.lab.campus.parameters import Parameters
from peergate.lab.campus.truth import LOG_ON, TALKS, beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# A call of which this much is in the capture can be found, and must be found within this time.
SHORTEST_CALL = 6.0
IN_TIME_SECONDS = 5.0
# What a connection takes before anybody can talk.
SET_UP_SECONDS = 0.5
CONTROLLED = ("call", "chat", "p2p", "tunnel")
CALL = "call"
# What goes on must be told to have changed within this time: three windows must agree, and one be over.
TURN_SECONDS = 5.0

Key = tuple[str, frozenset[tuple[str, int]]]


@dataclass
class Tally:
    """Found of those that were there, and what was said of those that were not."""

    there: int = 0
    found: int = 0
    innocent: int = 0
    accused: int = 0
    missed: list[str] = field(default_factory=list)
    wronged: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        """Share of what was there that was found."""
        return self.found / self.there if self.there else None

    def should(self, said: bool, what: str) -> None:
        """Notes something that was there."""
        self.there += 1
        self.found += said
        if not said:
            self.missed.append(what)

    def should_not(self, said: bool, what: str) -> None:
        """Notes something that was not."""
        self.innocent += 1
        self.accused += said
        if said:
            self.wronged.append(what)


@dataclass
class Reading:
    """What Peergate said of a capture."""

    flows: dict[Key, dict[str, Any]] = field(default_factory=dict)
    # When a call was first told, by its ends.
    calls: dict[Key, float] = field(default_factory=dict)
    # Every change of what goes on, by the ends of its flow: when, and what.
    turns: dict[Key, list[tuple[float, str]]] = field(default_factory=dict)
    roles: dict[tuple[str, str], set[frozenset[str]]] = field(default_factory=dict)

    def note(self, line: dict[str, Any]) -> None:
        """Takes one EVE line."""
        said = line.get("peergate") or {}
        kind = line["event_type"]
        if kind == "host":
            pairs = self.roles.setdefault((said["role"], line["src_ip"]), set())
            pairs.update(frozenset(pair) for pair in said.get("between", ()))
            return
        if "proto" in line:
            key = flow_key(line)
            if kind == "flow":
                self.flows[key] = said
            if kind == "activity":
                turn = seconds(line["timestamp"]), said["activity"]
                self.turns.setdefault(key, []).append(turn)
            if is_call(said):
                self.calls.setdefault(key, seconds(line["timestamp"]))
        elif kind == CALL and said["state"] == "start":
            for leg in said["legs"]:
                ends = frozenset(split(leg[side]) for side in ("src", "dest"))
                for proto in ("udp", "tcp"):
                    self.calls.setdefault((proto, ends), seconds(line["timestamp"]))


@dataclass
class Score:
    """All figures."""

    categories: dict[str, Tally] = field(
        default_factory=lambda: {name: Tally() for name in CONTROLLED}
    )
    calls: dict[str, Tally] = field(default_factory=dict)
    in_time: Tally = field(default_factory=Tally)
    turns: Tally = field(default_factory=Tally)
    activities: Tally = field(default_factory=Tally)
    log_ons: Tally = field(default_factory=Tally)
    false_calls: Tally = field(default_factory=Tally)
    roles: dict[str, Tally] = field(
        default_factory=lambda: {name: Tally() for name in ("supernode", "relay")}
    )


def read(capture: Path, options: Iterable[str] = ()) -> Reading:
    """Runs `peergate read --json` on a capture."""
    program = "from peergate.cli import main; main()"
    ours = ("--local", Parameters().network)
    command = [sys.executable, "-c", program, "read", "--json", *ours, *options, str(capture)]
    reading = Reading()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        for line in running.stdout or ():
            reading.note(json.loads(line))
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return reading


def score(capture: Path, reading: Reading) -> Score:
    """Compares a reading with the truth beside the capture."""
    result = Score()
    for row in rows(capture, "truth"):
        score_flow(row, reading, result)
    score_log_ons(rows(capture, "truth"), reading, result)
    for row in rows(capture, "calls"):
        if row["activity"] in TALKS:
            score_call(row, reading, result)
    for row in rows(capture, "turns"):
        score_turn(row, reading, result)
    score_roles(list(rows(capture, "roles")), reading, result)
    return result


def score_flow(row: dict[str, str], reading: Reading, result: Score) -> None:
    """One flow of the truth: its category and its activity."""
    key = truth_key(row, "a", "b")
    said = reading.flows.get(key, {})
    right = row["category"].split("|")
    for name, tally in result.categories.items():
        if right == [name]:
            tally.should(said.get("category") == name, told(row, said))
        elif name not in right:
            tally.should_not(said.get("category") == name, told(row, said))
    if row["activity"] == LOG_ON:
        # Of a program of whose kind anything may be said of one flow: see `score_log_ons`.
        return
    if "p2p" not in right:
        result.log_ons.should_not(said.get("activity") == LOG_ON, told(row, said))
    if row["activity"]:
        result.activities.should(said.get("activity") == row["activity"], told(row, said))
    elif "call" not in right:
        result.false_calls.should_not(is_call(said), told(row, said))


def score_log_ons(truth: Iterable[dict[str, str]], reading: Reading, result: Score) -> None:
    """Every client that gets on line: some of the flows with which it does are said to be its log-on."""
    seen: dict[str, bool] = {}
    for row in truth:
        if row["activity"] == LOG_ON:
            said = reading.flows.get(truth_key(row, "a", "b"), {})
            client = f"{row['app'] or 'unnamed'} {row['ip_a']}:{row['port_a']}"
            seen[client] = seen.get(client, False) or said.get("activity") == LOG_ON
    for client, found in seen.items():
        result.log_ons.should(found, client)


def score_call(row: dict[str, str], reading: Reading, result: Score) -> None:
    """One flow that carries a call, by the way it takes."""
    start, end = float(row["start"]), float(row["end"])
    if end - start < SHORTEST_CALL:
        return
    key = truth_key(row, "local", "remote")
    first = reading.calls.get(key)
    name = " ".join((row["app"] or "unnamed", row["leg"], row["proto"]))
    what = f"{name} {row['local_ip']}:{row['local_port']} {row['remote_ip']}:{row['remote_port']}"
    result.calls.setdefault(name, Tally()).should(first is not None, what)
    if first is not None:
        limit = start + SET_UP_SECONDS + IN_TIME_SECONDS
        result.in_time.should(first <= limit, f"{what}: after {first - start:.1f} s")


def score_turn(row: dict[str, str], reading: Reading, result: Score) -> None:
    """Something else went on from some time on."""
    key, begin = truth_key(row, "local", "remote"), float(row["time"])
    told = reading.turns.get(key, ())
    found = any(begin <= when <= begin + TURN_SECONDS and now == row["now"] for when, now in told)
    what = f"{row['before']} to {row['now']} {row['local_ip']}:{row['local_port']}"
    result.turns.should(found, f"{what}, told {[(when - begin, now) for when, now in told]}")


def score_roles(truth: list[dict[str, str]], reading: Reading, result: Score) -> None:
    """Supernodes and relays of the campus."""
    really = {(row["role"], row["host"]) for row in truth}
    for role, host in sorted(really):
        result.roles[role].should((role, host) in reading.roles, host)
    for role, host in sorted(reading.roles):
        if role in result.roles:
            result.roles[role].should_not((role, host) not in really, host)


def is_call(said: dict[str, Any]) -> bool:
    """Whether that says that somebody talks here now."""
    return said.get("activity") in TALKS


def told(row: dict[str, str], said: dict[str, Any]) -> str:
    """A flow, what it is and what was said of it."""
    ends = f"{row['proto']} {row['ip_a']}:{row['port_a']} {row['ip_b']}:{row['port_b']}"
    words = [str(said.get(word)) for word in ("category", "app", "activity")]
    return f"{ends} {row['category']}/{row['app']}/{row['activity']} said {'/'.join(words)}"


def rows(capture: Path, kind: str) -> Iterator[dict[str, str]]:
    """A table of the truth."""
    with beside(capture, kind).open(newline="") as file:
        yield from csv.DictReader(file)


def truth_key(row: dict[str, str], one: str, other: str) -> Key:
    """The flow that a row is about."""
    ends = (end_of(row, side) for side in (one, other))
    return row["proto"], frozenset(ends)


def end_of(row: dict[str, str], side: str) -> tuple[str, int]:
    """One end of a row: flows name its columns `ip_a`, the other tables `local_ip`."""
    if f"ip_{side}" in row:
        return row[f"ip_{side}"], int(row[f"port_{side}"])
    return row[f"{side}_ip"], int(row[f"{side}_port"])


def flow_key(line: dict[str, Any]) -> Key:
    """The flow that an EVE line is about."""
    ends = ((line[f"{end}_ip"], int(line.get(f"{end}_port", 0))) for end in ("src", "dest"))
    return line["proto"].lower(), frozenset(ends)


def split(end: str) -> tuple[str, int]:
    """An endpoint as it is written."""
    address, port = end.rsplit(":", 1)
    return address.strip("[]"), int(port)


def seconds(timestamp: str) -> float:
    """The time of an EVE line."""
    return datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
