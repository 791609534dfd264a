"""The lab's network: who reaches whom, how long it takes, and that nothing is left of it."""

from __future__ import annotations

import socket
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peergate.lab.build import FOLDER_PREFIX, Lab
from peergate.lab.network import NAMESPACES
from peergate.lab.topology import ADDRESSES, PROBE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.lab


def round_trip_ms(lab: Lab, host: str, address: str) -> float:
    """The quickest of a few pings."""
    command = lab.host(host).inside("ping", "-q", "-c", "4", "-i", "0.1", "-W", "2", address)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(told.rsplit("= ", 1)[1].split("/")[0])


@pytest.mark.parametrize("server", ["web", "login", "tox2"])
def test_a_station_reaches_the_internet_over_a_line_with_the_delay_of_that_server(
    lab: Lab, server: str
) -> None:
    delays = {"web": 6, "login": 30, "tox2": 25}
    least = 2 * (delays[server] + 1)
    assert least <= round_trip_ms(lab, "student", ADDRESSES[server]) < least + 40


def test_groups_of_the_campus_reach_each_other(lab: Lab) -> None:
    assert round_trip_ms(lab, "student", ADDRESSES["staff"]) < 20


def test_the_twin_line_works_without_a_gateway(lab: Lab) -> None:
    assert round_trip_ms(lab, "plain-probe", f"{PROBE.address.rsplit('.', 1)[0]}.1") < 20


@pytest.mark.usefixtures("lab")
def test_the_hosts_own_network_is_not_touched() -> None:
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert not any(name in links for name in ("lan0", "wan0", "br0", "pg-"))
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    assert "198.18." not in routes
    assert "203.0.113." not in routes


def test_a_lab_that_failed_half_way_leaves_nothing(tmp_path: Path) -> None:
    lab = Lab("pg-test-broken-", capture=tmp_path / "missing" / "core.pcap")
    with pytest.raises(Exception, match="No such file"), lab:
        lab.up()
    assert lab.network.existing() == []
    assert not list(tmp_path.parent.glob(f"{FOLDER_PREFIX}pg-test-broken-*"))


def test_a_lab_whose_program_was_killed_is_removed_by_the_next() -> None:
    build = "import os; from peergate.lab.build import Lab; Lab('pg-test-left-').up(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", build], check=False)
    assert (NAMESPACES / "pg-test-left-student").exists()
    Lab("pg-test-left-").down()
    assert Lab("pg-test-left-").network.existing() == []


def test_the_capture_at_the_core_holds_what_passed_with_its_times(tmp_path: Path) -> None:
    capture = tmp_path / "core.pcap"
    before = time.time()
    with Lab("pg-test-capture-", capture=capture) as lab:
        lab.up()
        round_trip_ms(lab, "student", ADDRESSES["dns"])
    data = capture.read_bytes()
    assert data[:4] == struct.pack("=I", 0xA1B23C4D)
    echoes, at = [], 24
    while at < len(data):
        seconds, _, length, _ = struct.unpack_from("=IIII", data, at)
        frame = data[at + 16 : at + 16 + length]
        if frame[23] == socket.IPPROTO_ICMP:
            echoes.append(seconds)
        at += 16 + length
    assert len(echoes) == 8
    assert before - 1 <= min(echoes) <= max(echoes) <= time.time()
