"""Turns a policy file into the form that the engine asks for every flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate import _engine

if TYPE_CHECKING:
    from peergate.policy.rules import PolicyFile, Rule


def compile_policy(policy: PolicyFile, catalog: _engine.Catalog) -> _engine.Policy:
    """The same policy for the engine. The default is its last rule."""
    rules = [_for_engine(rule, policy.min_confidence) for rule in policy.rules]
    rules.append({"name": "default", "action": policy.default.value, "min_confidence": 0.0})
    return _engine.Policy.compile(list(policy.groups.items()), rules, catalog)


def _for_engine(rule: Rule, sure_enough: float) -> dict[str, object]:
    asked = sure_enough if rule.min_confidence is None else rule.min_confidence
    return {
        **rule.model_dump(mode="json"),
        # A rule that only asks who talks to whom has nothing to be unsure about.
        "min_confidence": asked if rule.asks_what_it_is else 0.0,
    }
