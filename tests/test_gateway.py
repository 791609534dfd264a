"""A real gateway between two ports of a network namespace: what signals do to it, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from frames import udp
from ours import GREETING, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator

PEERGATE = str(Path(sys.executable).with_name("peergate"))
NAMESPACE = f"pg-test-gw-{os.getpid()}"
PATIENCE_SECONDS = 20

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a network namespace"),
]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, timeout=PATIENCE_SECONDS)


@pytest.fixture
def namespace() -> Iterator[str]:
    ip("netns", "add", NAMESPACE)
    try:
        for port in ("lan", "wan"):
            ip("-n", NAMESPACE, "link", "add", port, "type", "veth", "peer", "name", f"{port}-far")
            for end in (port, f"{port}-far"):
                ip("-n", NAMESPACE, "link", "set", end, "up")
        yield NAMESPACE
    finally:
        ip("netns", "delete", NAMESPACE)


class Running:
    """`peergate gateway` in a namespace, with all that it says in a file."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self.policy = folder / "policy.yaml"
        self.policy.write_text("rules: [{name: no Tox, app: tox, action: block}]\n")
        self.config = folder / "gateway.yaml"
        self.config.write_text(
            f"name: {NAMESPACE}\nlan: lan\nwan: wan\npolicy: policy.yaml\neve: eve.json\n"
            "signatures: [own]\n"
        )
        self.eve = folder / "eve.json"
        self.signatures = folder / "own"
        self.signatures.mkdir()
        self._said = folder / "said"
        # `ip netns exec` would hide the BPF file system.
        self._inside = ["nsenter", f"--net=/run/netns/{namespace}"]
        self._command = [*self._inside, PEERGATE, "gateway", "-c", str(self.config)]

    def __enter__(self) -> Running:
        with self._said.open("w") as said:
            self.process = subprocess.Popen(self._command, stdout=said, stderr=said)
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        self.detach()

    def once(self, *wish: str) -> subprocess.CompletedProcess[str]:
        """Runs the command until it ends by itself."""
        return subprocess.run(
            [*self._command, *wish],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )

    def detach(self) -> str:
        done = self.once("--detach")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sends(self, frame: bytes) -> None:
        """Sends a frame from the LAN through the line."""
        code = (
            "import socket, sys; line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); "
            "line.bind(('lan-far', 0)); line.send(bytes.fromhex(sys.argv[1]))"
        )
        command = [*self._inside, sys.executable, "-c", code, frame.hex()]
        subprocess.run(command, check=True, timeout=PATIENCE_SECONDS)

    def says(self, words: str) -> None:
        """Waits until it has said these words."""
        self._waits_for(words, self._said)

    def tells(self, words: str) -> None:
        """Waits until these words are in its EVE file."""
        self._waits_for(words, self.eve)

    def _waits_for(self, words: str, file: Path) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in file.read_text():
            assert time.monotonic() < deadline, file.read_text() + self._said.read_text()
            assert self.process.poll() is None, self._said.read_text()
            time.sleep(0.05)


def test_a_gateway_reloads_keeps_a_good_policy_and_leaves_cleanly(
    namespace: str, tmp_path: Path
) -> None:
    with Running(namespace, tmp_path) as gateway:
        gateway.says(f"in the line of {NAMESPACE}: ")

        gateway.policy.write_text("rules: [{name: no Tox, app: toxx, action: block}]\n")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.says('policy.yaml:1: unknown app "toxx"; did you mean "tox"?')
        gateway.says("the policy and the signatures that were running stay in force")

        gateway.policy.write_text("rules: [{name: no Skype, app: skype, action: block}]\n")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.says("policy and signatures read again")

        gateway.eve.rename(tmp_path / "eve.json.1")
        gateway.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not gateway.eve.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)

        gateway.process.terminate()
        assert gateway.process.wait(PATIENCE_SECONDS) == 0


def test_signatures_are_read_again_for_what_is_up_and_a_mistake_leaves_all_as_it_was(
    namespace: str, tmp_path: Path
) -> None:
    greeting = udp(("10.0.0.1", 4000), ("198.51.100.7", 9999), GREETING)
    with Running(namespace, tmp_path) as gateway:
        gateway.says(f"in the line of {NAMESPACE}: ")
        gateway.sends(greeting)
        file = gateway.signatures / "ours.toml"

        file.write_text(SIGNATURE.replace("category", "categorie"))
        gateway.process.send_signal(signal.SIGHUP)
        gateway.says('ours.toml:3: unknown field "categorie"; did you mean "category"?')
        gateway.says("the policy and the signatures that were running stay in force")

        file.write_text(SIGNATURE)
        gateway.policy.write_text("rules: [{name: not ours, app: ours, action: block}]\n")
        gateway.process.send_signal(signal.SIGHUP)
        gateway.says("policy and signatures read again")
        gateway.tells('"app":"ours"')
        gateway.tells('"rule":"not ours"')
        gateway.tells('"what":"its greeting"')


def test_what_stays_in_the_kernel_is_taken_away_by_detach(namespace: str, tmp_path: Path) -> None:
    with Running(namespace, tmp_path) as gateway:
        gateway.says(f"in the line of {NAMESPACE}: ")
        gateway.process.kill()
        gateway.process.wait(PATIENCE_SECONDS)
        assert gateway.detach() == f"{NAMESPACE}: taken out of the line\n"
        assert gateway.detach() == f"{NAMESPACE}: was not in the line\n"


def test_a_second_gateway_of_the_same_name_is_refused(namespace: str, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with Running(namespace, tmp_path) as first:
        first.says(f"in the line of {NAMESPACE}: ")
        second = Running(namespace, tmp_path / "second")
        for wish in ([], ["--detach"]):
            done = second.once(*wish)
            assert done.returncode == 1
            assert f"running already (process {first.process.pid})" in done.stderr
        assert first.process.poll() is None


def test_a_port_that_is_not_there_is_named(namespace: str, tmp_path: Path) -> None:
    gateway = Running(namespace, tmp_path)
    gateway.config.write_text(f"name: {NAMESPACE}\nlan: lan\nwan: nosuchport\n")
    done = gateway.once()
    assert done.returncode == 1
    assert "nosuchport" in done.stderr
