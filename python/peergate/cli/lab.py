"""`peergate lab`: a network of namespaces with real clients."""

from __future__ import annotations

from cyclopts import App

app = App(name="lab")


@app.command
def up() -> int:
    """Lay the network and start its servers; leave it up."""
    from peergate.lab import commands

    return commands.up()


@app.command
def run(*, keep: bool = False, without_gateway: bool = False) -> int:
    """Put the gateway in the line, start the clients, and check what really happened to them.

    Parameters
    ----------
    keep
        Leave the network up afterwards.
    without_gateway
        Show that all clients succeed where nobody refuses them.

    """
    from peergate.lab import commands

    return commands.run(keep=keep, without_gateway=without_gateway)


@app.command
def down() -> int:
    """Take the network away."""
    from peergate.lab import commands

    return commands.down()
