"""What `calls` and `hosts` share: they look through captures, or through what a gateway wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate import CaptureError
from peergate._engine import Call, Host
from peergate.capture import Latest
from peergate.cli import MistakeError, end_with_the_reader
from peergate.cli.reading import Captures, Options

if TYPE_CHECKING:
    from pathlib import Path


def look(files: tuple[str, ...], eve: Path | None, options: Options) -> tuple[Latest, int]:
    """The calls and the roles that are found, and the exit status.

    Raises MistakeError where not one of both was named, OSError where the EVE file cannot be read.
    """
    if eve is None:
        captures = Captures(files, options)
        captures.each(lambda _batch: None)
        return captures.all.latest, captures.status()
    end_with_the_reader()
    if files or options.ask_about_captures():
        raise MistakeError(
            "name captures or one --eve file: what a gateway wrote is shown as it judged it, "
            "so that only --json, --why and --limit go with it"
        )
    return _written(eve), 0


def _written(eve: Path) -> Latest:
    latest, is_eve = Latest(), eve.is_file() and not eve.stat().st_size
    with eve.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            is_eve = is_eve or '"event_type":' in line
            # Most lines are flows: what is no call need not be parsed to see it.
            if '"event_type":"call"' in line and (call := Call.parse(line)):
                latest.add([call], [])
            elif '"event_type":"host"' in line and (host := Host.parse(line)):
                latest.add([], [host])
    if not is_eve:
        raise CaptureError(f"{eve}: no line of it is one of EVE")
    return latest
