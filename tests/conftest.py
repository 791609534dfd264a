"""Captures that several tests read."""

from pathlib import Path

import pytest

from frames import DNS_QUERY, pcap, udp
from peergate import _engine

CLIENT = ("10.10.0.7", 40000)
RESOLVER = ("192.0.2.53", 53)
PEER = ("198.51.100.9", 6881)


LINES = ("test_gateway.py", "test_unknown_call.py", "test_scenario.py", "test_logons.py")
"""Tests that put a gateway in a line. A tap, which is all that a build without clang has, cannot do what they ask."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    advice = dict(_engine.missing()).get("kernel part")
    for item in items if advice else ():
        needs_root = item.get_closest_marker("network") or item.get_closest_marker("lab")
        if needs_root and item.path.name in LINES:
            item.add_marker(pytest.mark.skip(reason=f"no kernel part: {advice}"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-golden", action="store_true", help="write what is told of samples/ beside them"
    )


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A DNS question with its answer, and three datagrams of which nothing is known."""
    answer = DNS_QUERY[:2] + b"\x81\x80" + DNS_QUERY[4:]
    noise = [udp(CLIENT, PEER, bytes([200, 17, 93, number] * 9)) for number in range(3)]
    return pcap(
        tmp_path / "office.pcap",
        [udp(CLIENT, RESOLVER, DNS_QUERY), udp(RESOLVER, CLIENT, answer), *noise],
    )
