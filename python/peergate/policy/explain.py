"""Puts together the flow that `peergate policy explain` asks about, and checks its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from peergate.model import Role
from peergate.policy import words
from peergate.problems import DocumentError, Problem, unknown

if TYPE_CHECKING:
    from peergate._engine import Catalog


@dataclass(frozen=True, kw_only=True)
class Question:
    """A flow as a policy sees it.

    Parameters
    ----------
    src
        Address of the client.
    dest
        Address of the server or peer.
    app
        The app, as `peergate read` names it.
    category
        Its category, where it is not the one that the app has.
    protocol
        The protocol.
    activity
        What is being done: log-on, call, file-transfer and so on.
    role
        What the host on our side is found to be for others: peer, supernode or relay.

    """

    src: str
    dest: str = "192.0.2.1"
    app: str | None = None
    category: str | None = None
    protocol: str | None = None
    activity: str | None = None
    role: str | None = None


def checked(asked: Question, catalog: Catalog) -> Question:
    """The flow in question, with its category. Raises DocumentError with every word that nothing knows."""
    known = words(catalog)
    choices = {
        "app": (asked.app, known.apps),
        "category": (asked.category, known.categories),
        "protocol": (asked.protocol, known.protocols),
        "activity": (asked.activity, known.activities),
        "role": (asked.role, frozenset(Role)),
    }
    problems = [
        Problem(f"--{kind}", 0, unknown(kind, word, right))
        for kind, (word, right) in choices.items()
        if word is not None and word not in right
    ]
    problems += [
        Problem(f"--{option}", 0, f'"{address}" is no IP address')
        for option, address in (("src", asked.src), ("dest", asked.dest))
        if not _is_address(address)
    ]
    if problems:
        raise DocumentError(problems)
    apps = (each for each in catalog.apps if asked.app in (each.name, *each.aliases))
    home = next((each.category for each in apps), None)
    return replace(asked, category=asked.category or home)


def _is_address(text: str) -> bool:
    try:
        # A zone (`%eth0`) is a place on one machine, and no part of an address on the wire.
        return not getattr(ip_address(text), "scope_id", None)
    except ValueError:
        return False
