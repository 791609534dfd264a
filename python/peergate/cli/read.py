"""`peergate read`: what is in a capture."""

from __future__ import annotations

import sys

from peergate.cli.reading import USUAL, Captures, Options


def read(*files: str, options: Options = USUAL) -> int:
    """Show the flows, calls, hosts and apps of captures, and why each was taken for what it is.

    Parameters
    ----------
    files
        Captures (pcap or pcapng, also packed with gzip or zstd); - is standard input.
    options
        How they are read, and what of them is shown.

    """
    captures = Captures(files, options)
    if options.json:
        captures.each(lambda batch: sys.stdout.write(batch.eve()))
    else:
        # Imported here: lines need no tables, and should not wait for them.
        from peergate.cli.report import Report

        report = Report(options)
        captures.each(report.add)
        if not captures.nothing_was_read:
            report.show(captures.all)
    return captures.status()
