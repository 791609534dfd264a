"""A refused client that gets out through a neighbour who may: seen, named with both ends, cut where policy says so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peergate.lab.detour import PORT, start_detour
from peergate.lab.gateway import ShippedGateway
from peergate.lab.process import wait_until
from peergate.lab.scenario import FRIEND_SECONDS
from peergate.lab.servers import start_internet
from peergate.lab.topology import STAFF, STUDENT

if TYPE_CHECKING:
    from peergate.lab.build import Lab

RULE = "nobody relays for others"
POLICY = f"""
groups:
  students: [192.0.2.0/24]
  staff: [198.51.100.0/24]
rules:
  - {{name: {RULE}, role: relay, action: block}}
  - {{name: students make no P2P calls, group: students, app: [skype, tox, jami], action: block}}
"""
CALL_SECONDS = 300.0
# The student's log-on over TCP, the friend found by way of other users, and the call taken.
CALLING_SECONDS = 60.0
# Half a minute of two flows that are alike, seen twice.
FOUND_SECONDS = 90.0
# Tox gives a connection up after some silence.
CUT_SECONDS = 60.0


@pytest.mark.lab
@pytest.mark.slow
def test_a_neighbour_who_relays_for_a_refused_client_is_named_with_both_ends_and_cut(
    own_lab: Lab,
) -> None:
    internet = start_internet(own_lab)
    internet.friend.expect("online", FRIEND_SECONDS)
    gateway = ShippedGateway(policy=POLICY)
    gateway.start(own_lab)
    tox = start_detour(own_lab, internet, CALL_SECONDS)
    tox.expect("call-started", CALLING_SECONDS)
    begin = time.monotonic()
    assert wait_until(lambda: bool(gateway.hosts()), FOUND_SECONDS), tox.events()
    print(f"named after {time.monotonic() - begin:.0f} s of the call")
    relay = gateway.hosts()[0]
    assert (relay["src_ip"], relay["peergate"]["role"]) == (STAFF.address, "relay")
    ends = {end.rsplit(":", 1)[0] for pair in relay["peergate"]["between"] for end in pair}
    assert STUDENT.address in ends
    assert len(ends) > 1
    assert relay["peergate"]["port"] == PORT
    assert internet.friend.wait("friend-offline", CUT_SECONDS), internet.friend.events()
    cut = {
        (verdict.source, verdict.destination) for verdict in gateway.verdicts() if verdict.refused
    }
    assert (STUDENT.address, f"{STAFF.address}:{PORT}") in cut
    assert any(source == STAFF.address for source, _ in cut)
