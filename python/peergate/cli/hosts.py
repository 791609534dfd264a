"""`peergate hosts`: what our own hosts are for others, in captures or in what a gateway wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from peergate.cli.looking import look
from peergate.cli.reading import USUAL, Options


def hosts(*files: str, eve: Path | None = None, options: Options = USUAL) -> int:
    """Show hosts that are peers, supernodes or relays, since when, what that costs, and why it is thought so.

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
        sys.stdout.writelines(host.eve() for host in latest.hosts)
    elif latest.hosts:
        from peergate.cli.objects import cost, show_hosts
        from peergate.cli.tables import console_for_output

        console = console_for_output()
        show_hosts(console, latest.hosts, options)
        console.print(cost(latest.hosts))
    elif not status:
        print("no host plays a role for others")
    return status
