"""Turns a policy file into the form that the engine asks for every flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate import policy
from peergate._engine import Catalog, Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from peergate.policy.rules import PolicyFile, Rule


def from_file(
    path: Path, catalog: Catalog, groups: Mapping[str, tuple[str, ...]] | None = None
) -> Policy:
    """The policy in a file, ready to use, with `groups` in place of its groups of the same names.

    Raises DocumentError with every mistake in the file.
    """
    written = policy.load(path, policy.words(catalog))
    here = {name: (groups or {}).get(name, prefixes) for name, prefixes in written.groups.items()}
    return compiled(written.model_copy(update={"groups": here}), catalog)


def compiled(written: PolicyFile, catalog: Catalog) -> Policy:
    """The same policy for the engine. The default is its last rule."""
    rules = [_for_engine(rule, written.min_confidence) for rule in written.rules]
    rules.append({"name": "default", "action": written.default.value, "min_confidence": 0.0})
    hosts = [
        (host.prefix, [role.value for role in host.role], host.reason) for host in written.hosts
    ]
    return Policy.compile(list(written.groups.items()), rules, catalog, hosts)


def _for_engine(rule: Rule, sure_enough: float) -> dict[str, object]:
    asked = sure_enough if rule.min_confidence is None else rule.min_confidence
    return {
        **rule.model_dump(mode="json"),
        # Of who talks to whom, and of a role that was found, there is nothing to be unsure.
        "min_confidence": asked if rule.asks_what_it_is else 0.0,
    }
