"""Writes the samples: `python -m peergate.lab.samples samples`."""

from __future__ import annotations

import argparse
from pathlib import Path

from peergate.lab.frames import write_pcap
from peergate.lab.samples.cases import CASES


def main() -> None:
    """Writes every case below the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, case in CASES.items():
        path = folder / f"{name}.pcap"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_pcap(path, case().frames)


if __name__ == "__main__":
    main()
