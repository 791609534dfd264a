"""What a person sees of a running gateway: apps, hosts, calls, and the reasons of the last blocks."""

from __future__ import annotations

import sys
from collections import Counter, deque
from datetime import datetime
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from peergate.cli.report import acted, size, sure, what, why
from peergate.summary import Summary, Total

if TYPE_CHECKING:
    from types import TracebackType

    from peergate._engine import Events, Flow
    from peergate.gateway import Settings

# What fits beside each other in a terminal of 24 lines.
ROWS = 6
BLOCKS = 3
CALLS = 4
SAID = 3

# Flows remembered as up; the oldest goes first. A screen is no flow table.
MOST_UP = 10_000


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
        self._up: dict[int, Flow] = {}
        self._blocks: deque[Flow] = deque(maxlen=BLOCKS)
        self._calls: deque[Flow] = deque(maxlen=CALLS)
        self._said: deque[str] = deque(maxlen=SAID)
        self._stats: dict[str, int] = {}
        self._live = Live(get_renderable=self._screen, refresh_per_second=4, screen=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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
        for flow in events.flows:
            self._up.pop(flow.flow_id, None)
        self._summary.add(events.flows)
        self._stats = stats

    def _decided(self, flow: Flow) -> None:
        if len(self._up) == MOST_UP:
            self._up.pop(next(iter(self._up)))
        self._up[flow.flow_id] = flow
        if flow.action == "block":
            self._blocks.append(flow)
        elif "call" in (flow.category, flow.activity):
            self._calls.append(flow)

    def _screen(self) -> Group:
        tables = Table.grid(expand=True, padding=(0, 2))
        up = self._up.values()
        apps = Counter(flow.app for flow in up)
        hosts = Counter(host for flow in up for host in (flow.src_ip, flow.dest_ip))
        tables.add_row(
            _totals("Apps", self._summary.apps, apps), _totals("Hosts", self._summary.hosts, hosts)
        )
        return Group(
            self._heading(),
            Panel(tables),
            Panel(_calls(self._calls), title="Calls", title_align="left"),
            Panel(_blocks(self._blocks), title="Last blocks, and why", title_align="left"),
            Text("\n".join(self._said), style="dim"),
        )

    def _heading(self) -> Text:
        settings = self._settings
        text = Text(f"peergate {settings.name}", style="bold")
        text.append(f"  {settings.lan} ⇄ {settings.wan}  {settings.mode}, fails {settings.fail}\n")
        return text.append(
            " · ".join(f"{name} {number:,}" for name, number in self._stats.items() if number),
            "dim",
        )


def _totals(title: str, ended: dict[str, Total], up: Counter[str]) -> Table:
    table = Table(title, box=None, pad_edge=False)
    for heading in ("up", "ended", "bytes", "blocked"):
        table.add_column(heading, justify="right")
    nothing = Total()
    busiest = sorted(
        ended.keys() | up.keys(),
        key=lambda name: (-ended.get(name, nothing).octets, -up[name], name),
    )
    for name in busiest[:ROWS]:
        total = ended.get(name, nothing)
        numbers = (up[name], total.flows, total.actions["block"])
        here, flows, blocked = (f"{number:,}" if number else "" for number in numbers)
        table.add_row(name, here, flows, size(total.octets), blocked)
    return table


def _calls(flows: deque[Flow]) -> Table:
    table = Table.grid(padding=(0, 2))
    for flow in flows:
        table.add_row(what(flow), flow.src_ip, flow.dest_ip, sure(flow), acted(flow))
    return table


def _blocks(flows: deque[Flow]) -> Group:
    return Group(*(Group(acted(flow), why(flow)) for flow in reversed(flows)))
