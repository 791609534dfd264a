"""Without a gateway every client of the lab succeeds: what a gateway refuses would have worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peergate.lab.process import Process, python
from peergate.lab.servers import WEB_NAME, Internet, tox_options
from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from peergate.lab.build import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def servers(internet: Internet) -> Internet:
    return internet


def test_names_are_looked_up(lab: Lab) -> None:
    asking = lab.start("ask", "student", python("clients.dns", ADDRESSES["dns"], "--ask", WEB_NAME))
    assert asking.expect("answered", 5).details["address"] == ADDRESSES["web"]
    lab.stop(asking)


def test_pages_are_fetched_over_https(lab: Lab, internet: Internet) -> None:
    options = ("--dns", ADDRESSES["dns"], "--authority", str(internet.certificate))
    browser = lab.start("web", "student", python("clients.web", WEB_NAME, "/picture.jpg", *options))
    fetched = browser.expect("fetched", 5).details
    assert (fetched["status"], fetched["bytes"]) == (200, 200_000)
    lab.stop(browser)


def test_pages_are_fetched_over_quic(lab: Lab, internet: Internet) -> None:
    options = ("--get", WEB_NAME, "--certificate", str(internet.certificate))
    browser = lab.start("http3", "student", python("clients.quic", ADDRESSES["dns"], *options))
    fetched = browser.expect("fetched", 5).details
    assert (fetched["status"], fetched["bytes"]) == (200, 60_000)
    lab.stop(browser)


def test_a_webrtc_call_is_heard(lab: Lab) -> None:
    caller = lab.start("caller", "staff", python("clients.webrtc", ADDRESSES["peer"], "--call"))
    assert caller.expect("heard", 10).details["frames"] >= 50
    lab.stop(caller)


def test_a_tox_user_logs_on_writes_and_calls(lab: Lab, internet: Internet) -> None:
    options = ("--friend", internet.tox_friend, "--call", "3")
    nodes = tox_options(internet.tox_nodes)
    user = lab.start("tox", "staff", python("clients.tox", *nodes, *options))
    assert user.expect("online", 20).details["connection"] == "udp"
    user.expect("message", 30)
    ended = user.expect("call-ended", 10).details
    assert ended["sent"] > 100
    assert ended["received"] > 100
    lab.stop(user)


@pytest.mark.parametrize("options", [(), ("--forced-encryption",)], ids=["plain", "encrypted"])
def test_a_download_finishes(
    lab: Lab, internet: Internet, options: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    folder = lab.folder / request.node.callspec.id
    folder.mkdir()
    command = python("clients.bittorrent", str(internet.torrent), str(folder), *options)
    peer: Process = lab.start(f"peer-{folder.name}", "student", command)
    peer.expect("finished", 30)
    lab.stop(peer)
    assert (folder / "lab.iso").read_bytes() == (lab.folder / "seed" / "lab.iso").read_bytes()
