"""How verdicts are held against labels, and that the page of it is current. `python -m peergate.accuracy` writes it."""

import re
from pathlib import Path

from peergate import signatures
from peergate.accuracy import page, score, truth


def test_what_needs_no_captures_is_current() -> None:
    assert page.PAGE.read_text() == page.page(page.last_run())


def test_the_page_names_no_place_on_a_machine() -> None:
    text = page.PAGE.read_text()
    assert re.findall(r"[ `\"(]/(?:home|root|tmp|work)/", text) == []


def test_labels_are_held_against_what_is_said(office: Path, tmp_path: Path) -> None:
    labels = tmp_path / "truth.csv"
    labels.write_text(
        "capture,proto,ip_a,port_a,ip_b,port_b,category,app,activity\n"
        "office.pcap,udp,192.0.2.53,53,10.10.0.7,40000,other,dns,\n"
        "office.pcap,udp,10.10.0.7,40000,198.51.100.9,6881,call|p2p,skype,\n"
    )
    measured = score.measure(truth.read(labels), office.parent, signatures.load())
    assert [(each.category, each.app) for each in measured.verdicts] == [
        ("other", "dns"),
        ("unknown", "unknown"),
    ]
    assert [each.label.group for each in measured.missed()] == ["call or p2p"]
    assert list(measured.accused()) == []
    said = "\n".join(page.measured(measured, "today"))
    assert "| call or p2p | 1 | 0 |" in said
    assert "| office.pcap | call or p2p: skype | unknown: unknown | 1 |" in said
