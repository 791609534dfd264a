"""The package as a whole."""

import peergate


def test_the_package_says_what_it_is_for() -> None:
    assert "says why" in (peergate.__doc__ or "")
