"""`peergate signatures`: what can be recognised, and whether signatures of one's own do."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from peergate.cli import end_with_the_reader

if TYPE_CHECKING:
    from rich.table import Table

    from peergate import trial

NOT_RECOGNISED = 1
"""Exit status when a signature recognised nothing in a capture."""

app = App(name="signatures")


@app.command(name="list")
def list_all(*, signatures: tuple[Path, ...] = ()) -> None:
    """List the apps by category, with their other names, the protocols and the activities: the words of policies.

    Parameters
    ----------
    signatures
        Signatures of your own: a file, or a folder of *.toml.

    """
    from peergate.signatures import of_site

    end_with_the_reader()
    catalog = of_site(signatures)
    by_category: defaultdict[str, list[str]] = defaultdict(list)
    for each in catalog.apps:
        others = f" ({', '.join(each.aliases)})" if each.aliases else ""
        by_category[each.category].append(each.name + others)
    for category in catalog.categories:
        print(f"{category}: {', '.join(sorted(by_category[category]))}")
    print(f"\nprotocols: {', '.join(sorted(each.name for each in catalog.protocols))}")
    print(f"\nactivities: {', '.join(catalog.activities)}")


@app.command
def test(file: Path, capture: Path, /) -> int:
    """Show the flows of a capture that a signature file would name, with the evidence, and whose they are without it.

    Parameters
    ----------
    file
        A signature file. Mistakes in it are named with their line and the nearest right word.
    capture
        A capture that holds the app; others of its kind beside it show whether the signature is too wide.

    """
    from peergate import CaptureError, trial
    from peergate.cli.report import why
    from peergate.cli.tables import console_for_output

    end_with_the_reader()
    try:
        tried = trial.run(file, capture)
    except CaptureError as error:
        print(f"peergate: {error}", file=sys.stderr)
        return NOT_RECOGNISED
    console = console_for_output()
    if tried.named:
        console.print(_table(tried.named), "")
    for each in tried.named:
        console.print(why(each.flow))
    for warning in tried.warnings():
        print(f"warning: {warning}", file=sys.stderr)
    return 0 if tried.named else NOT_RECOGNISED


def _table(named: tuple[trial.Named, ...]) -> Table:
    from rich.table import Table

    from peergate.cli.report import ends, sure

    table = Table(box=None, pad_edge=False)
    for heading in ("flow", "named", "sure", "without the file"):
        table.add_column(heading, no_wrap=True)
    for each in named:
        whose = f"{each.before}, another app" if each.taken_over else each.before
        table.add_row(ends(each.flow), each.flow.app, sure(each.flow), whose)
    return table
