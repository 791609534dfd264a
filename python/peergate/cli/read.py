"""`peergate read`: what is in a capture."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from peergate.cli import STANDARD_INPUT, USAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peergate import Capture
    from peergate._engine import Batch

NOTHING_READ = 1
"""Exit status when there was no capture in what was given."""


def read(
    *files: str,
    read_from: Annotated[tuple[str, ...], Parameter("-r")] = (),
    json: bool = False,
    policy: Path | None = None,
    why: bool = False,
    limit: NonNegativeInt = 40,
    local: tuple[str, ...] = (),
    signatures: tuple[Path, ...] = (),
    no_signatures: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Show the flows, calls, hosts and apps of captures, and why each was taken for what it is.

    Parameters
    ----------
    files
        Captures (pcap or pcapng, also packed with gzip or zstd); - is standard input.
    read_from
        A capture, as other tools take it.
    json
        EVE lines instead of tables.
    policy
        Judge flows by this policy.
    why
        Show the evidence of every flow.
    limit
        Rows of a table at most: 40 where nothing is said; 0 shows all.
    local
        A prefix of our own network, whose hosts are looked at; private addresses where none is named.
    signatures
        Signatures of your own: a file, or a folder of *.toml.
    no_signatures
        Recognise no protocol and no app: say only what the times and sizes of packets show.

    """
    from peergate import CaptureError, DocumentError
    from peergate import read as open_captures
    from peergate.signatures import site

    # A reader that stops early (`| head`) ends us quietly, as it does every other filter.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    paths = ["-" if name == STANDARD_INPUT else name for name in (*files, *read_from)]
    if not paths:
        print("peergate read: name at least one capture (- is standard input)", file=sys.stderr)
        return USAGE
    try:
        capture = open_captures(
            paths,
            policy=policy,
            extra_signatures=(*site(), *signatures),
            local=local,
            names=not no_signatures,
        )
    except DocumentError:
        raise
    except ValueError as error:
        print(f"peergate read: --local: {error}", file=sys.stderr)
        return USAGE
    unread: list[str] = []
    try:
        _print_lines(capture) if json else _print_tables(capture, why=why, limit=limit)
    except CaptureError as error:
        unread = str(error).splitlines()
    for warning in [*capture.warnings, *unread]:
        print(f"peergate: {warning}", file=sys.stderr)
    return NOTHING_READ if len(unread) == len(paths) else 0


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
        report.show(capture.stats, capture.calls, capture.hosts)


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
