"""A progress bar on standard error, gone when the work is done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Console(Console):
    def show_cursor(self, _show: bool = True) -> bool:
        # Stays: whoever is ended by a signal cannot bring it back.
        return False


@contextmanager
def bar() -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes the bytes done and the bytes in all (0 where nobody knows)."""
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total or None)

        yield update
