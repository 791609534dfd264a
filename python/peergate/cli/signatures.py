"""`peergate signatures`: what can be recognised, and whether signatures of one's own do."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from cyclopts import App

NOT_RECOGNISED = 1
"""Exit status when a signature recognised nothing in a capture."""

app = App(name="signatures")


@app.command(name="list")
def list_all(*, signatures: tuple[Path, ...] = ()) -> None:
    """List the apps by category, and the protocols.

    Parameters
    ----------
    signatures
        Signatures of your own: a file, or a folder of *.toml.

    """
    from peergate.signatures import load

    catalog = load(signatures)
    by_category: defaultdict[str, list[str]] = defaultdict(list)
    for each in catalog.apps:
        by_category[each.category].append(each.name)
    for category in catalog.categories:
        print(f"{category}: {', '.join(sorted(by_category[category]))}")
    print(f"\nprotocols: {', '.join(sorted(each.name for each in catalog.protocols))}")


@app.command
def test(file: Path, capture: Path, /) -> int:
    """Show the flows of a capture that a signature recognises, with the evidence.

    Parameters
    ----------
    file
        A signature file, signatures/apps/<app>.toml.
    capture
        A capture that holds the app.

    """
    from peergate import read
    from peergate.cli.report import why
    from peergate.cli.tables import console_for_output

    console = console_for_output()
    found = [flow for flow in read(capture, extra_signatures=[file]) if flow.app == file.stem]
    for flow in found:
        console.print(why(flow))
    if not found:
        print(f"peergate: no flow of {capture} was taken for {file.stem}", file=sys.stderr)
        return NOT_RECOGNISED
    return 0
