"""The story of `peergate lab run`: how it is judged, and that without a gateway everybody succeeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peergate.lab.gateway import ShippedGateway, Verdict, parse
from peergate.lab.latency import Latency
from peergate.lab.scenario import LARGEST_ADDED_US, Outcome, Report, Scenario
from peergate.lab.story import Goal, Part
from peergate.lab.topology import STUDENT

if TYPE_CHECKING:
    from peergate.lab.build import Lab

REFUSAL = Verdict(STUDENT.address, "203.0.113.10:33445", "tox", "block", ("a Tox handshake",), 3)
EVE: dict[str, Any] = {
    "event_type": "flow",
    "src_ip": STUDENT.address,
    "dest_ip": "203.0.113.10",
    "dest_port": 33445,
    "peergate": {
        "app": "tox",
        "action": "block",
        "evidence": [
            {"what": "a Tox handshake", "weight_db": 48, "detector": "tox", "packet": 2},
            {"what": "an answer to it", "weight_db": 48, "detector": "tox", "packet": 3},
        ],
    },
}


def outcome(*, allowed: bool, worked: bool, refusal: Verdict | None = None) -> Outcome:
    part = Part("Tox log-on", "tox", STUDENT, (), Goal("online"), allowed)
    return Outcome(part, worked, 1.0, refusal)


def report(*outcomes: Outcome, gateway: bool = True, added: float = 1.0) -> Report:
    return Report(gateway, list(outcomes), Latency(gate=10 + added, plain=10), 60.0)


def test_a_refused_client_that_did_not_work_is_right() -> None:
    assert report(outcome(allowed=False, worked=False, refusal=REFUSAL)).right


def test_a_client_that_failed_without_a_word_of_the_gateway_is_not_its_merit() -> None:
    assert not report(outcome(allowed=False, worked=False)).right


def test_a_forbidden_client_that_worked_is_wrong_whatever_the_gateway_said() -> None:
    assert not report(outcome(allowed=False, worked=True, refusal=REFUSAL)).right


def test_an_allowed_client_must_work_and_not_be_refused() -> None:
    assert report(outcome(allowed=True, worked=True)).right
    assert not report(outcome(allowed=True, worked=False)).right
    assert not report(outcome(allowed=True, worked=True, refusal=REFUSAL)).right


def test_a_slow_gate_is_wrong() -> None:
    assert not report(outcome(allowed=True, worked=True), added=LARGEST_ADDED_US + 1).right


def test_without_a_gateway_everybody_must_work() -> None:
    assert report(outcome(allowed=False, worked=True), gateway=False).right
    assert not report(outcome(allowed=False, worked=False), gateway=False).right


def test_a_verdict_is_read_from_eve_with_its_evidence_and_deciding_packet() -> None:
    (verdict,) = parse(json.dumps(EVE).encode())
    assert verdict.refused
    assert verdict.destination == "203.0.113.10:33445"
    assert verdict.evidence == ("a Tox handshake", "an answer to it")
    assert verdict.packet == 3


def test_eve_lines_that_tell_no_app_are_no_verdicts() -> None:
    stats = {"event_type": "stats"}
    unknown = {**EVE, "peergate": {"app": None, "action": "allow", "evidence": []}}
    assert list(parse("\n".join(map(json.dumps, (stats, unknown))).encode())) == []


class Silent:
    """Nobody looks on."""

    def stage(self, what: str) -> None:
        pass

    def happened(self, part: Part, what: str) -> None:
        pass

    def refused(self, verdict: Verdict) -> None:
        pass


@pytest.mark.lab
def test_without_a_gateway_all_clients_of_the_story_reach_their_goals(own_lab: Lab) -> None:
    told = Scenario(own_lab, None, Silent()).run()
    assert [each.part.title for each in told.outcomes if not each.worked] == []
    assert told.right


@pytest.mark.lab
def test_with_the_shipped_gateway_the_policy_comes_true_and_nothing_of_it_is_left(
    own_lab: Lab,
) -> None:
    told = Scenario(own_lab, ShippedGateway(), Silent()).run()
    assert [each.part.title for each in told.outcomes if not each.right] == []
    assert told.unexpected == []
    assert told.right
    own_lab.down()
    assert not Path("/sys/fs/bpf/peergate", own_lab.gateway_name).exists()
