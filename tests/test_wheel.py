"""The wheel, installed where nothing of this tree is: it brings signatures, policy and the kernel part along."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from peergate import _engine

TREE = Path(__file__).parent.parent
PATIENCE_SECONDS = 600


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it. Its dependencies are those of the tests: nothing is fetched."""
    home = tmp_path_factory.mktemp("wheel")
    run(
        *("maturin", "build", "--release", "--locked", "--out", home),
        folder=TREE,
    )
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", folder=home)
    python = home / "venv" / "bin" / "python"
    wheels = list(home.glob("*.whl"))
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", *wheels, folder=home)
    (packages,) = home.glob("venv/lib/python*/site-packages")
    # A line of a .pth file makes packages visible, but not what .pth files among them point to: not this tree.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def test_the_installed_wheel_reads_a_capture_by_its_own_signatures(installed: Path) -> None:
    peergate = installed / "venv" / "bin" / "peergate"
    where = "import peergate; print(peergate.__file__)"
    assert str(installed) in run(peergate.with_name("python"), "-c", where, folder=installed)
    capture = next((TREE / "samples" / "skype").glob("*.pcap"))
    assert "skype" in run(peergate, "read", capture, folder=installed).lower()


def test_the_installed_wheel_has_the_gateway_with_its_kernel_part_and_policy(
    installed: Path,
) -> None:
    (installed / "gateway.yaml").write_text("lan: eth1\nwan: eth2\n")
    peergate = installed / "venv" / "bin" / "peergate"
    said = run(peergate, "gateway", "-T", "-c", "gateway.yaml", folder=installed)
    assert "gateway.yaml: right" in said
    lacking = {name for name, _ in _engine.missing()}
    assert ("missing: kernel part" in said) == ("kernel part" in lacking)
