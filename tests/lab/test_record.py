"""Recordings: whose flow is whose, and what of them a sample keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peergate.lab.campus.scripts import Label
from peergate.lab.frames import udp, write_pcap
from peergate.lab.record import recording
from peergate.lab.record.casts import CASTS
from peergate.lab.record.cutting import PACKETS_OF_A_FLOW, Ends, cut, flows
from peergate.lab.simulator.machine import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

HERE, THERE, ELSEWHERE = (
    Endpoint("198.18.20.22", 5000),
    Endpoint("198.51.100.77", 6000),
    Endpoint("203.0.113.50", 53),
)
CALL = Ends("udp", tuple(HERE), tuple(THERE))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    ends = [(HERE, THERE), (THERE, HERE)] * 40 + [(HERE, ELSEWHERE)]
    frames = [(float(at), udp(*pair, b"x" * 20, at)) for at, pair in enumerate(ends)]
    write_pcap(tmp_path / "whole.pcap", frames)
    return tmp_path / "whole.pcap"


def test_a_flow_is_named_by_its_first_packet_and_counts_both_ways(capture: Path) -> None:
    assert flows(capture) == {CALL: 80, Ends("udp", tuple(HERE), tuple(ELSEWHERE)): 1}


def test_a_sample_keeps_the_first_packets_of_the_flows_that_are_wanted(capture: Path) -> None:
    target = capture.with_name("cut.pcap")
    assert cut(capture, target, {CALL}) == PACKETS_OF_A_FLOW
    assert flows(target) == {CALL: PACKETS_OF_A_FLOW}


def test_a_sample_chooses_the_largest_flows_of_every_label() -> None:
    label = Label("call", "sip")
    seen = {Ends("udp", tuple(HERE), ("203.0.113.9", port)): port for port in range(1, 9)}
    chosen = recording.choose(dict.fromkeys(seen, label), seen)
    assert {ends.destination[1] for ends in chosen} == {6, 7, 8}


def test_every_cast_has_labels_and_says_what_it_needs() -> None:
    for cast in CASTS.values():
        assert cast.labels
        assert cast.hosts
        assert all(package for package in cast.tools.values())
