"""Policy: who may use what. A YAML file that a person writes, checked word by word."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from peergate import document
from peergate.model import Words
from peergate.policy.rules import Known, PolicyFile
from peergate.problems import DocumentError, Problem

if TYPE_CHECKING:
    from peergate._engine import Catalog
    from peergate.document import Lines

__all__ = ["DEFAULT", "PolicyFile", "group_names", "load", "warnings", "words"]

DEFAULT = Path(str(files(__package__) / "default.yaml"))
"""The policy that Peergate ships with."""


def words(catalog: Catalog) -> Words:
    """The names that a policy may use with these signatures."""
    return Words(
        apps=frozenset(word for app in catalog.apps for word in (app.name, *app.aliases)),
        categories=frozenset(catalog.categories),
        protocols=frozenset(protocol.name for protocol in catalog.protocols),
        activities=frozenset(catalog.activities),
    )


def load(path: Path, known: Words) -> PolicyFile:
    """The policy in a file. Raises DocumentError with every mistake in it."""
    tree, lines = document.read(path)
    context = Known(words=known, groups=group_names(tree))
    policy = document.validate(PolicyFile, tree, lines, path, context)
    if twice := [*_named_twice(policy, lines, path), *_grouped_twice(policy, lines, path)]:
        raise DocumentError(twice)
    return policy


def group_names(tree: dict[str, object]) -> frozenset[str]:
    """The groups that a policy file names, right or not in all else."""
    groups = tree.get("groups")
    return frozenset(map(str, groups)) if isinstance(groups, dict) else frozenset()


def warnings(policy: PolicyFile, path: Path) -> list[Problem]:
    """What is allowed but can hardly be meant: rules that are never reached."""
    _, lines = document.read(path)
    for index, rule in enumerate(policy.rules[:-1]):
        if rule.matches_everything:
            line = document.line_of(lines, ("rules", index + 1))
            said = f'is never reached: rule "{rule.name}" before it matches everything'
            return [Problem(str(path), line, f'rule "{policy.rules[index + 1].name}" {said}')]
    return []


def _named_twice(policy: PolicyFile, lines: Lines, path: Path) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for index, rule in enumerate(policy.rules):
        line = document.line_of(lines, ("rules", index, "name"))
        if rule.name in first:
            message = f'rule "{rule.name}" has the name of the one on line {first[rule.name]}'
            found.append(Problem(str(path), line, message))
        first.setdefault(rule.name, line)
    return found


def _grouped_twice(policy: PolicyFile, lines: Lines, path: Path) -> list[Problem]:
    first: dict[str, str] = {}
    found = []
    for group, prefixes in policy.groups.items():
        for index, prefix in enumerate(prefixes):
            if first.setdefault(prefix, group) != group:
                line = document.line_of(lines, ("groups", group, index))
                message = f'{prefix} is in the group "{first[prefix]}" already'
                found.append(Problem(str(path), line, message))
    return found
