"""`peergate policy`: whether a policy is right, and what it would do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

FINDINGS = 1
"""Exit status when the file was checked and is wrong."""

app = typer.Typer(no_args_is_help=True, help="Check a policy, and ask what it would do.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The policy file.")],
    signatures: Annotated[list[Path] | None, typer.Option(help="Signatures of your own.")] = None,
) -> None:
    """Name every mistake in a policy: its line, and the nearest right word."""
    from peergate import DocumentError, policy
    from peergate.signatures import load

    catalog = load(signatures or [])
    try:
        written = policy.load(file, policy.words(catalog))
    except DocumentError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(FINDINGS) from error
    for warning in policy.warnings(written, file):
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{file}: right: {len(written.rules)} rules, {len(written.groups)} groups")


@app.command()
def explain(
    src: Annotated[str, typer.Option(help="Address of the client.")],
    dest: Annotated[str, typer.Option(help="Address of the server or peer.")] = "192.0.2.1",
    app: Annotated[str | None, typer.Option(help="The app, as `peergate read` names it.")] = None,
    category: Annotated[str | None, typer.Option(help="Default: the category of the app.")] = None,
    protocol: Annotated[str | None, typer.Option(help="The protocol.")] = None,
    activity: Annotated[str | None, typer.Option(help="log-on, call, file-transfer, …")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="How sure the engine is.")] = 1.0,
    file: Annotated[
        Path | None, typer.Option("--policy", help="Default: the shipped policy.")
    ] = None,
) -> None:
    """Say which rule would decide such a flow, and why the rules before it do not."""
    from peergate import policy, signatures
    from peergate.policy.compiled import compiled
    from peergate.policy.explain import question

    catalog = signatures.load()
    written = policy.load(file or policy.DEFAULT, policy.words(catalog))
    asked = question(
        catalog,
        src=src,
        dest=dest,
        app=app,
        category=category,
        protocol=protocol,
        activity=activity,
    )
    answer = compiled(written, catalog).explain(**asked, confidence=confidence)
    for rule, reason in answer.tried:
        print(f'  rule "{rule}" does not match: {reason}')
    print(f'{answer.action}: rule "{answer.rule}" decides')
