"""`peergate calls`: the calls in captures, or in what a gateway wrote."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from peergate.cli import USAGE, end_with_the_reader

if TYPE_CHECKING:
    from peergate.capture import Latest

NOTHING_READ = 1
"""Exit status when there was nothing to be read in what was given."""


def calls(
    *files: str, eve: Path | None = None, local: tuple[str, ...] = (), why: bool = False
) -> int:
    """Show calls: who with whom, by which application, for how long, and how well they came through.

    Parameters
    ----------
    files
        Captures (pcap or pcapng, also packed with gzip or zstd); - is standard input.
    eve
        A gateway's EVE file in place of captures.
    local
        A prefix of our own network; private addresses where none is named.
    why
        Show the flows of every call, and all that was measured on them.

    """
    latest = look("calls", files, eve, local)
    if isinstance(latest, int):
        return latest
    from peergate.cli.objects import call_table, why_call
    from peergate.cli.tables import console_for_output

    console = console_for_output()
    if not latest.calls:
        print("no calls")
        return 0
    console.print(call_table(latest.calls), "")
    if why:
        console.print(*map(why_call, latest.calls), sep="\n")
    return 0


def look(
    command: str, files: tuple[str, ...], eve: Path | None, local: tuple[str, ...]
) -> Latest | int:
    """What captures or an EVE file hold; the exit status where they cannot be read."""
    end_with_the_reader()
    if bool(files) == bool(eve):
        print(f"peergate {command}: name captures, or one --eve file", file=sys.stderr)
        return USAGE
    return _in_captures(command, files, local) if eve is None else _in_eve(eve)


def _in_captures(command: str, files: tuple[str, ...], local: tuple[str, ...]) -> Latest | int:
    from peergate import DocumentError, read
    from peergate.cli.reading import all_of, names_of, tell_what_was_wrong
    from peergate.signatures import site

    try:
        capture = read(names_of(files), local=local, extra_signatures=site())
    except DocumentError:
        raise
    except ValueError as error:
        print(f"peergate {command}: --local: {error}", file=sys.stderr)
        return USAGE
    unread: list[str] = []
    for _batch in all_of(capture, unread):
        pass
    tell_what_was_wrong(capture, unread)
    return NOTHING_READ if len(unread) == len(files) else capture.latest


def _in_eve(eve: Path) -> Latest | int:
    from peergate.cli.objects import written

    try:
        found = written(eve)
    except OSError as error:
        print(f"peergate: {error.filename}: {error.strerror}", file=sys.stderr)
        return NOTHING_READ
    if found is None:
        print(f"peergate: {eve}: no line of it is one of EVE", file=sys.stderr)
        return NOTHING_READ
    return found
