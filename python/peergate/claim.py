"""One gateway for each name: the claim of a running one, which ends with its process however that ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from peergate._engine import GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path("/run/peergate")


class NameTakenError(GatewayError):
    """A gateway of that name runs already."""


@contextmanager
def claim(name: str) -> Iterator[None]:
    """Holds the name of a gateway. Raises NameTakenError where another process does."""
    path = HOME / f"{name}.pid"
    try:
        HOME.mkdir(exist_ok=True)
        # "a" and not "w": whoever comes second must still read who was first.
        file = path.open("a+", encoding="ascii")
    except PermissionError:
        # Who may not write here may not stand in a line either, and is told so with all that is missing.
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            message = (
                f'a gateway named "{name}" is running already (process {holder}): stop that one, '
                "or give this one a name of its own"
            )
            raise NameTakenError(message) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
