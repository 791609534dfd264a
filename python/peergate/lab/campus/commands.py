"""What `peergate lab generate` and `score` do; each returns the exit status."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from peergate.lab.campus import memory
from peergate.lab.campus.generate import Order, generate
from peergate.lab.campus.parameters import load
from peergate.lab.campus.score import read, score
from peergate.lab.campus.truth import beside
from peergate.lab.simulator.generator import EPOCH

if TYPE_CHECKING:
    from pathlib import Path

    from peergate.lab.campus.score import Score, Tally

CANNOT = 3
MEGABYTE = 1_000_000


def write(path: Path, order: tuple[int, float, int], parameters: Path | None) -> int:
    """Writes a capture and its truth beside it, and says what is in them."""
    hosts, minutes, seed = order
    begin = time.monotonic()
    try:
        written = generate(
            Order(hosts, minutes, seed, load(parameters)), path, partial(show, minutes)
        )
    except OSError as error:
        sys.stderr.write(f"peergate lab generate: {path}: {error.strerror}\n")
        return CANNOT
    seconds = time.monotonic() - begin
    sys.stderr.write("\r" if sys.stderr.isatty() else "")
    print(
        f"{path}: {written.packets:,} packets in {seconds:.0f} s ({written.packets / seconds:,.0f} a second)\n"
        f"{beside(path, 'truth')}: {written.flows:,} flows\n"
        f"{beside(path, 'calls')}: {written.calls:,} flows that carry calls\n"
        f"{beside(path, 'roles')}: {written.roles:,} roles of hosts"
    )
    return 0


def show(minutes: float, packets: int, when: float) -> None:
    """How far it is, to whoever looks on."""
    if sys.stderr.isatty():
        passed = (when - EPOCH) / 60
        sys.stderr.write(f"\r{passed:5.1f} of {minutes:g} min, {packets:,} packets")


def weigh(hosts: int, minutes: float, seed: int) -> int:
    """Says what the reader of a campus takes."""
    order = Order(hosts, minutes, seed, memory.HOUR)
    weighed = memory.weigh(order, partial(show, minutes))
    sys.stderr.write("\r" if sys.stderr.isatty() else "")
    print(
        f"{hosts:,} hosts in {minutes:g} minutes: {weighed.flows:,} flows, {weighed.packets:,} packets\n"
        f"peergate read took {weighed.peak_bytes / MEGABYTE:.0f} MB at most, in {weighed.seconds:.0f} s"
    )
    return 0


def compare(capture: Path, *, without_signatures: bool, misses: int) -> int:
    """Reads a generated capture and says what was found, missed and falsely told."""
    if not beside(capture, "truth").exists():
        sys.stderr.write(f"peergate lab score: {capture} has no truth beside it\n")
        return CANNOT
    options = ["--no-signatures"] if without_signatures else []
    result = score(capture, read(capture, options))
    console = Console(emoji=False)
    console.print(table_of(result))
    for title, tally in lines_of(result):
        for what in tally.missed[:misses]:
            console.print(f"missed, {title}: {what}", markup=False, highlight=False)
        for what in tally.wronged[:misses]:
            console.print(f"falsely told, {title}: {what}", markup=False, highlight=False)
    return 0


def lines_of(result: Score) -> list[tuple[str, Tally]]:
    """Every figure with its title."""
    return [
        *((f"flows of category {name}", tally) for name, tally in result.categories.items()),
        ("activities", result.activities),
        ("log-ons; flows falsely said to be one", result.log_ons),
        ("activity call where nobody calls", result.false_calls),
        *((f"calls: {name}", tally) for name, tally in sorted(result.calls.items())),
        ("calls told within 5 s, of those found", result.in_time),
        ("changes of what goes on told within 5 s", result.turns),
        *((f"role {name}", tally) for name, tally in result.roles.items()),
    ]


def table_of(result: Score) -> Table:
    """The figures."""
    table = Table("", "there", "found", "share", "not there", "falsely told", box=SIMPLE)
    for title, tally in lines_of(result):
        share = "" if tally.recall is None else f"{tally.recall:.3f}"
        table.add_row(
            *(title, str(tally.there or ""), str(tally.found if tally.there else ""), share),
            *(str(tally.innocent or ""), str(tally.accused if tally.innocent else "")),
        )
    return table
