"""What a person sees of a running gateway: apps, hosts, calls, and the reasons of the last blocks."""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from peergate._engine import Summary
from peergate.cli.objects import call_table, host_table
from peergate.cli.report import acted, why
from peergate.cli.tables import console, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from peergate._engine import Call, Events, Flow, Host, Total
    from peergate.gateway import Settings

# Columns of a terminal that has room for all of the tables, and those that a narrower one does without.
WIDE = 110
DISPENSABLE = {"ended", "route", "codec", "sent", "received", "sure", "minutes", "packets"}
# What fits beside each other in a terminal of 24 lines.
ROWS = 6
BLOCKS = 3
CALLS = 4
SAID = 3

# Flows remembered as up; the oldest goes first. A screen is no flow table.
MOST_UP = 10_000


K = TypeVar("K")
V = TypeVar("V")


class Up(NamedTuple):
    """What is counted of a flow that is up."""

    app: str
    hosts: tuple[str, str]
    blocked: bool
    octets: int


class Sum:
    """What is counted of all flows of one app or host."""

    def __init__(self, ended: Total | None = None) -> None:
        self.up = 0
        self.ended = ended.flows if ended else 0
        self.octets = ended.octets if ended else 0
        self.blocked = ended.blocked if ended else 0

    def add(self, flow: Up) -> None:
        """Adds a flow that is up."""
        self.up += 1
        self.octets += flow.octets
        self.blocked += flow.blocked


class Latest:
    """The flows that were decided last, each once and as it stood last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._flows: dict[int, Flow] = {}

    def add(self, flow: Flow) -> None:
        """Puts a flow first; the one that was decided longest ago goes."""
        self._flows.pop(flow.flow_id, None)
        self._flows[flow.flow_id] = flow
        if len(self._flows) > self._most:
            self._flows.pop(next(iter(self._flows)))

    def flows(self) -> list[Flow]:
        """The newest first."""
        return list(reversed(self._flows.values()))


class PlainView:
    """Lines on standard error, for a service or a pipe."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def say(self, line: str) -> None:
        """Prints the line."""
        print(f"peergate: {line}", file=sys.stderr, flush=True)

    def update(self, events: Events, stats: dict[str, int]) -> None:
        """Everything of it is in the EVE file."""


class LiveView:
    """A screen that is drawn anew with every batch of events."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._summary = Summary()
        self._up: dict[int, Up] = {}
        self._blocks = Latest(BLOCKS)
        self._calls: dict[tuple[int, str], Call] = {}
        self._roles: dict[tuple[str, str], Host] = {}
        self._said: deque[str] = deque(maxlen=SAID)
        self._stats: dict[str, int] = {}
        self._console = console()
        self._live = Live(
            console=self._console, get_renderable=self.screen, refresh_per_second=4, screen=True
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()
        for line in self._said:
            print(line)

    def say(self, line: str) -> None:
        """Shows the line below the tables."""
        self._said.append(f"{datetime.now().astimezone():%H:%M:%S} {line}")

    def update(self, events: Events, stats: dict[str, int]) -> None:
        """Counts what happened in."""
        for flow in events.verdicts:
            self._decided(flow)
        for number, octets in events.octets:
            if flow_up := self._up.get(number):
                self._up[number] = flow_up._replace(octets=octets)
        for flow in events.flows:
            self._up.pop(flow.flow_id, None)
        for call in events.flows.calls:
            _keep(self._calls, (call.call_id, call.start), call, over=call.state == "end")
        for host in events.flows.hosts:
            _keep(self._roles, (host.ip, host.role), host, over=host.state == "lost")
        self._summary.add(events.flows)
        self._stats = stats

    def _decided(self, flow: Flow) -> None:
        if len(self._up) == MOST_UP:
            self._up.pop(next(iter(self._up)))
        blocked = flow.action == "block"
        self._up[flow.flow_id] = Up(
            flow.app,
            (flow.src_ip, flow.dest_ip),
            blocked,
            flow.bytes_toserver + flow.bytes_toclient,
        )
        if blocked:
            self._blocks.add(flow)

    def screen(self) -> Group:
        """What stands on it now."""
        tables = Table.grid(expand=True, padding=(0, 2))
        up = self._up.values()
        of_apps = ((flow.app, flow) for flow in up)
        of_hosts = ((host, flow) for flow in up for host in flow.hosts)
        tables.add_row(
            self._fitting(_totals("Apps", self._summary.apps(), of_apps)),
            self._fitting(_totals("Hosts", self._summary.hosts(), of_hosts)),
        )
        return Group(
            self._heading(),
            Panel(tables),
            Panel(self._fitting(call_table(_newest(self._calls, CALLS)))),
            Panel(self._fitting(host_table(_newest(self._roles, CALLS)))),
            Panel(_blocks(self._blocks.flows()), title="Last blocks, and why", title_align="left"),
            Text("\n".join(self._said), style="dim"),
        )

    def _fitting(self, table: Table) -> Table:
        if self._console.width >= WIDE:
            return table
        kept = [column for column in table.columns if column.header not in DISPENSABLE]
        made = Table(title=table.title, title_justify="left", box=None, pad_edge=False)
        for column in kept:
            made.add_column(column.header, justify=column.justify, no_wrap=column.no_wrap)
        for row in zip(*(column.cells for column in kept), strict=True):
            made.add_row(*row)
        return made

    def _heading(self) -> Text:
        settings = self._settings
        text = Text(f"peergate {settings.name}", style="bold")
        text.append(f"  {settings.lan} ⇄ {settings.wan}  {settings.mode}, fails {settings.fail}\n")
        return text.append(
            " · ".join(f"{name} {number:,}" for name, number in self._stats.items() if number),
            "dim",
        )


def _totals(title: str, ended: list[tuple[str, Total]], up: Iterable[tuple[str, Up]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for heading in ("up", "ended", "bytes", "blocked"):
        table.add_column(heading, justify="right", no_wrap=True)
    sums = defaultdict(Sum, {name: Sum(total) for name, total in ended})
    for name, flow in up:
        sums[name].add(flow)
    rows = sorted(sums.items(), key=lambda row: (-row[1].octets, -row[1].up, row[0]))
    for name, one in rows[:ROWS]:
        here, over, blocked = (f"{n:,}" if n else "" for n in (one.up, one.ended, one.blocked))
        table.add_row(name, here, over, size(one.octets), blocked)
    return table


def _keep(all_up: dict[K, V], key: K, one: V, *, over: bool) -> None:
    """Notes what is up; the oldest goes where there are too many. A screen is no table of calls."""
    all_up.pop(key, None)
    if not over:
        all_up[key] = one
        if len(all_up) > MOST_UP:
            all_up.pop(next(iter(all_up)))


def _newest(all_up: dict[K, V], most: int) -> list[V]:
    return list(islice(reversed(all_up.values()), most))


def _blocks(flows: list[Flow]) -> Group:
    return Group(*(Group(acted(flow), why(flow)) for flow in flows))
