"""Captures that several tests read."""

from pathlib import Path

import pytest

from frames import DNS_QUERY, pcap, udp

CLIENT = ("10.10.0.7", 40000)
RESOLVER = ("192.0.2.53", 53)
PEER = ("198.51.100.9", 6881)


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
