"""What `read`, `calls` and `hosts` share: captures gone through under a progress bar, and what could not be read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from peergate import CaptureError
from peergate.cli import STANDARD_INPUT
from peergate.problems import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from peergate import Capture
    from peergate._engine import Batch


def names_of(files: Iterable[str]) -> list[str]:
    """The captures as a person named them."""
    return ["-" if name == STANDARD_INPUT else name for name in files]


def all_of(capture: Capture, unread: list[str]) -> Iterator[Batch]:
    """The batches, with a bar where a person may see it; what could not be read goes into `unread`."""
    try:
        if not sys.stderr.isatty():
            yield from capture.batches()
            return
        from peergate.cli.progress import bar

        with bar() as update:
            for batch in capture.batches():
                yield batch
                update(*capture.progress)
    except CaptureError as error:
        unread += str(error).splitlines()


def tell_what_was_wrong(capture: Capture, unread: list[str]) -> None:
    """Warnings of captures that were read in part, and those that were not read."""
    for warning in [*capture.warnings, *unread]:
        print(f"peergate: {harmless(warning)}", file=sys.stderr)
