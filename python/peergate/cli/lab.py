"""`peergate lab`: a network of namespaces with real clients."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="A network of namespaces with real clients in it.")


@app.command()
def up() -> None:
    """Lay the network and start its servers; leave it up."""
    from peergate.lab import commands

    raise typer.Exit(commands.up())


@app.command()
def run(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the network up afterwards.")] = False,
) -> None:
    """Put the gateway in the line, start the clients, and check what really happened to them."""
    from peergate.lab import commands

    raise typer.Exit(commands.run(keep=keep))


@app.command()
def down() -> None:
    """Take the network away."""
    from peergate.lab import commands

    raise typer.Exit(commands.down())
