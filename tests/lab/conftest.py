"""One lab for all tests of this folder, under a prefix of its own so that it disturbs no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peergate.lab.build import Lab, LabError, check_possible
from peergate.lab.servers import Internet, start_internet

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "pg-test-"


@pytest.fixture(scope="session", autouse=True)
def _possible() -> None:
    try:
        check_possible()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(PREFIX) as built:
        built.up()
        yield built


@pytest.fixture(scope="module")
def internet(lab: Lab) -> Internet:
    return start_internet(lab)
