"""What all tables on screen have in common."""

from __future__ import annotations

import errno
import os
import sys

from rich.console import Console
from rich.table import Table

WIDTH = 180
"""Columns at least: no cell of an IPv4 flow is cut. A narrower terminal breaks lines, and loses nothing."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # Ends the program as it does where no table is drawn: see `peergate.cli.main`.
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def console(width: int | None = None, *, stderr: bool = False) -> Console:
    """A console that shows what it is given: in an address `[fd00::1]` is no markup, and `:100:` no picture."""
    return _Console(width=width, stderr=stderr, markup=False, emoji=False, highlight=False)


def console_for_output() -> Console:
    """Standard output: as wide as the terminal, and wide enough."""
    return console(max(WIDTH, Console().width) if sys.stdout.isatty() else WIDTH)


def table(title: str, *headings: str, numbers: tuple[str, ...] = ()) -> Table:
    """An empty one: columns of words, then columns of numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, no_wrap=True)
    for heading in numbers:
        made.add_column(heading, justify="right", no_wrap=True)
    return made


def say_what_is_left_out(console: Console, number: int, what: str) -> None:
    """Says how many rows a table lacks, if any."""
    if number:
        console.print(f"{what} left out: {number:,} (--limit 0 shows all)\n", style="dim")


def endpoint(address: str, port: int) -> str:
    """An address, and a port where there is one."""
    host = f"[{address}]" if ":" in address and port else address
    return f"{host}:{port}" if port else host


def size(octet_count: int) -> str:
    """Bytes for people: 1.2 kB, 34.0 MB."""
    amount = float(octet_count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004  # SI units step by a thousand
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
