"""Log-ons by the dozen: who is counted as stopped, and that the gateway stops them in every disguise."""

from __future__ import annotations

import pytest

from peergate.lab import logons
from peergate.lab.build import Lab
from peergate.lab.gateway import ShippedGateway
from peergate.lab.process import Event
from peergate.lab.simulator.crowd import EVASIONS, runs


def told(*events: tuple[str, float, int]) -> list[Event]:
    return [Event(name, at, {"run": run}) for name, at, run in events]


def test_whoever_is_cut_and_comes_back_is_measured_by_the_longest_time_on_line() -> None:
    events = told(
        ("online", 10.0, 1), ("offline", 12.0, 1), ("online", 20.0, 1), ("online", 5.0, 2)
    )
    assert logons.longest_online(events, now=27.0) == {1: 7.0, 2: 22.0}


def test_no_two_runs_share_an_address_and_every_disguise_has_its_turn() -> None:
    many = runs(104, seed=1)
    assert len({run.client for run in many}) == 104
    assert len({node for run in many for node in run.nodes}) == 104 * 24
    assert {run.evasion for run in many} == set(EVASIONS)


@pytest.mark.lab
@pytest.mark.slow
def test_the_gateway_stops_log_ons_in_every_disguise() -> None:
    with Lab("pg-test-logons-") as lab:
        lab.up()
        result = logons.run(lab, ShippedGateway(), len(EVASIONS), seed=1, rounds=1)
    assert result.through.total() == 0
    assert result.tried.total() == len(EVASIONS)


@pytest.mark.lab
@pytest.mark.slow
def test_without_a_gateway_all_log_ons_succeed() -> None:
    with Lab("pg-test-logons-") as lab:
        lab.up()
        result = logons.run(lab, None, len(EVASIONS), seed=1, rounds=1)
    assert result.stopped == 0
