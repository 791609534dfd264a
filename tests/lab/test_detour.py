"""A refused client that gets out through a neighbour who may: seen, named with both ends, cut where policy says so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from peergate.lab import detour
from peergate.lab.gateway import ShippedGateway
from peergate.lab.process import wait_until
from peergate.lab.scenario import CALLING_SECONDS, FRIEND_SECONDS, NAMED_SECONDS
from peergate.lab.servers import start_internet
from peergate.lab.topology import STAFF, STUDENT

if TYPE_CHECKING:
    from peergate.lab.build import Lab

POLICY = """
groups:
  students: [192.0.2.0/24]
  staff: [198.51.100.0/24]
rules:
  - {name: nobody relays for others, role: relay, action: block}
  - {name: students make no P2P calls, group: students, app: [skype, tox, jami], action: block}
"""
CUT_SECONDS = 10.0


@pytest.mark.lab
def test_a_neighbour_who_relays_for_a_refused_client_is_named_with_both_ends_and_cut(
    own_lab: Lab,
) -> None:
    internet = start_internet(own_lab)
    internet.friend.expect("online", FRIEND_SECONDS)
    gateway = ShippedGateway(policy=POLICY)
    gateway.start(own_lab)
    tox = detour.start_detour(own_lab, internet)
    tox.expect("call-started", CALLING_SECONDS)
    begin = time.monotonic()
    assert wait_until(lambda: bool(detour.named(gateway)), NAMED_SECONDS), tox.events()
    print(f"named after {time.monotonic() - begin:.1f} s of the call")
    assert STUDENT.address in detour.named(gateway)
    assert gateway.hosts()[0]["peergate"]["port"] == detour.PORT
    assert wait_until(lambda: detour.cut(gateway) is not None, CUT_SECONDS)
    # The other leg too: nothing of it is the student's, and the policy names no group.
    assert any(each.source == STAFF.address for each in gateway.verdicts() if each.refused)
    assert not detour.is_heard(tox)
