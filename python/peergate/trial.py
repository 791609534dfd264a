"""Tries a signature file on a capture: which flows it would name, and what they were taken for without it."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate import capture, signatures
from peergate.problems import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peergate._engine import Flow

SURE_ENOUGH = 0.8
"""Policies act from here on unless they say otherwise."""

FIRM = 20.0
"""Decibans from which on evidence names an app by itself."""

MANY = 0.1
"""A signature that takes more than this share of its flows from others is probably too wide."""

UNRECOGNISED = "unknown"

CONTENT = "content"
"""The layer of protocols that carry no others."""

HEARSAY = frozenset({"dns", "learned"})
"""Detectors that tell of a flow what others said, not what it showed."""


@dataclass(frozen=True)
class Named:
    """A flow that the file names, and what it was taken for without the file."""

    flow: Flow
    before: str
    # Whether that was something else, and not only a protocol that carries others.
    taken_over: bool

    @property
    def weak(self) -> bool:
        """Whether most policies would not act on it."""
        return self.flow.confidence < SURE_ENOUGH

    @property
    def by_hearsay(self) -> bool:
        """Whether nothing that the flow itself showed is enough."""
        own = sum(each.weight_db for each in self.flow.evidence if each.detector not in HEARSAY)
        return own < FIRM


@dataclass(frozen=True)
class Trial:
    """What a signature file makes of a capture."""

    app: str
    named: tuple[Named, ...]
    # Flows that are no longer taken for the app.
    lost: tuple[Named, ...]

    def warnings(self) -> Iterator[str]:
        """What a person who wrote the file should know before using it."""
        if not self.named:
            yield f"no flow is taken for {self.app}"
        if weak := sum(each.weak for each in self.named):
            yield f"flows named with a confidence below {SURE_ENOUGH}, on which most policies do not act: {weak}"
        if hearsay := sum(each.by_hearsay and not each.weak for each in self.named):
            yield f"flows named only by an address's name or by another flow, showing nothing themselves: {hearsay}"
        taken = Counter(each.before for each in self.named if each.taken_over)
        if taken.total() > MANY * len(self.named):
            whose = ", ".join(f"{count} of {app}" for app, count in taken.most_common())
            yield f"flows taken from other apps: {whose}; is the signature too wide?"
        if self.lost:
            yield f"flows no longer taken for {self.app}, as they are without the file: {len(self.lost)}"


def run(file: Path, path: Path) -> Trial:
    """Reads the capture without the file and with it. Raises DocumentError with every mistake in the file."""
    if file.is_dir():
        raise DocumentError.whole_file(file, "is a folder; name one signature file")
    with_it, without_it = signatures.of_site([file]), signatures.of_site()
    app = tomllib.loads(file.read_text(encoding="utf-8"))["app"]
    free = {UNRECOGNISED, app, *(each.name for each in with_it.protocols if each.layer != CONTENT)}
    without = {flow.flow_id: flow.app for flow in capture.Capture([path], without_it, None)}
    named, lost = [], []
    for flow in capture.Capture([path], with_it, None):
        before = without.get(flow.flow_id, UNRECOGNISED)
        if flow.app == app:
            named.append(Named(flow, before, taken_over=before not in free))
        elif before == app:
            lost.append(Named(flow, before, taken_over=False))
    return Trial(app, tuple(named), tuple(lost))
