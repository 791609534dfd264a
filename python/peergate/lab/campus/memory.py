"""How much memory `peergate read` takes while a campus goes by: streamed to it, so that no capture lies on the disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.campus.generate import BUFFER, PROGRESS_EVERY, Campus
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


@dataclass(frozen=True)
class Weighed:
    """What was read, and what it took."""

    packets: int
    flows: int
    seconds: float
    # The most that the reader had in memory, the interpreter and the signatures included.
    peak_bytes: int


def weigh(order: Order, progress: Callable[[int, float], None]) -> Weighed:
    """Lets a campus live, has it read, and asks the kernel what the reader took."""
    campus = Campus(order, keeps=False)
    program = "from peergate.cli import main; main()"
    command = [sys.executable, "-c", program, "read", "--json"]
    begin, packets = time.monotonic(), 0
    with subprocess.Popen(
        [*command, "--local", order.parameters.network, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        bufsize=BUFFER,
    ) as reader:
        if reader.stdin is None:
            raise RuntimeError("the reader has no input")
        writer = PcapWriter(reader.stdin, order.parameters.snap)

        def tap(when: float, data: bytes) -> None:
            nonlocal packets
            packets += 1
            writer.write(when, data)
            if not packets & PROGRESS_EVERY:
                progress(packets, when)

        campus.live(tap)
        reader.stdin.close()
        _, status, used = os.wait4(reader.pid, 0)
        reader.returncode = os.waitstatus_to_exitcode(status)
    if reader.returncode:
        raise subprocess.CalledProcessError(reader.returncode, command)
    seconds = time.monotonic() - begin
    return Weighed(packets, campus.ledger.counts[0], seconds, used.ru_maxrss * KILOBYTE)
