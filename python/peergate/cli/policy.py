"""`peergate policy`: whether a policy is right, and what it would do."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from peergate.policy.explain import Question, checked

FINDINGS = 1
"""Exit status when the file was checked and is wrong."""

Share = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]

app = App(name="policy")


@app.command
def check(file: Path, /, *, signatures: tuple[Path, ...] = ()) -> int:
    """Name every mistake in a policy: its line, and the nearest right word.

    Parameters
    ----------
    file
        The policy file.
    signatures
        Signatures of your own: a file, or a folder of *.toml.

    """
    from peergate import DocumentError, policy
    from peergate.signatures import of_site

    catalog = of_site(signatures)
    try:
        written = policy.load(file, policy.words(catalog))
    except DocumentError as error:
        print(error, file=sys.stderr)
        return FINDINGS
    for warning in policy.warnings(written, file):
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{file}: right; rules: {len(written.rules)}, groups: {len(written.groups)}")
    return 0


@app.command
def explain(
    asked: Annotated[Question, Parameter(name="*")],
    *,
    confidence: Share = 1.0,
    policy: Path | None = None,
    signatures: tuple[Path, ...] = (),
) -> None:
    """Say which rule would decide such a flow, and why the rules before it do not.

    Parameters
    ----------
    asked
        The flow.
    confidence
        How sure the engine is, from 0 to 1.
    policy
        The policy file; the shipped one where none is named.
    signatures
        Signatures of your own: a file, or a folder of *.toml.

    """
    from peergate import policy as policies
    from peergate.policy.compiled import compiled
    from peergate.signatures import of_site

    catalog = of_site(signatures)
    written = policies.load(policy or policies.DEFAULT, policies.words(catalog))
    flow = checked(asked, catalog)
    answer = compiled(written, catalog).explain(**asdict(flow), confidence=confidence)
    for end, group in ((flow.src, answer.src_group), (flow.dest, answer.dest_group)):
        print(f'  {end} is in group "{group}"' if group else f"  {end} is in no group")
    for rule, reason in answer.tried:
        print(f'  rule "{rule}" does not match: {reason}')
    print(f'{answer.action}: rule "{answer.rule}" decides')
