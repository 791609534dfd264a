"""Every sample is told as the file beside it promises; `pytest tests/test_golden.py --write-golden` writes those."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden import promised
from peergate.lab.frames import write_pcap
from peergate.lab.samples.cases import CASES

SAMPLES = Path(__file__).parents[1] / "samples"
CAPTURES = sorted(SAMPLES.glob("*/*.pcap"))
EVERY_CAPTURE = pytest.mark.parametrize(
    "capture", CAPTURES, ids=lambda path: f"{path.parent.name}/{path.stem}"
)


@EVERY_CAPTURE
def test_a_sample_is_told_as_promised(capture: Path, request: pytest.FixtureRequest) -> None:
    golden = capture.with_suffix(".jsonl")
    told = promised(capture)
    if request.config.getoption("write_golden"):
        golden.write_text(told)
    assert told == golden.read_text()


@EVERY_CAPTURE
def test_a_sample_shows_the_protocol_of_its_folder(capture: Path) -> None:
    flows = [json.loads(line) for line in capture.with_suffix(".jsonl").read_text().splitlines()]
    named = {flow["protocol"] for flow in flows}
    told = {fact.split(".")[0] for flow in flows for fact in flow["facts"]}
    assert capture.parent.name in named | told


@pytest.mark.parametrize("case", CASES)
def test_the_tree_holds_what_the_generator_writes(case: str, tmp_path: Path) -> None:
    again = tmp_path / "again.pcap"
    write_pcap(again, CASES[case]().frames)
    assert (SAMPLES / f"{case}.pcap").read_bytes() == again.read_bytes()
