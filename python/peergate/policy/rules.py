"""What a policy file may say: groups by prefix, and rules of which the first that matches decides."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Annotated, Any, TypeAlias, cast

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from peergate.document import Section
from peergate.model import Action, Words
from peergate.problems import unknown

SURE_ENOUGH = 0.8
"""How sure the engine must be before a rule acts on what it recognised, unless the policy says otherwise."""


@dataclass(frozen=True)
class Known:
    """What validation needs to know beside the file: the words, and the groups that the file itself names."""

    words: Words
    groups: frozenset[str]


def _as_list(value: Any) -> Any:  # noqa: ANN401  # whatever YAML held; pydantic judges it next
    """One word stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _known_as(kind: str, choices: str) -> AfterValidator:
    def check(word: str, info: ValidationInfo) -> str:
        known = cast("Known", info.context)
        allowed = known.groups if choices == "groups" else getattr(known.words, choices)
        if word not in allowed:
            raise ValueError(unknown(kind, word, allowed))
        return word

    return AfterValidator(check)


def _prefix(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f'"{text}" is no address prefix: {error}') from error


Prefixes: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_prefix)], ...], BeforeValidator(_as_list)
]
Apps: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("app", "apps")], ...], BeforeValidator(_as_list)
]
Categories: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("category", "categories")], ...], BeforeValidator(_as_list)
]
Protocols: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("protocol", "protocols")], ...], BeforeValidator(_as_list)
]
Activities: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("activity", "activities")], ...], BeforeValidator(_as_list)
]
Groups: TypeAlias = Annotated[
    tuple[Annotated[str, _known_as("group", "groups")], ...], BeforeValidator(_as_list)
]


class Rule(Section):
    """One rule. Every condition it names must hold; of several words in one condition, one must."""

    name: Annotated[str, Field(min_length=1)]
    app: Apps = ()
    category: Categories = ()
    protocol: Protocols = ()
    activity: Activities = ()
    group: Groups = ()
    src_group: Groups = ()
    dest_group: Groups = ()
    action: Action
    min_confidence: Annotated[float, Field(ge=0, le=1)] | None = None

    @property
    def asks_what_it_is(self) -> bool:
        """Whether the rule depends on what was recognised, not only on who talks to whom."""
        return bool(self.app or self.category or self.protocol or self.activity)

    @property
    def matches_everything(self) -> bool:
        """Whether no later rule can be reached."""
        return not (self.asks_what_it_is or self.group or self.src_group or self.dest_group)


class PolicyFile(Section):
    """A whole policy."""

    groups: dict[str, Prefixes] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    default: Action = Action.ALLOW
    min_confidence: Annotated[float, Field(ge=0, le=1)] = SURE_ENOUGH
