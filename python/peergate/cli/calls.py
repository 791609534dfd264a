"""`peergate calls`: the calls in captures, or in what a gateway wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from peergate.cli.looking import look
from peergate.cli.reading import USUAL, Options


def calls(*files: str, eve: Path | None = None, options: Options = USUAL) -> int:
    """Show calls: who with whom, by which application, for how long, and how well they came through.

    Parameters
    ----------
    files
        Captures (pcap or pcapng, also packed with gzip or zstd); - is standard input.
    eve
        A gateway's EVE file in place of captures.
    options
        How they are read, and what of them is shown.

    """
    latest, status = look(files, eve, options)
    if options.json:
        sys.stdout.writelines(call.eve() for call in latest.calls)
    elif latest.calls:
        from peergate.cli.objects import show_calls
        from peergate.cli.tables import console_for_output

        show_calls(console_for_output(), latest.calls, options)
    elif not status:
        print("no calls")
    return status
