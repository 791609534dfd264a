"""Puts together the flow that `peergate policy explain` asks about, and checks its words."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, TypedDict

from peergate.model import Role
from peergate.policy import words
from peergate.problems import DocumentError, Problem, unknown

if TYPE_CHECKING:
    from peergate._engine import Catalog


class Question(TypedDict):
    """A flow as a policy sees it."""

    src: str
    dest: str
    app: str | None
    category: str | None
    protocol: str | None
    activity: str | None
    role: str | None


def question(  # noqa: PLR0913  # one argument for each thing a rule may ask
    catalog: Catalog,
    *,
    src: str,
    dest: str,
    app: str | None,
    category: str | None,
    protocol: str | None,
    activity: str | None,
    role: str | None,
) -> Question:
    """The flow in question. Raises DocumentError with every word that nothing knows."""
    known = words(catalog)
    asked = {
        "app": (app, known.apps),
        "category": (category, known.categories),
        "protocol": (protocol, known.protocols),
        "activity": (activity, known.activities),
        "role": (role, frozenset(Role)),
    }
    problems = [
        Problem(f"--{kind}", 0, unknown(kind, word, choices))
        for kind, (word, choices) in asked.items()
        if word is not None and word not in choices
    ]
    problems += [
        Problem(f"--{option}", 0, f'"{address}" is no IP address')
        for option, address in (("src", src), ("dest", dest))
        if not _is_address(address)
    ]
    if problems:
        raise DocumentError(problems)
    home = next((each.category for each in catalog.apps if app in (each.name, *each.aliases)), None)
    return {
        "src": src,
        "dest": dest,
        "app": app,
        "category": category or home,
        "protocol": protocol,
        "activity": activity,
        "role": role,
    }


def _is_address(text: str) -> bool:
    try:
        # A zone (`%eth0`) is a place on one machine, and no part of an address on the wire.
        return not getattr(ip_address(text), "scope_id", None)
    except ValueError:
        return False
