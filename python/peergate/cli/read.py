"""`peergate read`: what is in a capture."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peergate import Capture
    from peergate._engine import Batch

NOTHING_READ = 1
"""Exit status when there was no capture in what was given."""


def read(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Captures (pcap, pcapng; also gzip, zstd); - is standard input."),
    ] = None,
    read_from: Annotated[
        list[str] | None,
        typer.Option("-r", metavar="FILE", help="A capture, as other tools take it."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="EVE lines instead of tables.")] = False,
    policy: Annotated[Path | None, typer.Option(help="Judge flows by this policy.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Show the evidence of every flow.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows of a table at most; 0: all.")] = 40,
    signatures: Annotated[
        list[Path] | None,
        typer.Option(help="Signatures of your own: a file, or a folder of *.toml."),
    ] = None,
) -> None:
    """Show the flows, hosts and apps of captures, and why each flow was taken for what it is."""
    from peergate import CaptureError
    from peergate import read as open_captures

    # A reader that stops early (`| head`) ends us quietly, as it does every other filter.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    paths = [*(files or []), *(read_from or [])]
    if not paths:
        raise typer.BadParameter("name at least one capture", param_hint="FILES")
    capture = open_captures(paths, policy=policy, extra_signatures=signatures or [])
    unread: list[str] = []
    try:
        _print_lines(capture) if json else _print_tables(capture, why=why, limit=limit)
    except CaptureError as error:
        unread = str(error).splitlines()
    for warning in [*capture.warnings, *unread]:
        print(f"peergate: {warning}", file=sys.stderr)
    if len(unread) == len(paths):
        raise typer.Exit(NOTHING_READ)


def _print_lines(capture: Capture) -> None:
    for batch in _with_progress(capture):
        sys.stdout.write(batch.eve())


def _print_tables(capture: Capture, *, why: bool, limit: int) -> None:
    from peergate.cli.report import Report

    report = Report(why=why, limit=limit)
    try:
        for batch in _with_progress(capture):
            report.add(batch)
    finally:
        # Also when one of several captures could not be read.
        report.show(capture.stats)


def _with_progress(capture: Capture) -> Iterator[Batch]:
    """The batches, with a bar on standard error where a person may see it."""
    if not sys.stderr.isatty():
        yield from capture.batches()
        return
    from peergate.cli.progress import bar

    with bar() as update:
        for batch in capture.batches():
            yield batch
            update(*capture.progress)
