"""Holds verdicts against labels: who was recognised, who was accused, and whether the confidence was right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from peergate import capture
from peergate.accuracy.truth import CONTROLLED, OTHER, UNKNOWN, Label, key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peergate._engine import Catalog, Flow
    from peergate.accuracy.truth import Key

BINS = 10


@dataclass(frozen=True)
class Verdict:
    """What was said of a labelled flow."""

    capture: str
    label: Label
    category: str
    app: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether the category is one of those that it may have."""
        return self.category in self.label.categories


@dataclass
class Score:
    """All verdicts on labelled flows."""

    verdicts: list[Verdict] = field(default_factory=list)

    def controlled(self) -> Iterator[Verdict]:
        """Those of flows that are of a controlled category for certain."""
        return (each for each in self.verdicts if each.label.is_scored_for_recall)

    def others(self) -> Iterator[Verdict]:
        """Those of flows that are nothing to be controlled."""
        return (each for each in self.verdicts if each.label.categories == {OTHER})

    def missed(self) -> Iterator[Verdict]:
        """Controlled flows that were not recognised as that."""
        return (each for each in self.controlled() if not each.right)

    def accused(self) -> Iterator[Verdict]:
        """Other flows that were given a controlled category."""
        return (each for each in self.others() if each.category in CONTROLLED)

    def said(self) -> Iterator[Verdict]:
        """All but those of which nothing was said."""
        return (each for each in self.verdicts if each.category != UNKNOWN)


def calibration_error(verdicts: list[Verdict]) -> float:
    """How far the confidence is from the share that was right, on average over ten bins."""
    gaps = (abs(sum(each.confidence - each.right for each in part)) for part in bins(verdicts))
    return sum(gaps) / max(len(verdicts), 1)


def bins(verdicts: list[Verdict]) -> list[list[Verdict]]:
    """The verdicts by confidence, ten bins of the same width."""
    parts: list[list[Verdict]] = [[] for _ in range(BINS)]
    for each in verdicts:
        parts[min(int(each.confidence * BINS), BINS - 1)].append(each)
    return parts


def measure(labels: dict[str, list[Label]], captures: Path, catalog: Catalog) -> Score:
    """Reads every labelled capture."""
    score = Score()
    for name, wanted in sorted(labels.items()):
        largest = _largest(captures / name, catalog)
        for label in wanted:
            flow = largest.get(label.key)
            said = flow.category if flow else UNKNOWN
            category = said if said in (*CONTROLLED, UNKNOWN) else OTHER
            app, sure = (flow.app, flow.confidence) if flow else (UNKNOWN, 0.0)
            score.verdicts.append(Verdict(name, label, category, app, sure))
    return score


def _largest(path: Path, catalog: Catalog) -> dict[Key, Flow]:
    """Of several flows between the same ends the one with the most packets: labels do not tell them apart."""
    found: dict[Key, Flow] = {}
    for flow in capture.Capture([path], catalog, None):
        place = key(flow.proto, (flow.src_ip, flow.src_port), (flow.dest_ip, flow.dest_port))
        if place not in found or _packets(flow) >= _packets(found[place]):
            found[place] = flow
    return found


def _packets(flow: Flow) -> int:
    return flow.pkts_toserver + flow.pkts_toclient


def tally(verdicts: Iterator[Verdict], *, right: bool = False) -> Counter[str]:
    """How many of each group of categories; only those that are right, where that is asked."""
    return Counter(each.label.group for each in verdicts if each.right or not right)
