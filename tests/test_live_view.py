"""The live view of a running gateway."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest
from rich.console import Console

import peergate
from peergate._engine import Batch, Flow
from peergate.cli.live import Latest, LiveView
from peergate.gateway import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from peergate._engine import Events


def test_the_latest_flows_are_shown_once_each_and_the_newest_first(office: Path) -> None:
    dns, other = sorted(peergate.read(office), key=lambda flow: flow.dest_port)
    latest = Latest(most=1)
    latest.add(dns)
    latest.add(dns)
    assert [flow.dest_port for flow in latest.flows()] == [53]
    latest.add(other)
    assert [flow.dest_port for flow in latest.flows()] == [6881]


@pytest.mark.parametrize("columns", [80, 140])
def test_bytes_of_a_flow_that_is_up_are_shown_and_nothing_wraps(
    office: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    (batch,) = peergate.read(office).batches()
    view = LiveView(Settings(lan="eth1", wan="eth2"))
    flow = max(batch, key=lambda flow: flow.dest_port)
    none = Batch.concat([])
    view.update(cast("Events", Happened([flow], none, [])), {"flows": 1})
    view.update(cast("Events", Happened([], none, [(flow.flow_id, 107_800)])), {"flows": 1})
    shown = drawn(view, columns)
    assert any(flow.app in line and "107.8 kB" in line and flow.src_ip in line for line in shown)
    view.update(cast("Events", Happened([], batch, [])), {"flows": 1})
    assert not any("107.8 kB" in line for line in drawn(view, columns)), "it has ended"


class Happened(NamedTuple):
    """What the gateway's thread tells, as far as the view looks at it."""

    verdicts: list[Flow]
    flows: Batch
    octets: list[tuple[int, int]]


def drawn(view: LiveView, columns: int) -> list[str]:
    """The lines of the screen."""
    console = Console(width=columns, file=io.StringIO(), record=True)
    console.print(view.screen())
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= columns
    return lines
