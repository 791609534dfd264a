"""The live view of a running gateway."""

from pathlib import Path

import peergate
from peergate.cli.live import Latest


def test_the_latest_flows_are_shown_once_each_and_the_newest_first(office: Path) -> None:
    dns, other = sorted(peergate.read(office), key=lambda flow: flow.dest_port)
    latest = Latest(most=1)
    latest.add(dns)
    latest.add(dns)
    assert [flow.dest_port for flow in latest.flows()] == [53]
    latest.add(other)
    assert [flow.dest_port for flow in latest.flows()] == [6881]
