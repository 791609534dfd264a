"""Says in words what pydantic found wrong: what the field takes, what stands there, the nearest right word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from peergate.problems import unknown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

TAKES = {
    "tuple_type": "a list",
    "dict_type": "`name: value` lines",
    "string_type": "a word",
    "path_type": "a path",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "less_than_equal": "at most {le:g}",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "string_too_short": "at least {min_length} character",
    "string_pattern_mismatch": "text that fits {pattern}",
    "string_too_long": "at most {max_length} characters",
}
"""What a field takes, by the name that pydantic gives the mistake."""


def in_words(model: type[BaseModel], error: ErrorDetails) -> str:
    """One mistake in a sentence."""
    location, given, context = error["loc"], error["input"], error.get("ctx", {})
    field = next((part for part in reversed(location) if isinstance(part, str)), "")
    match error["type"]:
        case kind if kind in TAKES:
            takes = TAKES[kind].format(**context)
        case "model_type":
            takes = "`field: value` lines"
        case "enum" if not isinstance(given, str):
            takes = f"one of {', '.join(_choices(error))}"
        case _:
            return _by_itself(model, error, field)
    return f'"{field}" takes {takes}, not {_shown(given)}'


def _by_itself(model: type[BaseModel], error: ErrorDetails, field: str) -> str:
    """A mistake that is not about what a field takes."""
    match error["type"]:
        case "missing":
            return f'"{field}" is missing'
        case "extra_forbidden":
            return unknown("field", field, _fields_at(model, error["loc"][:-1]))
        case "enum":
            return unknown(field, error["input"], _choices(error))
        case "value_error":
            return str(error["ctx"]["error"])
    return f'"{field}": {error["msg"][0].lower()}{error["msg"][1:]}'


LONGEST_SHOWN = 40
"""Characters of a value: enough to find it again."""


def _shown(value: object) -> str:
    """A value as a person would call it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "`name: value` lines"
        case list() | tuple():
            return "a list"
    text = str(value)
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return f'"{shown}"' if isinstance(value, str) else shown


def _choices(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))


def _fields_at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The fields of the section that a location leads to."""
    for part in location:
        field = model.model_fields.get(str(part))
        inner = _section_in(field.annotation) if field else None
        model = inner or model
    return list(model.model_fields)


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The section that a field's type holds, as it is or in a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
