"""What people read: its links lead somewhere, and its commands are commands."""

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest
from cyclopts import MissingArgumentError

from peergate.cli import STANDARD_INPUT, app

TREE = Path(__file__).parents[1]
PAGES = sorted([*TREE.glob("*.md"), TREE / "signatures/README.md", *TREE.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(
    r"^(?:    )?(?:\$ )?(?:.* \| )?(?:sudo )?peergate (.+?)(?: +#.*)?$", re.MULTILINE
)
NAMED = re.compile(r"`peergate ([^`]+)`")


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as they stand in links."""
    words = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(page.read_text()))
    return {title.replace(" ", "-") for title in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if not path.startswith(("http:", "https:")):
            there = (page.parent / path).resolve() if path else page
            assert there.exists(), link
            assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TREE)))
def test_every_command_that_a_page_shows_is_one(page: Path) -> None:
    for command in COMMAND.findall(page.read_text()):
        understood(command)
    for command in NAMED.findall(page.read_text()):
        # In a sentence a command may stand without what it is about.
        with suppress(MissingArgumentError):
            understood(command)


def understood(command: str) -> None:
    words = [STANDARD_INPUT if word == "-" else word for word in shlex.split(command)]
    app.parse_args(words, exit_on_error=False, print_error=False)
