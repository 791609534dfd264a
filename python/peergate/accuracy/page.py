"""The page `docs/reference/accuracy.md`: what was measured in a run, and what holds without one."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from peergate._engine import chance_levels
from peergate.accuracy.score import BINS, bins, calibration_error, tally
from peergate.accuracy.truth import CONTROLLED, key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peergate._engine import Chance
    from peergate.accuracy.score import Score, Verdict
    from peergate.accuracy.truth import Key

FOLDER = Path(__file__).parents[3] / "docs" / "reference"
PAGE = FOLDER / "accuracy.md"
NOTES = FOLDER / "accuracy.toml"

PAYLOADS = 200_000
"""Of each kind, over each of TCP and UDP: a few seconds, and levels up to 53 decibans and what first bytes add."""
SEED = 1

MEASURED = "<!-- measured -->"
"""Stands before and after what only a run with labelled captures can say."""

HEAD = """\
# Accuracy

<!-- Written by `python -m peergate.accuracy`, with accuracy.toml beside this page; change those instead. -->

What the engine gets right, what it misses, and how much its signs are worth.

    python -m peergate.accuracy TRUTH.csv CAPTURES     # measures, and writes this page
    python -m peergate.accuracy                        # writes all but the measurements anew

`TRUTH.csv` has a line for each labelled flow: capture, proto, ip_a, port_a, ip_b, port_b, category, app; `|` separates
words that are each right. `CAPTURES` is the folder that its captures are in. They are not part of Peergate.
"""

Row: TypeAlias = Iterable[object]


def table(heading: Row, rows: Iterable[Row]) -> Iterator[str]:
    """A table in Markdown."""
    yield _line(heading)
    yield _line("---" for _ in heading)
    yield from map(_line, rows)


def _line(cells: Row) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def measured(score: Score, run: str) -> Iterator[str]:
    """What a run found; `run` says when and of what."""
    yield from ("## Measured", "", run, "")
    wrong = wrong_labels()
    yield from table(
        ("", "as labelled", "wrong labels put right", "wanted"),
        (
            (name, *(f"{figure(score, righted):.4f}" for righted in ({}, wrong)), wanted)
            for name, figure, wanted in (
                ("controlled flows recognised", _recall, "0.97"),
                ("other flows given a controlled category", _accused, "0.0005"),
                ("application right", _apps, "0.95"),
            )
        ),
    )
    yield from ("", "### Confidence", "")
    said = list(score.said())
    rows = (
        (
            f"{place / BINS:.1f} to {(place + 1) / BINS:.1f}",
            len(part),
            f"{sum(each.confidence for each in part) / len(part):.3f}",
            f"{sum(each.right for each in part) / len(part):.3f}",
        )
        for place, part in enumerate(bins(said))
        if part
    )
    yield from table(("said", "flows", "mean of what was said", "right"), rows)
    yield from ("", f"Calibration error: {calibration_error(said):.4f} (wanted: 0.03).")
    yield from _by_category(score)
    yield from _by_app(score)
    yield from ("", "### Missed", "")
    yield from table(("capture", "really", "said", "flows"), _gathered(score.missed()))
    yield from ("", "### Named falsely, as labelled", "")
    yield from table(("capture", "labelled", "said", "flows"), _gathered(score.accused()))


def _is(
    verdict: Verdict, righted: dict[tuple[str, Key], tuple[str, str]]
) -> tuple[frozenset[str], frozenset[str]]:
    """The categories and apps that a flow may have, after the wrong labels are put right."""
    right = righted.get((verdict.capture, verdict.label.key))
    if right is None:
        return verdict.label.categories, verdict.label.apps
    return frozenset({right[0]}), frozenset({right[1]})


def _recall(score: Score, righted: dict[tuple[str, Key], tuple[str, str]]) -> float:
    kinds = [(each.category, _is(each, righted)[0]) for each in score.verdicts]
    controlled = [category in kind for category, kind in kinds if kind <= set(CONTROLLED)]
    return sum(controlled) / max(len(controlled), 1)


def _accused(score: Score, righted: dict[tuple[str, Key], tuple[str, str]]) -> float:
    kinds = [(each.category, _is(each, righted)[0]) for each in score.verdicts]
    others = [category in CONTROLLED for category, kind in kinds if kind == {"other"}]
    return sum(others) / max(len(others), 1)


def _apps(score: Score, righted: dict[tuple[str, Key], tuple[str, str]]) -> float:
    truths = [(each.app, *_is(each, righted)) for each in score.verdicts]
    named = [app in apps for app, kind, apps in truths if apps and kind <= set(CONTROLLED)]
    return sum(named) / max(len(named), 1)


def _by_category(score: Score) -> Iterator[str]:
    yield from ("", "### By category", "")
    right, every = tally(score.controlled(), right=True), tally(score.controlled())
    yield from table(
        ("labelled", "flows", "recognised"),
        ((kind, every[kind], right[kind]) for kind in sorted(every)),
    )
    yield ""
    false = Counter(each.category for each in score.accused())
    own = {
        kind: [each for each in score.said() if each.category == kind]
        for kind in (*CONTROLLED, "other")
    }
    yield from table(
        ("said", "flows", "of flows labelled other", "calibration error"),
        (
            (kind, len(said), false[kind], f"{calibration_error(said):.4f}")
            for kind, said in own.items()
        ),
    )


def _by_app(score: Score) -> Iterator[str]:
    yield from ("", "### By app", "")
    named = [
        (" or ".join(sorted(each.label.apps)), each)
        for each in score.controlled()
        if each.label.apps
    ]
    every = Counter(app for app, _ in named)
    right = Counter(app for app, each in named if each.right)
    same = Counter(app for app, each in named if each.app in each.label.apps)
    yield from table(
        ("labelled", "flows", "category right", "app right"),
        ((app, every[app], right[app], same[app]) for app in sorted(every)),
    )


def _gathered(verdicts: Iterator[Verdict]) -> Iterator[Row]:
    """Alike ones in one line."""
    alike = Counter(
        (
            each.capture,
            f"{each.label.group}: {' or '.join(sorted(each.label.apps)) or 'any'}",
            f"{each.category}: {each.app}",
        )
        for each in verdicts
    )
    return ((*what, count) for what, count in sorted(alike.items()))


def wrong_labels() -> dict[tuple[str, Key], tuple[str, str]]:
    """Category and app of the flows whose labels are wrong."""
    found = {}
    for entry in tomllib.loads(NOTES.read_text())["wrong_label"]:
        for flow in entry["flows"]:
            proto, *ends = flow.split()
            parts = [end.rpartition(":") for end in ends]
            one, other = ((address, int(port)) for address, _, port in parts)
            found[entry["capture"], key(proto, one, other)] = (entry["category"], entry["app"])
    return found


def notes() -> Iterator[str]:
    """What is written by hand, and the chance levels, which need no captures."""
    written = tomllib.loads(NOTES.read_text())
    yield from ("## Labels that are wrong", "")
    for entry in written["wrong_label"]:
        flows = len(entry["flows"])
        yield f"- `{entry['capture']}`, {flows} {'flow' if flows == 1 else 'flows'}, labelled {entry['label']}; really"
        yield f"  {entry['category']}: {entry['app']}. {entry['proof']}"
    yield from ("", "## Not covered", "")
    yield from table(
        ("what", "why"), ((entry["what"], entry["why"]) for entry in written["not_covered"])
    )
    yield from ("", "## What the signs are worth", "")
    yield (
        f"Every protocol is asked about {PAYLOADS:,} payloads drawn by lot of each of three kinds (any bytes; zeros "
        "and small numbers; text) over TCP and UDP, as `engine/src/inspect/chance/mod.rs` says. No sign may weigh more "
        "than its chance level, in decibans. Where nothing was hit the level is at least what is shown. First payloads "
        'that were taken are followed by second ones drawn alike, from either side; the column "behind" says how '
        "rarely those show a sign that no first payload showed."
    )
    yield ""
    yield from table(
        ("protocol", "sign", "weight", "measured", "behind", "most on"),
        (_worth(chance) for chance in sorted(chance_levels(PAYLOADS, SEED), key=_order)),
    )


def _order(chance: Chance) -> tuple[str, str]:
    return chance.protocol, chance.what


def _worth(chance: Chance) -> Row:
    level = _level(chance.hits, chance.decibans)
    behind = _level(*chance.behind) if chance.behind else ""
    most_on = chance.noise if chance.hits else ""
    return chance.protocol, chance.what, chance.claimed, level, behind, most_on


def _level(hits: int, decibans: float) -> str:
    return f"{decibans:.0f}" if hits else f"≥ {decibans:.0f}"


def page(run: str) -> str:
    """The whole page around what a run measured."""
    return "\n".join([HEAD, MEASURED, run.strip("\n"), MEASURED, "", *notes()]) + "\n"


def last_run() -> str:
    """What the page says of the last run."""
    if not PAGE.exists():
        return "Not measured yet."
    return PAGE.read_text().split(MEASURED)[1]
