"""What a policy file may say: groups by prefix, and rules of which the first that matches decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias, cast

from pydantic import AfterValidator, Field, ValidationInfo

from peergate.document import OneOrMore, Prefix, Prefixes, Section
from peergate.model import Action, Role, Words
from peergate.problems import unknown

SURE_ENOUGH = 0.8
"""How sure the engine must be before a rule acts on what it recognised, unless the policy says otherwise."""


@dataclass(frozen=True)
class Known:
    """What validation needs to know beside the file: the words, and the groups that the file itself names."""

    words: Words
    groups: frozenset[str]


def _not_empty(words: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    # An empty list would admit everything, which nobody who writes one means.
    if not words:
        raise ValueError(
            f'"{info.field_name}" names nothing; leave it out where it does not matter'
        )
    return words


NotEmpty = AfterValidator(_not_empty)


def _known_as(kind: str, choices: str) -> AfterValidator:
    def check(word: str, info: ValidationInfo) -> str:
        known = cast("Known", info.context)
        allowed = known.groups if choices == "groups" else getattr(known.words, choices)
        if word not in allowed:
            raise ValueError(unknown(kind, word, allowed))
        return word

    return AfterValidator(check)


Apps: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("app", "apps")], ...], NotEmpty, OneOrMore
]
Categories: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("category", "categories")], ...], OneOrMore
]
Protocols: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("protocol", "protocols")], ...], OneOrMore
]
Activities: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("activity", "activities")], ...], OneOrMore
]
Groups: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("group", "groups")], ...], NotEmpty, OneOrMore
]


class Rule(Section):
    """One rule. Every condition it names must hold; of several words in one condition, one must."""

    name: Annotated[str, Field(min_length=1)]
    app: Apps = ()
    category: Categories = ()
    protocol: Protocols = ()
    activity: Activities = ()
    role: Annotated[tuple[Role, ...], NotEmpty, OneOrMore] = ()
    group: Groups = ()
    src_group: Groups = ()
    dest_group: Groups = ()
    action: Action
    min_confidence: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None

    @property
    def asks_what_it_is(self) -> bool:
        """Whether the rule depends on what a flow is taken for, of which one may be more or less sure."""
        return bool(self.app or self.category or self.protocol or self.activity)

    @property
    def matches_everything(self) -> bool:
        """Whether no later rule can be reached."""
        asks_who = self.role or self.group or self.src_group or self.dest_group
        return not (self.asks_what_it_is or asks_who)


class KnownHost(Section):
    """Hosts that may play a role, and why: nobody is told of it."""

    prefix: Prefix
    role: Annotated[tuple[Role, ...], NotEmpty, OneOrMore]
    reason: Annotated[str, Field(min_length=1)]


class PolicyFile(Section):
    """A whole policy."""

    groups: dict[str, Prefixes] = Field(default_factory=dict)
    hosts: tuple[KnownHost, ...] = ()
    rules: tuple[Rule, ...] = ()
    default: Action = Action.ALLOW
    min_confidence: Annotated[float, Field(ge=0, le=1, strict=True)] = SURE_ENOUGH
