"""The command line. Each command lives in a file of its own and imports what it needs when it runs."""

from __future__ import annotations

import sys

import typer

from peergate.cli import gateway, lab, policy, read, signatures
from peergate.problems import DocumentError

USAGE = 2
"""Exit status for what the person asked wrongly, files that they wrote included."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Recognises evasive voice, peer-to-peer and messaging applications, says why, and enforces policy.",
)
app.command()(read.read)
app.command()(gateway.gateway)
app.add_typer(policy.app, name="policy")
app.add_typer(signatures.app, name="signatures")
app.add_typer(lab.app, name="lab")


@app.command()
def version() -> None:
    """Say which version this is."""
    from peergate import version

    print(f"peergate {version()}")


def main() -> None:
    """Run the command line; mistakes in files are told line by line."""
    try:
        app()
    except DocumentError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(USAGE)
