"""What `peergate lab generate` does; returns the exit status."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from peergate.lab.campus.generate import Order, generate
from peergate.lab.campus.parameters import load
from peergate.lab.simulator.generator import EPOCH

if TYPE_CHECKING:
    from pathlib import Path

CANNOT = 3


def write(path: Path, order: tuple[int, float, int], parameters: Path | None) -> int:
    """Writes a capture and its truth beside it, and says what is in them."""
    hosts, minutes, seed = order
    begin = time.monotonic()
    talks = sys.stderr.isatty()

    def progress(packets: int, when: float) -> None:
        if talks:
            passed = (when - EPOCH) / 60
            sys.stderr.write(f"\r{passed:5.1f} of {minutes:g} min, {packets:,} packets")

    try:
        written = generate(Order(hosts, minutes, seed, load(parameters)), path, progress)
    except OSError as error:
        sys.stderr.write(f"peergate lab generate: {path}: {error.strerror}\n")
        return CANNOT
    seconds = time.monotonic() - begin
    sys.stderr.write("\r" if talks else "")
    print(
        f"{path}: {written.packets:,} packets in {seconds:.0f} s ({written.packets / seconds:,.0f} a second)\n"
        f"{path.with_suffix('.truth.csv')}: {written.flows:,} flows\n"
        f"{path.with_suffix('.calls.csv')}: {written.calls:,} flows that carry calls\n"
        f"{path.with_suffix('.roles.csv')}: {written.roles:,} roles of hosts"
    )
    return 0
