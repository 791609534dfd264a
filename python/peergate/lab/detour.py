"""A way round the policy: who may not use a program lets a neighbour who may do it for him.

The student's Tox goes through shadowsocks to a machine of the staff, so that the line shows the student only as
somebody who speaks to a colleague in cipher, and Tox only as the colleague's, who may.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from peergate.lab.process import python
from peergate.lab.servers import tox_options
from peergate.lab.story import Goal, Part
from peergate.lab.topology import STAFF, STUDENT

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.gateway import Gateway, Verdict
    from peergate.lab.process import Process
    from peergate.lab.servers import Internet

PORT = 8388
SOCKS = "127.0.0.1:1080"
CALL_SECONDS = 300.0
# What is under way when the call is cut may still be heard.
FADING_SECONDS = 2.0
# A client tells every second how much it has heard.
LISTENED_SECONDS = 3.0


def part() -> Part:
    """What the student does, for whoever tells of it."""
    title = "Tox call by way of a colleague"
    goal = Goal("heard", detail="frames", at_least=100, first="call-started")
    return Part(title, "unknown", STUDENT, (), goal, allowed=False)


def start_detour(lab: Lab, internet: Internet) -> Process:
    """Starts both ends of the tunnel and the student's Tox, which calls its friend through it."""
    options = ["-k", "lab", "-m", "chacha20-ietf-poly1305", "-p", str(PORT)]
    lab.start("detour-helper", "staff", ["ss-server", "-s", STAFF.address, *options])
    host, port = SOCKS.split(":")
    entry = ["ss-local", "-s", STAFF.address, *options, "-b", host, "-l", port]
    lab.start("detour-entry", "student", entry)
    friend = ["--friend", internet.tox_friend, "--call", str(CALL_SECONDS)]
    command = python("clients.tox", *tox_options(internet.tox_nodes), *friend, "--socks", SOCKS)
    return lab.start("detour-tox", "student", command)


def named(gateway: Gateway) -> tuple[str, ...]:
    """Whom the colleague's machine passes on to whom, once the gateway has said so: both ends, without their ports."""
    for told in gateway.hosts():
        ours = told["peergate"]
        if (told["src_ip"], ours["role"]) != (STAFF.address, "relay"):
            continue
        for pair in ours.get("between") or ():
            ends = tuple(end.rsplit(":", 1)[0] for end in pair)
            if STUDENT.address in ends and len(set(ends)) > 1:
                return ends
    return ()


def cut(gateway: Gateway) -> Verdict | None:
    """The verdict that stopped the student's way to the colleague, if there is one."""
    way = (STUDENT.address, f"{STAFF.address}:{PORT}")
    refused = (verdict for verdict in gateway.verdicts() if verdict.refused)
    return next((each for each in refused if (each.source, each.destination) == way), None)


def is_heard(tox: Process) -> bool:
    """Whether the student still hears the friend after a moment."""
    time.sleep(FADING_SECONDS)
    before = _frames(tox)
    time.sleep(LISTENED_SECONDS)
    return _frames(tox) > before


def _frames(tox: Process) -> int:
    told = [event for event in tox.events() if event.name == "heard"]
    return int(told[-1].details["frames"]) if told else 0
