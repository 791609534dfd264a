"""Signatures: those that the engine ships with, and files of one's own beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from peergate._engine import Catalog, SignatureError
from peergate.problems import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

SITE = Path("/etc/peergate/signatures.d")
"""Where a site keeps signatures of its own."""


def of_site(paths: Iterable[Path] = ()) -> Catalog:
    """The shipped signatures with the site's own over them, and those in `paths` over both."""
    return load([*site(), *paths])


def site() -> tuple[Path, ...]:
    """The folder of the site's own signatures, where there is one."""
    return (SITE,) if SITE.is_dir() else ()


def load(paths: Iterable[Path] = ()) -> Catalog:
    """Compiles the shipped signatures with those in `paths` (files, or folders of *.toml) over them."""
    found = [file for path in paths for file in _files(path)]
    try:
        return Catalog.load([(str(file), _text(file)) for file in found])
    except SignatureError as error:
        raise DocumentError(Problem(*problem) for problem in error.problems) from error


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.toml")) if path.is_dir() else [path]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError.whole_file(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError.whole_file(path, "is not UTF-8 text") from error
