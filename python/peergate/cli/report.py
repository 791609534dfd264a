"""Tables of what a capture holds: flows, hosts, totals by app, and evidence where it is asked for."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from rich.text import Text

from peergate._engine import Summary
from peergate.cli.objects import show_calls, show_hosts
from peergate.cli.tables import console_for_output, endpoint, say_what_is_left_out, size, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from peergate import Capture
    from peergate._engine import Batch, Flow, Total
    from peergate.cli.reading import Options

NEARLY_CERTAIN = 0.99
"""From here on a decimal is shown, so that 99.9% does not read as certain."""

LEGEND = "dB: weight of evidence; +10 makes the app ten times as likely, +20 a hundred times"

COLOURS = {"allow": "", "alert": "yellow", "block": "red"}


class Report:
    """Gathers flows, then prints them: the largest, in the order of their starts."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._summary = Summary()
        self._kept: list[tuple[int, int, Flow]] = []
        self._order = count()

    def add(self, batch: Batch) -> None:
        """Counts a batch in, and keeps its flows while they are among the largest."""
        limit = self._options.limit
        self._summary.add(batch)
        for flow in batch.largest(limit or len(batch)):
            entry = (octets(flow), -next(self._order), flow)
            if limit and len(self._kept) == limit:
                heapq.heappushpop(self._kept, entry)
            else:
                heapq.heappush(self._kept, entry)

    def show(self, capture: Capture) -> None:
        """Prints everything to standard output."""
        console = console_for_output()
        flows = sorted((flow for _, _, flow in self._kept), key=lambda flow: flow.start_ns)
        if flows:
            self._show_flows(console, flows)
        if capture.calls:
            show_calls(console, capture.calls, self._options)
        if capture.hosts:
            show_hosts(console, capture.hosts, self._options)
        if flows:
            self._show_totals(console)
        console.print(_closing(self._summary, capture.stats))

    def _show_flows(self, console: Console, flows: list[Flow]) -> None:
        console.print(_flow_table(flows), "")
        left_out = self._summary.all.flows - len(flows)
        say_what_is_left_out(console, left_out, "smaller flows")
        if self._options.why:
            for flow in flows:
                console.print(why(flow))
            console.print(LEGEND, "", style="dim")

    def _show_totals(self, console: Console) -> None:
        hosts, limit = self._summary.hosts(), self._options.limit
        shown = hosts[: limit or None]
        console.print(_host_table(shown), "")
        say_what_is_left_out(console, len(hosts) - len(shown), "hosts")
        console.print(_app_table(self._summary), "")


def why(flow: Flow) -> Text:
    """The evidence of one flow, the weightiest first, and what else it might have been."""
    text = Text(f"{ends(flow)}  ", style="bold")
    what = (
        flow.app
        if flow.app != "unknown" or flow.category == "unknown"
        else f"unknown {flow.category}"
    )
    told = f" ({sure(flow)} sure)" if flow.category != "unknown" else ""
    text.append(f"{what}{told}\n", style="bold")
    for evidence in sorted(flow.evidence, key=lambda each: -each.weight_db):
        text.append(f"  {evidence.weight_db:+6.1f} dB  {_when(evidence.packet)} {evidence.what}")
        text.append(f"  [{evidence.detector}]\n", style="dim")
    if not flow.evidence:
        text.append("  nothing was recognised\n", style="dim")
    if flow.alternatives:
        others = ", ".join(f"{app} {share:.1%}" for app, share in flow.alternatives)
        text.append(f"  else: {others}\n", style="dim")
    return text


def _when(packet: int) -> str:
    """At which packet, in as many characters; evidence of other flows may be there before the first."""
    return f"packet {packet:<5}" if packet else f"{'beforehand':<12}"


def sure(flow: Flow) -> str:
    """How sure the engine is; never rounded up to certain."""
    return (
        f"{flow.confidence:.0%}" if flow.confidence < NEARLY_CERTAIN else f"{flow.confidence:.1%}"
    )


def named(app: str) -> Text:
    """An app; one that nobody knows stands back."""
    return Text(app, style="bold" if app != "unknown" else "dim")


def acted(flow: Flow) -> Text:
    """What the policy did, and by which rule."""
    rule = f" ({flow.rule})" if flow.rule and flow.action != "allow" else ""
    return Text(f"{flow.action}{rule}", style=COLOURS.get(flow.action, ""))


def packets(flow: Flow) -> int:
    """Packets of both sides."""
    return flow.pkts_toserver + flow.pkts_toclient


def octets(flow: Flow) -> int:
    """Bytes of both sides, as they were on the wire."""
    return flow.bytes_toserver + flow.bytes_toclient


def _flow_table(flows: list[Flow]) -> Table:
    words = ("start", "proto", "from", "to", "app", "category", "activity", "sure", "action")
    rows = table("Flows", *words, numbers=("packets", "bytes"))
    for flow in flows:
        rows.add_row(
            datetime.fromtimestamp(flow.start_ns / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3],
            flow.proto,
            endpoint(flow.src_ip, flow.src_port),
            endpoint(flow.dest_ip, flow.dest_port),
            named(flow.app),
            flow.category if flow.category != flow.app else "",
            flow.activity or "",
            sure(flow) if flow.category != "unknown" else "",
            acted(flow),
            f"{packets(flow):,}",
            size(octets(flow)),
        )
    return rows


def _host_table(hosts: list[tuple[str, Total]]) -> Table:
    rows = table("Hosts", "host", "apps", numbers=("flows", "packets", "bytes"))
    for host, total in hosts:
        apps = ", ".join(total.apps[:5])
        numbers = (f"{total.flows:,}", f"{total.packets:,}", size(total.octets))
        rows.add_row(host, apps, *numbers)
    return rows


def _app_table(summary: Summary) -> Table:
    rows = table("Apps", "app", "category", numbers=("flows", "packets", "bytes", "blocked"))
    for app, total in summary.apps():
        numbers = (f"{total.flows:,}", f"{total.packets:,}", size(total.octets))
        rows.add_row(app, total.category, *numbers, f"{total.blocked:,}" if total.blocked else "")
    return rows


def _closing(summary: Summary, stats: dict[str, int]) -> str:
    total = summary.all
    said = [
        f"{total.flows:,} flows",
        f"{total.packets:,} packets",
        size(total.octets),
    ]
    if stats.get("not_ip"):
        said.append(f"{stats['not_ip']:,} frames without IP")
    malformed = {
        name: number for name, number in stats.items() if name.startswith("malformed.") and number
    }
    if malformed:
        reasons = ", ".join(
            f"{name.partition('.')[2]} {number:,}" for name, number in malformed.items()
        )
        said.append(f"malformed: {reasons}")
    return " · ".join(said)


def ends(flow: Flow) -> str:
    """Protocol, client and server of a flow."""
    return f"{flow.proto} {endpoint(flow.src_ip, flow.src_port)} → {endpoint(flow.dest_ip, flow.dest_port)}"
