"""A call of a program that nobody knows, through a real gateway: who may not call cannot, all else works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERGATE = str(Path(sys.executable).with_name("peergate"))
SPEAKER = str(Path(__file__).with_name("speaker.py"))
NAME = f"pg-test-call-{os.getpid()}"
STUDENT, STAFF, FAR = "198.18.1.10", "198.18.2.10", "203.0.113.50"
PATIENCE_SECONDS = 30
CALL_SECONDS = 9.0
# What a call may last where it is forbidden.
BLOCKED_WITHIN_SECONDS = 5.0

POLICY = """
groups:
  students: [198.18.1.0/24]
rules:
  - {name: no calls for students, group: students, category: call, action: block}
"""

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a network namespace"),
]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=PATIENCE_SECONDS)


def inside(place: str, *command: str) -> list[str]:
    # `ip netns exec` would hide the BPF file system.
    return ["nsenter", f"--net=/run/netns/{NAME}-{place}", *command]


def said(place: str, *wish: str) -> str:
    """What a speaker in that namespace prints."""
    command = inside(place, sys.executable, SPEAKER, *wish)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
    return done.stdout.strip() or done.stderr.strip()


@pytest.fixture(scope="module")
def eve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two hosts in one network, the far ends in another, and a gateway that is the wire between them."""
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "policy.yaml").write_text(POLICY)
    config = folder / "gateway.yaml"
    config.write_text(
        f"name: {NAME}\nlan: lan\nwan: wan\nmode: wire\npolicy: policy.yaml\neve: eve.json\n"
    )
    with network(), running(config, folder / "said"):
        yield folder / "eve.json"


class network:  # noqa: N801 -- a context, read as a verb
    """The three namespaces and their wires."""

    def __enter__(self) -> None:
        for place in ("here", "gate", "there"):
            ip("netns", "add", f"{NAME}-{place}")
        for port, place in (("lan", "here"), ("wan", "there")):
            ends = [port, "netns", f"{NAME}-gate", "type", "veth", "peer", "name", "eth0"]
            ip("link", "add", *ends, "netns", f"{NAME}-{place}")
            ip("-n", f"{NAME}-gate", "link", "set", port, "up")
            ip("-n", f"{NAME}-{place}", "link", "set", "eth0", "up")
            ip("-n", f"{NAME}-{place}", "link", "set", "lo", "up")
            # A wire has no card that would fill in the sums of its frames.
            subprocess.run(
                inside(place, "ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off"),
                check=True,
                capture_output=True,
            )
        for own in (STUDENT, STAFF):
            ip("-n", f"{NAME}-here", "address", "add", f"{own}/32", "dev", "eth0")
        ip("-n", f"{NAME}-there", "address", "add", f"{FAR}/32", "dev", "eth0")
        ip("-n", f"{NAME}-here", "route", "add", f"{FAR}/32", "dev", "eth0")
        ip("-n", f"{NAME}-there", "route", "add", "198.18.0.0/16", "dev", "eth0")

    def __exit__(self, *_error: object) -> None:
        for place in ("here", "gate", "there"):
            ip("netns", "delete", f"{NAME}-{place}")


class running:  # noqa: N801 -- a context, read as a verb
    """The gateway and the far ends."""

    def __init__(self, config: Path, output: Path) -> None:
        self._gateway = inside("gate", PEERGATE, "gateway", "-c", str(config))
        self._output = output

    def __enter__(self) -> None:
        with self._output.open("w") as output:
            far = inside("there", sys.executable, SPEAKER, "answer", FAR)
            self._running = [
                subprocess.Popen(command, stdout=output, stderr=output)
                for command in (self._gateway, far)
            ]
        for _ in range(PATIENCE_SECONDS * 2):
            if said("here", "ask", STAFF, FAR) == "name a page" and self._stands():
                return
            time.sleep(0.5)
        pytest.fail(self._output.read_text())

    def _stands(self) -> bool:
        return Path("/sys/fs/bpf/peergate", NAME).exists()

    def __exit__(self, *_error: object) -> None:
        for process in self._running:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
        subprocess.run([*self._gateway, "--detach"], check=False, timeout=PATIENCE_SECONDS)


def events(eve: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in eve.read_text().splitlines()]


def test_a_call_that_nobody_recognises_ends_within_seconds_for_whom_it_is_forbidden(
    eve: Path,
) -> None:
    first, last = map(float, said("here", "call", STUDENT, FAR, str(CALL_SECONDS), "30000").split())
    assert first < 1
    assert last < BLOCKED_WITHIN_SECONDS
    blocked = [
        event["peergate"]
        for event in events(eve)
        if event["event_type"] == "verdict" and event["src_port"] == 30000
    ]
    verdict = blocked[-1]
    assert (verdict["app"], verdict["category"], verdict["activity"]) == ("unknown", "call", "call")
    assert (verdict["action"], verdict["rule"]) == ("block", "no calls for students")
    assert "voice" in {piece["detector"] for piece in verdict["evidence"]}


def test_the_same_call_goes_on_for_everybody_else(eve: Path) -> None:
    _, last = map(float, said("here", "call", STAFF, FAR, str(CALL_SECONDS), "30001").split())
    assert eve.exists()
    assert last > CALL_SECONDS - 1


def test_whoever_is_forbidden_to_call_still_reads_pages(eve: Path) -> None:
    assert eve.exists()
    assert said("here", "ask", STUDENT, FAR) == "name a page"
