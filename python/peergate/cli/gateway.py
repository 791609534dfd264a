"""`peergate gateway`: the bridge in the line."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from peergate.model import Mode

if TYPE_CHECKING:
    from peergate import gateway as running

OF_BRIDGES = "bridge without iptables"
"""What only mode bridge could do without: straight from port to port no packet meets iptables."""

CANNOT_RUN = 1
"""Exit status when the configuration is right and this machine or user cannot run it."""


def gateway(
    *,
    config: Annotated[Path, Parameter(("--config", "-c"))],
    test: Annotated[bool, Parameter(("--test", "-T"))] = False,
    detach: bool = False,
    quiet: Annotated[bool, Parameter(("--quiet", "-q"))] = False,
) -> int:
    """Run the gateway: recognise, judge and enforce between two ports.

    SIGHUP reads policy and signatures again, SIGUSR1 opens the EVE file anew (for logrotate), SIGTERM leaves.

    Parameters
    ----------
    config
        gateway.yaml
    test
        Check the configuration and end.
    detach
        Take all of it out of the line and end.
    quiet
        No live view.

    """
    from peergate import gateway as running
    from peergate._engine import GatewayError
    from peergate.claim import NameTakenError

    settings = running.load(config, to_leave=detach)
    try:
        if test:
            running.check(settings)
            print(f"{config}: right")
            _tell(_lacking(settings))
        elif detach:
            gone = running.detach(settings)
            print(f"{settings.name}: {'taken out of the line' if gone else 'was not in the line'}")
        else:
            _run(settings, live=sys.stdout.isatty() and not quiet)
    except GatewayError as error:
        print(f"peergate: {error}", file=sys.stderr)
        if not isinstance(error, NameTakenError):
            _tell(_lacking(settings))
        return CANNOT_RUN
    return 0


def _lacking(settings: running.Settings) -> list[tuple[str, str]]:
    """What this machine lacks for these settings, and how to get it."""
    from peergate._engine import missing

    bridged = settings.mode is Mode.BRIDGE
    of_machine = [each for each in missing() if bridged or each[0] != OF_BRIDGES]
    return [*_ports_missing(settings), *of_machine]


def _ports_missing(settings: running.Settings) -> list[tuple[str, str]]:
    """Ports that are not there (yet: a cable or a driver may come later), and which are."""
    there = sorted(name for _, name in socket.if_nameindex() if name != "lo")
    return [
        (f"port {name}", f"this machine has {', '.join(there) or 'none'}")
        for name in (settings.lan, settings.wan)
        if name not in there
    ]


def _tell(lacking: list[tuple[str, str]]) -> None:
    for name, advice in lacking:
        print(f"missing: {name}: {advice}", file=sys.stderr)
    if lacking:
        print("peergate read and peergate policy work without any of this", file=sys.stderr)


def _run(settings: running.Settings, *, live: bool) -> None:
    from peergate import gateway as running
    from peergate.cli.live import LiveView, PlainView

    wishes = running.Wishes()
    wishes.listen()
    with LiveView(settings) if live else PlainView() as view:
        running.run(settings, view, wishes)
