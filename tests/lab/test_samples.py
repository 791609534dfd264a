"""The simulator's sample captures: always the same, well-formed, and in the tree as the generator writes them."""

from __future__ import annotations

import struct
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from peergate.lab.frames import TCP, UDP, checksum, write_pcap
from peergate.lab.simulator import messages
from peergate.lab.simulator.messages import Function
from peergate.lab.simulator.samples import CASES

SAMPLES = Path(__file__).parents[2] / "samples" / "skype"
IP = slice(14, 34)
EVERY_CASE = pytest.mark.parametrize("case", CASES)


def protocol(frame: bytes) -> int:
    return frame[23]


def datagrams(case: str) -> list[bytes]:
    return [frame[42:] for _, frame in CASES[case]() if protocol(frame) == UDP]


@EVERY_CASE
def test_the_sample_in_the_tree_is_what_the_generator_writes(case: str, tmp_path: Path) -> None:
    write_pcap(tmp_path / "again.pcap", CASES[case]())
    assert (SAMPLES / f"{case}.pcap").read_bytes() == (tmp_path / "again.pcap").read_bytes()


@EVERY_CASE
def test_frames_are_in_order_and_their_checksums_right(case: str) -> None:
    frames = list(CASES[case]())
    assert all(before <= after for (before, _), (after, _) in pairwise(frames))
    for _, frame in frames:
        assert checksum(frame[IP]) == 0
        segment = frame[34:]
        pseudo = frame[26:34] + struct.pack(">HH", protocol(frame), len(segment))
        assert checksum(pseudo + segment) == 0


def test_a_log_on_shows_probes_nacks_and_fragments() -> None:
    seen = Counter(messages.function(payload) for payload in datagrams("log-on"))
    assert seen[Function.OBFUSCATED] >= 22
    assert seen[Function.NACK] == seen[Function.RESEND] >= 2
    assert seen[Function.REFUSED] >= 1
    assert seen[Function.FRAGMENT] == 9


def test_a_call_is_symmetric_data() -> None:
    directions = Counter(
        frame[26:30] for _, frame in CASES["call"]() if len(frame) > 44 and frame[44] & 0x8F == 0x0D
    )
    one, other = directions.values()
    assert min(one, other) > 200
    assert 0.9 < one / other < 1.1


def test_over_443_the_tls_hello_is_the_one_that_never_changes() -> None:
    payloads = [frame[54:] for _, frame in CASES["log-on-over-443"]() if protocol(frame) == TCP]
    assert any(payload.startswith(messages.FAKE_TLS_HELLO) for payload in payloads)
    assert messages.FAKE_TLS_ANSWER in payloads
