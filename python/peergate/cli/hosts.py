"""`peergate hosts`: what our own hosts are for others, in captures or in what a gateway wrote."""

from __future__ import annotations

from pathlib import Path

from peergate.cli.calls import look


def hosts(
    *files: str, eve: Path | None = None, local: tuple[str, ...] = (), why: bool = False
) -> int:
    """Show hosts that are peers, supernodes or relays, since when, what that costs, and why it is thought so.

    Parameters
    ----------
    files
        Captures (pcap or pcapng, also packed with gzip or zstd); - is standard input.
    eve
        A gateway's EVE file in place of captures.
    local
        A prefix of our own network; private addresses where none is named.
    why
        Show the evidence for every role.

    """
    latest = look("hosts", files, eve, local)
    if isinstance(latest, int):
        return latest
    from peergate.cli.objects import cost, host_table, why_host
    from peergate.cli.tables import console_for_output

    console = console_for_output()
    if not latest.hosts:
        print("no host plays a role for others")
        return 0
    console.print(host_table(latest.hosts), "")
    if why:
        console.print(*map(why_host, latest.hosts), sep="\n")
    console.print(cost(latest.hosts))
    return 0
