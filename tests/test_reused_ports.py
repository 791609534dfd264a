"""One pair of ports, one connection after another: each is judged by what it says itself, and none gets away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from caller import PAGE, PORT
from ours import GREETING, SIGNATURE
from test_unknown_call import FAR, NAME, PATIENCE_SECONDS, PEERGATE, STUDENT, inside, network

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLER = str(Path(__file__).with_name("caller.py"))
# In silence both hosts keep the connection that is blocked, and take its segments if one comes through.
CONFIG = (
    "lan: lan\nwan: wan\nrefuse: silence\npolicy: policy.yaml\neve: eve.json\nsignatures: [own]\n"
)

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a network namespace"),
]


class Line(NamedTuple):
    """A gateway between two hosts, and what it and the far host tell."""

    gateway: subprocess.Popen[bytes]
    eve: Path
    heard: Path

    def ended(self) -> list[dict[str, Any]]:
        """The flows from the one port, once the gateway has ended."""
        self.gateway.terminate()
        self.gateway.wait(PATIENCE_SECONDS)
        events = [json.loads(line) for line in self.eve.read_text().splitlines()]
        return [
            event
            for event in events
            if event["event_type"] == "flow" and event.get("src_port") == PORT
        ]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    (tmp_path / "policy.yaml").write_text("rules: [{name: not ours, app: ours, action: block}]\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "ours.toml").write_text(SIGNATURE)
    (tmp_path / "gateway.yaml").write_text(f"name: {NAME}\n{CONFIG}")
    command = inside("gate", PEERGATE, "gateway", "-c", str(tmp_path / "gateway.yaml"))
    far = inside("there", sys.executable, CALLER, "serve", FAR)
    said, heard = tmp_path / "said", tmp_path / "heard"
    with network(), said.open("w") as says, heard.open("w") as hears:
        serving = subprocess.Popen(far, stdout=hears, stderr=hears)
        gateway = subprocess.Popen(command, stdout=says, stderr=says)
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while "in the line of" not in said.read_text():
                assert time.monotonic() < deadline, said.read_text()
                time.sleep(0.05)
            yield Line(gateway, tmp_path / "eve.json", heard)
        finally:
            for process in (gateway, serving):
                process.terminate()
                process.wait(PATIENCE_SECONDS)
            subprocess.run([*command, "--detach"], check=True, timeout=PATIENCE_SECONDS)


def test_each_connection_on_the_same_ports_is_judged_anew_and_a_lone_syn_frees_none(
    line: Line,
) -> None:
    called = subprocess.run(
        inside("here", sys.executable, CALLER, "call", STUDENT, FAR),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    answers = ["silence", "answer", "answer", "silence"]
    assert called.stdout.split() == answers, called.stderr
    heard = {bytes.fromhex(said) for said in line.heard.read_text().split()[1::2]}
    assert heard <= {GREETING, PAGE}, "nothing that came after a greeting"
    flows = line.ended()
    told = [(flow["peergate"]["app"], flow["peergate"]["action"]) for flow in flows]
    assert told == [("ours", "block"), ("http", "allow"), ("ours", "block")]
    assert [flow["flow"]["reason"] for flow in flows][:2] == ["tcp_reuse", "tcp_reuse"]
