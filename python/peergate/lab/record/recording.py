"""Runs a play of real clients in the lab, captures it in the middle of its Internet, and notes whose flow is whose."""

from __future__ import annotations

import csv
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.build import Lab, LabError
from peergate.lab.campus.truth import FLOW_COLUMNS, beside
from peergate.lab.record.cutting import cut, flows
from peergate.lab.record.owners import Owners

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peergate.lab.campus.scripts import Label
    from peergate.lab.record.cutting import Ends

SOURCE = "lab"
# A flow of fewer packets is of no use as a sample.
FEWEST_PACKETS = 3
FLOWS_OF_A_SAMPLE = 3


@dataclass(frozen=True)
class Cast:
    """Who plays: what is needed, who is started, and what the flows of each are."""

    title: str
    # Programs beyond those of the lab, and the Debian package of each.
    tools: dict[str, str]
    hosts: tuple[str, ...]
    # Starts everything, and returns when the play has begun.
    play: Callable[[Lab], None]
    # What a flow is that belongs to a process whose name begins so, on that port if one is given; the first that fits.
    labels: tuple[tuple[str, int, Label], ...]


@dataclass(frozen=True)
class Recorded:
    """What was written."""

    flows: int
    unclaimed: int
    packets: int


def record(cast: Cast, target: Path, seconds: float, *, sample: bool) -> Recorded:
    """Runs a play for so long, and writes capture and truth."""
    missing = [package for tool, package in cast.tools.items() if shutil.which(tool) is None]
    if missing:
        raise LabError(f"programs are missing: apt-get install {' '.join(sorted(set(missing)))}")
    whole = target.with_suffix(".whole")
    lab = Lab(capture=whole.absolute())
    try:
        with lab:
            lab.up()
            owners = Owners(lab, list(cast.hosts))
            owners.start()
            try:
                cast.play(lab)
                time.sleep(seconds)
            finally:
                owners.stop()
        return keep(cast, owners, whole, target, sample=sample)
    finally:
        whole.unlink(missing_ok=True)


def keep(cast: Cast, owners: Owners, whole: Path, target: Path, *, sample: bool) -> Recorded:
    """Keeps the flows that belong to somebody, or the largest of them as a sample."""
    seen = flows(whole)
    claimed = {ends: label for ends in seen if (label := owned(cast, owners, ends))}
    if sample:
        wanted = choose(claimed, seen)
        written = cut(whole, target, wanted)
    else:
        shutil.copy(whole, target)
        written = sum(seen.values())
    rows = {ends: label for ends, label in claimed.items() if not sample or ends in wanted}
    write_truth(target, rows, seen)
    return Recorded(len(rows), len(seen) - len(claimed), written)


def choose(claimed: dict[Ends, Label], seen: dict[Ends, int]) -> set[Ends]:
    """The largest flows of every label."""
    chosen: set[Ends] = set()
    for label in set(claimed.values()):
        of_label = [
            ends for ends in claimed if claimed[ends] == label and seen[ends] >= FEWEST_PACKETS
        ]
        chosen.update(sorted(of_label, key=lambda ends: -seen[ends])[:FLOWS_OF_A_SAMPLE])
    return chosen


def owned(cast: Cast, owners: Owners, ends: Ends) -> Label | None:
    """What a flow is, by the program at either end."""
    names = [owners.of(ends.protocol, *end) for end in (ends.source, ends.destination)]
    ports = (0, ends.source[1], ends.destination[1])
    for prefix, port, label in cast.labels:
        if port in ports and any(name and name.startswith(prefix) for name in names):
            return label
    return None


def write_truth(target: Path, rows: dict[Ends, Label], seen: dict[Ends, int]) -> None:
    """The truth beside the capture, in the columns of every truth file."""
    with beside(target, "truth").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FLOW_COLUMNS)
        for ends, label in rows.items():
            words = (label.category, label.app, label.activity)
            places = (*ends.source, *ends.destination)
            writer.writerow((target.name, ends.protocol, *places, *words, seen[ends], SOURCE))
