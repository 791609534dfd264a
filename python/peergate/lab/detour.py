"""A way round the policy: who may not use a program lets a neighbour who may do it for him.

The student's Tox goes through shadowsocks to a machine of the staff, so that the line shows the student only as
somebody who speaks to a colleague in cipher, and Tox only as the colleague's, who may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.process import python
from peergate.lab.servers import tox_options
from peergate.lab.topology import STAFF

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.process import Process
    from peergate.lab.servers import Internet

PORT = 8388
SOCKS = "127.0.0.1:1080"


def start_detour(lab: Lab, internet: Internet, call_seconds: float) -> Process:
    """Starts both ends of the tunnel and the student's Tox, which calls its friend through it."""
    options = ["-k", "lab", "-m", "chacha20-ietf-poly1305", "-p", str(PORT)]
    lab.start("detour-helper", "staff", ["ss-server", "-s", STAFF.address, *options])
    host, port = SOCKS.split(":")
    entry = ["ss-local", "-s", STAFF.address, *options, "-b", host, "-l", port]
    lab.start("detour-entry", "student", entry)
    friend = ["--friend", internet.tox_friend, "--call", str(call_seconds)]
    command = python("clients.tox", *tox_options(internet.tox_nodes), *friend, "--socks", SOCKS)
    return lab.start("detour-tox", "student", command)
