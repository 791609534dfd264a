"""A gateway that is killed, and the next under another policy: what the kernel passes and blocks is judged again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from frames import udp
from ours import GREETING, SIGNATURE
from test_gateway import NAMESPACE, PATIENCE_SECONDS, Running, namespace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["namespace"]

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a network namespace"),
]

OURS = ("10.0.0.1", 4000)
THEIRS = ("198.51.100.7", 9999)
GREETED = udp(OURS, THEIRS, GREETING)
# Nothing in it says what it belongs to: only who knows the flow can judge it.
LATER = udp(OURS, THEIRS, bytes(range(200, 240)))
ALLOWED = "rules: [{name: ours may, app: ours, action: allow}]\n"
BLOCKED = "rules: [{name: not ours, app: ours, action: block}]\n"
# Sends a frame into the LAN port and says whether it comes out of the WAN port.
PROBE = """\
import socket, sys, time
frame = bytes.fromhex(sys.argv[1])
line, far = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) for _ in range(2))
line.bind(('lan-far', 0)), far.bind(('wan-far', 0))
far.settimeout(0.1)
line.send(frame)
end = time.monotonic() + 0.5
while time.monotonic() < end:
    try:
        if far.recv(2048) == frame:
            sys.exit("passed")
    except TimeoutError:
        pass
"""


def passes(frame: bytes) -> bool:
    command = ["nsenter", f"--net=/run/netns/{NAMESPACE}", sys.executable, "-c", PROBE, frame.hex()]
    done = subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE_SECONDS)
    return b"passed" in done.stderr


class Runs:
    """One gateway after another in the same line; each but the last is killed."""

    def __init__(self, place: str, folder: Path) -> None:
        self._gateway = Running(place, folder)
        (self._gateway.signatures / "ours.toml").write_text(SIGNATURE)
        self._begun = False

    def under(self, policy: str) -> None:
        """Kills the one that runs, and starts the next with this policy."""
        if self._begun:
            self._gateway.process.kill()
            self._gateway.process.wait(PATIENCE_SECONDS)
        self._begun = True
        self._gateway.policy.write_text(policy)
        self._gateway.__enter__()
        self._gateway.says(f"in the line of {NAMESPACE}: ")

    def settles(self) -> None:
        """Lets the flow speak until the kernel passes it by itself."""
        for _ in range(3):
            self._gateway.sends(GREETED)
        self._gateway.tells('"app":"ours"')
        time.sleep(0.3)

    def told_at_the_end(self) -> dict[str, Any]:
        """Lets the one that runs leave, and gives what it told last of the flow."""
        self._gateway.process.terminate()
        self._gateway.process.wait(PATIENCE_SECONDS)
        events = [json.loads(line) for line in self._gateway.eve.read_text().splitlines()]
        return [event for event in events if event["event_type"] == "flow"][-1]

    def end(self) -> None:
        self._gateway.__exit__()


@pytest.fixture
def runs(namespace: str, tmp_path: Path) -> Iterator[Runs]:
    gateways = Runs(namespace, tmp_path)
    yield gateways
    gateways.end()


def test_a_flow_that_a_killed_gateway_let_pass_stops_where_the_next_ones_policy_blocks_it(
    runs: Runs,
) -> None:
    runs.under(ALLOWED)
    runs.settles()
    assert passes(LATER)
    runs.under(BLOCKED)
    assert not passes(LATER)


def test_a_flow_that_a_killed_gateway_blocked_passes_where_the_next_ones_policy_allows_it(
    runs: Runs,
) -> None:
    runs.under(BLOCKED)
    runs.settles()
    assert not passes(LATER)
    runs.under(BLOCKED)
    assert not passes(LATER)
    runs.under(ALLOWED)
    assert passes(LATER)


def test_a_flow_that_a_killed_gateway_decided_about_is_told_by_the_next_with_what_is_left_to_know(
    runs: Runs,
) -> None:
    runs.under(ALLOWED)
    runs.settles()
    runs.under(BLOCKED)
    for _ in range(4):
        assert not passes(LATER)
    flow = runs.told_at_the_end()
    ours = flow["peergate"]
    assert (ours["app"], ours["category"], ours["action"], ours["rule"]) == (
        "ours",
        "chat",
        "block",
        "not ours",
    )
    assert ours["confidence"] >= 0.9
    assert [piece["what"] for piece in ours["evidence"]] == [
        "the program that stood here before took it for this; what it saw is not known any more"
    ]
    # Three that the first one saw, and four that the second never did.
    assert flow["flow"]["pkts_toserver"] == 7
    assert flow["flow"]["reason"] == "shutdown"
    assert (flow["src_ip"], flow["src_port"]) == OURS
