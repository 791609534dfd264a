"""`peergate gateway`: the bridge in the line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from peergate import gateway as running

CANNOT_RUN = 1
"""Exit status when the configuration is right and this machine or user cannot run it."""


def gateway(
    config: Annotated[Path, typer.Option("-c", "--config", help="gateway.yaml")],
    test: Annotated[
        bool, typer.Option("-T", "--test", help="Check the configuration and end.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Take all of it out of the line and end.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No live view.")] = False,
) -> None:
    """Run the gateway: recognise, judge and enforce between two ports.

    SIGHUP reads the policy again, SIGUSR1 opens the EVE file anew (for logrotate), SIGTERM leaves.
    """
    from peergate import gateway as running
    from peergate import privileges
    from peergate._engine import GatewayError

    settings = running.load(config)
    if test:
        running.check(settings)
        print(f"{config}: right")
        return
    try:
        if detach:
            gone = running.detach(settings)
            print(f"{settings.name}: {'taken out of the line' if gone else 'was not in the line'}")
            return
        _run(settings, live=sys.stdout.isatty() and not quiet)
    except (privileges.MissingPrivilegeError, GatewayError) as error:
        print(f"peergate: {error}", file=sys.stderr)
        raise typer.Exit(CANNOT_RUN) from error


def _run(settings: running.Settings, *, live: bool) -> None:
    from peergate import gateway as running
    from peergate.cli.live import LiveView, PlainView

    wishes = running.Wishes()
    wishes.listen()
    with LiveView(settings) if live else PlainView() as view:
        running.run(settings, view, wishes)
