"""Runs the user-space link in the namespace of this process: `python -m peergate.lab.link PORT…`.

A port is `interface:delay:jitter:loss`, times in milliseconds and one way, loss in percent.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading

from peergate._engine import Link
from peergate.lab.clients.report import report
from peergate.urgency import come_first


def port(text: str) -> tuple[str, float, float, float, int | None]:
    """Reads one port from the command line."""
    interface, delay, jitter, loss = text.split(":")
    return interface, float(delay), float(jitter), float(loss) / 100, None


def main() -> None:
    """Moves frames until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ports", nargs="+", type=port, metavar="PORT")
    parser.add_argument("--capture", help="write what passes to this pcap file")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    come_first()
    ending = {signal.SIGTERM, signal.SIGINT}
    # Before the thread starts, so that it inherits this and the signals wait for `sigwait` below.
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    link = Link(given.ports, capture=given.capture, seed=given.seed)
    link.open()
    report("ready")

    def move() -> None:
        try:
            report("stopped", **dict(link.run()))
        finally:
            # Wakes the main thread, which waits for a signal, if the link ended by itself.
            os.kill(os.getpid(), signal.SIGTERM)

    mover = threading.Thread(target=move)
    mover.start()
    signal.sigwait(ending)
    link.stop()
    mover.join()


if __name__ == "__main__":
    main()
