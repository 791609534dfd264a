"""How much memory `peergate read` takes while a campus goes by: streamed to it, so that no capture lies on the disk."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.campus.generate import BUFFER, Campus
from peergate.lab.campus.parameters import Parameters, Program, Traffic
from peergate.lab.frames import PcapWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from peergate.lab.campus.generate import Order

# A hundred flows an hour of every host, most of them questions, and some hosts in peer-to-peer networks, of which most
# is kept. Nothing long: packets cost time and no memory.
NOTHING = dict.fromkeys(Traffic.model_fields, 0.0)
TRAFFIC = Traffic.model_validate({**NOTHING, "dns": 82.0, "ntp": 10.0, "web": 5.0, "quic": 0.1})
OVERLAY = Program(share=0.01, calls=0.2, call_seconds=20.0, files=0.0, relays_at_home=1.0)
HOUR = Parameters(named=OVERLAY, unnamed=OVERLAY, traffic=TRAFFIC, snap=200)
KILOBYTE = 1024

# Says at its end what it took. What the kernel tells of a child that ended counts its parent too, of which it was a
# copy before it became a program of its own.
READER = """
import sys
from peergate.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:
        sys.stderr.write(status.read())
"""


@dataclass(frozen=True)
class Weighed:
    """What was read, and what it took."""

    packets: int
    flows: int
    seconds: float
    # The most that the reader had in memory, the interpreter and the signatures included.
    peak_bytes: int


def weigh(order: Order, progress: Callable[[int, float], None]) -> Weighed:
    """Lets a campus live, has it read, and asks the reader what it took."""
    campus = Campus(order, keeps=False)
    command = [sys.executable, "-c", READER, "read", "--json"]
    begin = time.monotonic()
    with subprocess.Popen(
        [*command, "--local", order.parameters.network, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=BUFFER,
    ) as reader:
        if reader.stdin is None or reader.stderr is None:
            raise RuntimeError("the reader has no input")
        packets = campus.live(PcapWriter(reader.stdin, order.parameters.snap), progress)
        reader.stdin.close()
        said = reader.stderr.read().decode()
    peak = re.search(r"^VmHWM:\s*(\d+) kB$", said, re.MULTILINE)
    if reader.returncode or peak is None:
        raise subprocess.CalledProcessError(reader.returncode, command, stderr=said)
    seconds = time.monotonic() - begin
    return Weighed(packets, campus.ledger.counts[0], seconds, int(peak[1]) * KILOBYTE)
