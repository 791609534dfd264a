"""What `read`, `calls` and `hosts` share: their options, and captures that are gone through under a progress bar."""

from __future__ import annotations

import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt

from peergate import CaptureError, DocumentError
from peergate import read as open_captures
from peergate.cli import FAILED, STANDARD_INPUT, MistakeError, end_with_the_reader
from peergate.problems import harmless
from peergate.signatures import site

if TYPE_CHECKING:
    from collections.abc import Callable

    from peergate import Capture
    from peergate._engine import Batch

ROWS = 40
"""Of a table, where nothing is said: what a person reads through."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Options:
    """How captures are read, and what of them is shown.

    Parameters
    ----------
    read_from
        A capture, as other tools take it.
    json
        EVE lines instead of tables.
    why
        Show the evidence: of every flow and of every role; of a call its flows, and all that was measured on them.
    limit
        Rows of a table at most: 40 where nothing is said; 0 shows all.
    policy
        Judge flows by this policy, and hosts by what it excuses.
    local
        A prefix of our own network, whose hosts are looked at; private addresses where none is named.
    signatures
        Signatures of your own: a file, or a folder of *.toml.
    no_signatures
        Recognise no protocol and no app: say only what the times and sizes of packets show.

    """

    read_from: Annotated[tuple[str, ...], Parameter("-r")] = ()
    json: bool = False
    why: bool = False
    limit: NonNegativeInt = ROWS
    policy: Path | None = None
    local: tuple[str, ...] = ()
    signatures: tuple[Path, ...] = ()
    no_signatures: Annotated[bool, Parameter(negative=())] = False

    def ask_about_captures(self) -> bool:
        """Whether anything is asked that only a capture can answer."""
        lists = (self.read_from, self.local, self.signatures)
        return any(lists) or self.policy is not None or self.no_signatures


USUAL = Options()


class Captures:
    """Captures as a person named them. They can be gone through once."""

    def __init__(self, files: tuple[str, ...], options: Options) -> None:
        """Raises MistakeError and DocumentError where what was asked cannot be meant."""
        end_with_the_reader()
        names = [*files, *options.read_from]
        if not names:
            raise MistakeError("name at least one capture (- is standard input)")
        self._unread: list[str] = []
        self._names = ["-" if name == STANDARD_INPUT else name for name in names]
        self.all = self._opened(options)

    def _opened(self, options: Options) -> Capture:
        try:
            return open_captures(
                self._names,
                policy=options.policy,
                extra_signatures=(*site(), *options.signatures),
                local=options.local,
                names=not options.no_signatures,
            )
        except DocumentError:
            raise
        except ValueError as error:
            raise MistakeError(f"--local: {error}") from error

    def each(self, take: Callable[[Batch], object]) -> None:
        """Hands every batch on, with a bar where a person may see it."""
        if "-" in self._names:
            # Python hears of a signal between two batches, and a pipe may be silent for ever.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        try:
            with _bar() as update:
                for batch in self.all.batches():
                    take(batch)
                    update(*self.all.progress)
        except CaptureError as error:
            self._unread = str(error).splitlines()

    @property
    def nothing_was_read(self) -> bool:
        """Whether none of them is a capture."""
        return len(self._unread) == len(self._names)

    def status(self) -> int:
        """Tells what was wrong with those that were read in part or not at all; the exit status of the command."""
        for warning in [*self.all.warnings, *self._unread]:
            print(f"peergate: {harmless(warning)}", file=sys.stderr)
        return FAILED if self.nothing_was_read else 0


def _bar() -> AbstractContextManager[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        return nullcontext(lambda _done, _total: None)
    from peergate.cli.progress import bar

    return bar()
