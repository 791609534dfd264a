"""`python -m peergate.accuracy [TRUTH.csv CAPTURES]` measures, and writes `docs/reference/accuracy.md`.

A tool of this tree.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from peergate import signatures
from peergate.accuracy import page, score, truth

USAGE = "python -m peergate.accuracy [TRUTH.csv CAPTURES]"


def main(arguments: list[str]) -> None:
    """Writes the page; measures first where labels and captures are given."""
    if len(arguments) not in (0, 2):
        sys.exit(f"usage: {USAGE}")
    run = page.last_run()
    if arguments:
        labels, captures = map(Path, arguments)
        measured = score.measure(truth.read(labels), captures, signatures.load())
        run = "\n".join(page.measured(measured, _of_this_run(measured)))
    page.PAGE.write_text(page.page(run))


def _of_this_run(measured: score.Score) -> str:
    describe = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(  # noqa: S603  # the words are ours
        describe, capture_output=True, text=True, check=False, cwd=page.FOLDER
    ).stdout.strip()
    captures = len({each.capture for each in measured.verdicts})
    today = datetime.now(UTC).date()
    return f"{today}, commit {commit or 'unknown'}: {len(measured.verdicts):,} labelled flows in {captures} captures."


if __name__ == "__main__":
    main(sys.argv[1:])
