"""`peergate lab`: what it says where it cannot work, and that an interrupted lab leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from peergate.lab import build, commands, network
from peergate.lab.network import Network, NetworkError

PREFIX = "pg-test-cut-"


def test_who_is_not_root_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert commands.up() == commands.CANNOT
    assert "needs root" in capsys.readouterr().err


def test_missing_programs_are_told_by_the_packages_that_hold_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setitem(build.TOOLS, "no-such-program", "no-such-package")
    assert commands.up() == commands.CANNOT
    assert "apt-get install" in (told := capsys.readouterr().err)
    assert "no-such-package" in told


def test_a_lab_without_a_prefix_is_refused() -> None:
    with pytest.raises(ValueError, match="prefix"):
        Network("")


@pytest.mark.lab
def test_a_tool_that_complains_is_quoted() -> None:
    with pytest.raises(NetworkError, match=r"ip netns delete pg-test-nowhere: .*No such file"):
        network.run("ip", "netns", "delete", "pg-test-nowhere")


@pytest.mark.lab
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_lab_is_taken_away(number: signal.Signals) -> None:
    program = f"""
import sys, time
from peergate.lab import commands
from peergate.lab.build import Lab
lab = Lab({PREFIX!r})
def work():
    lab.up()
    print("up", flush=True)
    time.sleep(60)
sys.exit(commands.guarded(lab, work, keep=True))
"""
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    with running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        assert Network(PREFIX).existing()
        running.send_signal(number)
        assert running.wait(15) == commands.INTERRUPTED
    assert Network(PREFIX).existing() == []
