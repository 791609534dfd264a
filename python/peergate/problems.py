"""Mistakes in a file that a person wrote: where, what, and the nearest right word."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# With more choices than this a list helps nobody.
FEW_CHOICES = 16


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake at one line (0: the file as a whole)."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return harmless(f"{place}: {self.message}")


class DocumentError(ValueError):
    """A file could not be used. Carries every mistake found, in the order of their lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def whole_file(cls, path: Path, message: str) -> DocumentError:
        """The file as a whole is no use."""
        return cls([Problem(str(path), 0, message)])


def harmless(text: str) -> str:
    """What a file holds, or is called, goes to a terminal: no byte of it may steer that."""
    return "".join(each if each.isprintable() else "�" for each in text)


def unknown(kind: str, word: str, choices: Iterable[str]) -> str:
    """Says that a word is not known, and what was probably meant."""
    known = sorted(choices)
    near = difflib.get_close_matches(word.lower(), known, n=1)
    if near:
        return f'unknown {kind} "{word}"; did you mean "{near[0]}"?'
    if 0 < len(known) <= FEW_CHOICES:
        return f'unknown {kind} "{word}"; known: {", ".join(known)}'
    if not known:
        return f'unknown {kind} "{word}"; none is named in the file'
    return f'unknown {kind} "{word}"'
