"""One lab for all tests of this folder, under a prefix of its own so that it disturbs no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peergate.lab.build import Lab, LabError, check_possible

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "pg-test-"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        check_possible()
    except LabError as error:
        for item in items:
            if item.get_closest_marker("lab"):
                item.add_marker(pytest.mark.skip(reason=str(error)))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab(PREFIX) as built:
        built.up()
        yield built


@pytest.fixture
def own_lab() -> Iterator[Lab]:
    """One that a single test may do with as it likes."""
    with Lab(f"{PREFIX}own-") as built:
        built.up()
        yield built
