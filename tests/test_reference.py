"""The reference pages say what the engine does. `python -m peergate.reference` writes them."""

from pathlib import Path

import pytest

from peergate.reference import comments, pages

PAGES = pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_current(page: Path) -> None:
    assert page.read_text() == PAGES[page]


def test_every_protocol_says_what_it_is() -> None:
    assert all(said.strip() for said in comments().values())
