"""What `peergate lab` does; each function returns the exit status."""

from __future__ import annotations

import math
import signal
import sys
import time
from contextlib import ExitStack
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from peergate.lab import logons, rhythm
from peergate.lab.build import Lab, LabError, check_possible
from peergate.lab.campus.truth import beside
from peergate.lab.gateway import ShippedGateway
from peergate.lab.network import NetworkError
from peergate.lab.process import ProcessError
from peergate.lab.record import recording
from peergate.lab.record.casts import CASTS
from peergate.lab.scenario import Report, Scenario
from peergate.lab.servers import start_internet
from peergate.lab.topology import GROUPS, SERVERS, STATIONS
from peergate.problems import unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peergate.lab.gateway import Verdict
    from peergate.lab.scenario import Outcome
    from peergate.lab.story import Part

WRONG = 1
USAGE = 2
CANNOT = 3
INTERRUPTED = 130


def up() -> int:
    """Lays the network, starts the servers and leaves both up."""
    console = Console(emoji=False)  # `:100:` in an address is no picture
    lab = Lab()

    def build() -> int:
        lab.up()
        start_internet(lab)
        console.print(places(lab))
        console.print(f"Up; files in {lab.folder}. `peergate lab down` takes it away.")
        return 0

    return guarded(lab, build, keep=True)


def run(*, keep: bool = False, without_gateway: bool = False) -> int:
    """Tells the story with the shipped gateway in the line, or to compare without any."""
    console = Console(emoji=False)  # `:100:` in an address is no picture
    lab = Lab()

    def tell() -> int:
        view = View(console)
        view.stage("laying the network")
        lab.up()
        gateway = None if without_gateway else ShippedGateway()
        report = Scenario(lab, gateway, view).run()
        summarise(console, report)
        if keep:
            console.print(f"Left up; files in {lab.folder}. `peergate lab down` takes it away.")
        return 0 if report.right else WRONG

    return guarded(lab, tell, keep=keep)


def log_on(count: int, seed: int, rounds: int, *, without_gateway: bool) -> int:
    """Runs many log-ons against the gateway and says who got through."""
    console = Console(emoji=False)  # `:100:` in an address is no picture
    lab = Lab()

    def work() -> int:
        lab.up()
        gateway = None if without_gateway else ShippedGateway()
        result = logons.run(lab, gateway, count, seed, rounds)
        table = Table(
            "evasion", "log-ons", "stopped", "cut at once", "stayed", "unseen", box=SIMPLE
        )
        for evasion, tried in result.tried.items():
            through = result.through[evasion]
            figures = (
                *(tried, tried - through - result.cut[evasion], result.cut[evasion]),
                *(through, result.unseen[evasion]),
            )
            table.add_row(evasion, *map(str, figures))
        console.print(table)
        total = result.tried.total()
        console.print(f"{result.stopped} of {total} log-ons stopped, in {result.seconds:.0f} s.")
        return 0

    return guarded(lab, work, keep=False)


def hear(calls: int, seed: int) -> int:
    """Says how soon calls are known by their rhythm."""
    table = Table("pace", "jitter", "50 of 100 within", "90 of 100", "all", box=SIMPLE)
    for row in rhythm.measure(calls, seed):
        times = [row.within(share) for share in (0.5, 0.9, 1.0)]
        words = ("never" if math.isinf(time) else f"{time:.1f} s" for time in times)
        table.add_row(row.pace, f"{row.jitter_ms} ms", *words)
    Console().print(table)
    return 0


def record(client: str, target: Path, seconds: float, *, sample: bool) -> int:
    """Captures a real client and writes down whose flow is whose."""
    if client not in CASTS:
        sys.stderr.write(f"peergate lab record: {unknown('client', client, CASTS)}\n")
        return USAGE
    if not target.parent.is_dir():
        sys.stderr.write(f"peergate lab record: there is no folder {target.parent}\n")
        return USAGE
    console = Console(emoji=False)  # `:100:` in an address is no picture

    def work() -> int:
        done = recording.record(CASTS[client], target, seconds, sample=sample)
        console.print(
            f"{target}: {done.packets:,} packets; {beside(target, 'truth')}: {done.flows} flows, "
            f"{done.unclaimed} that nobody claimed"
        )
        return 0

    return guarded(Lab(), work, keep=False)


def down() -> int:
    """Takes away whatever an earlier command left."""
    return guarded(Lab(), lambda: 0, keep=False)


def guarded(lab: Lab, work: Callable[[], int], *, keep: bool) -> int:
    """Does something with a lab and takes it down, also when that fails or is interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        check_possible()
        with ExitStack() as stack:
            stack.callback(lab.down)
            status = work()
            if keep:
                stack.pop_all()
    except (LabError, NetworkError, ProcessError) as error:
        sys.stderr.write(f"peergate lab: {error}\n")
        return CANNOT
    except KeyboardInterrupt:
        sys.stderr.write("peergate lab: interrupted; the lab is taken away\n")
        return INTERRUPTED
    return status


class View:
    """Prints what happens, with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()

    def stage(self, what: str) -> None:
        """Something begins."""
        self._say("bold", what)

    def happened(self, part: Part, what: str) -> None:
        """Something became of a client."""
        self._say("green" if part.allowed else "red", f"{part.station.name}: {part.title} {what}")

    def refused(self, verdict: Verdict) -> None:
        """The gateway stopped a flow."""
        why = "; ".join(verdict.evidence) or "no evidence told"
        self._say(
            "yellow",
            f"{verdict.source} → {verdict.destination}: {verdict.app} refused at packet {verdict.packet}: {why}",
        )

    def _say(self, style: str, text: str) -> None:
        self._console.print(
            f"{time.monotonic() - self._start:6.1f} s  {text}", style=style, markup=False
        )


def summarise(console: Console, report: Report) -> None:
    """The end of a run as a table and a sentence."""
    title = "What became of the clients" + ("" if report.gateway else ", without a gateway")
    table = Table("", "who", "what", "happened", "why", title=title, box=SIMPLE)
    for outcome in report.outcomes:
        right = outcome.right if report.gateway else outcome.worked
        mark = "[green]✓[/]" if right else "[red]✗[/]"
        who, what = outcome.part.station.name, outcome.part.title
        table.add_row(
            mark, who, what, happened(outcome, gateway=report.gateway), Text(reason(outcome))
        )
    console.print(table)
    for verdict in report.unexpected:
        console.print(f"✗ refused against the policy: {verdict}", style="red", markup=False)
    line = report.latency
    console.print(
        f"Round trip through the gate {line.gate:.1f} µs, through a plain bridge {line.plain:.1f} µs: "
        f"{line.added:+.1f} µs, ratio {line.ratio:.2f}"
    )
    sentence = "All as it should be" if report.right else "Not as it should be"
    console.print(
        f"{sentence}, in {report.seconds:.0f} s.",
        style="bold green" if report.right else "bold red",
    )


def happened(outcome: Outcome, *, gateway: bool) -> str:
    """What became of a client, in a few words."""
    if outcome.worked:
        against = " against the policy" if gateway and not outcome.part.allowed else ""
        return f"worked in {outcome.seconds:.0f} s{against}"
    return "refused" if outcome.refusal else "did not work"


def reason(outcome: Outcome) -> str:
    """Why something did not work, as far as anybody said."""
    if outcome.refusal:
        first = outcome.refusal.evidence[0] if outcome.refusal.evidence else "no evidence told"
        return f"packet {outcome.refusal.packet}: {first}"
    return outcome.broken


def places(lab: Lab) -> Table:
    """Who is where."""
    table = Table("host", "address", "IPv6", "namespace", "group", title="The lab")
    for place in (*STATIONS, *SERVERS):
        at = ip_address(place.address)
        groups = [name for name, (prefix, _) in GROUPS.items() if at in ip_network(prefix)]
        namespace = lab.host(place.name).namespace
        table.add_row(place.name, place.address, place.address6, namespace, *groups)
    return table
