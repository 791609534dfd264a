"""`peergate read`: what is in a capture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from peergate.cli import USAGE, end_with_the_reader

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
    from peergate import DocumentError
    from peergate import read as open_captures
    from peergate.cli.reading import all_of, names_of, tell_what_was_wrong
    from peergate.signatures import site

    end_with_the_reader()
    paths = names_of((*files, *read_from))
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
    if json:
        for batch in all_of(capture, unread):
            sys.stdout.write(batch.eve())
    else:
        # Imported here: lines need no tables, and should not wait for them.
        from peergate.cli.report import Report

        report = Report(why=why, limit=limit)
        for batch in all_of(capture, unread):
            report.add(batch)
        if len(unread) < len(paths):
            report.show(capture.stats, capture.calls, capture.hosts)
    tell_what_was_wrong(capture, unread)
    return NOTHING_READ if len(unread) == len(paths) else 0
