"""Reads a YAML file into a pydantic model, and says of every mistake which line it is on."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from peergate.problems import DocumentError, Problem, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

Location: TypeAlias = tuple[int | str, ...]
"""The way to a value: keys and indices from the top."""

Lines: TypeAlias = dict[Location, int]

M = TypeVar("M", bound="Section")


class Section(BaseModel):
    """A mapping in a file that a person writes: unknown fields are mistakes, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMore = BeforeValidator(_as_list)
"""One word stands for a list of one."""


def _prefix(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f'"{text}" is no address prefix: {error}') from error


Prefix: TypeAlias = Annotated[str, AfterValidator(_prefix)]
"""An address prefix, IPv4 or IPv6."""

Prefixes: TypeAlias = Annotated[tuple[Prefix, ...], OneOrMore]
"""Address prefixes, IPv4 and IPv6."""


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """The file's top mapping, and the line of every value in it."""
    try:
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError.whole_file(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError.whole_file(path, "is not UTF-8 text") from error
    except YAMLError as error:
        raise DocumentError([_syntax(path, error)]) from error
    if tree is None:
        raise DocumentError.whole_file(path, "is empty")
    if not isinstance(tree, CommentedMap):
        raise DocumentError([Problem(str(path), 1, "expected `field: value` lines at the top")])
    lines: Lines = {}
    _note_lines(tree, (), lines)
    return tree, lines


def validate(
    model: type[M], tree: dict[str, Any], lines: Lines, path: Path, context: object = None
) -> M:
    """The model that the tree describes, or every mistake in it."""
    try:
        return model.model_validate(tree, context=context)
    except ValidationError as error:
        raise DocumentError(
            Problem(str(path), line_of(lines, found["loc"]), _in_words(model, found))
            for found in error.errors()
        ) from error


def line_of(lines: Lines, location: Location) -> int:
    """The line of a value, or of the nearest thing around it that has one."""
    for end in range(len(location), 0, -1):
        if location[:end] in lines:
            return lines[location[:end]]
    return 1


def _syntax(path: Path, error: YAMLError) -> Problem:
    if not isinstance(error, MarkedYAMLError):
        return Problem(str(path), 0, f"is not YAML: {error}")
    mark = error.problem_mark or error.context_mark
    said = (error.problem or error.context or "is not YAML").splitlines()[0]
    return Problem(str(path), mark.line + 1 if mark else 0, said)


def _note_lines(node: object, location: Location, lines: Lines) -> None:
    if isinstance(node, CommentedMap):
        for key in node:
            lines[*location, key] = node.lc.key(key)[0] + 1
            _note_lines(node[key], (*location, key), lines)
    elif isinstance(node, CommentedSeq):
        for index, item in enumerate(node):
            lines[*location, index] = node.lc.item(index)[0] + 1
            _note_lines(item, (*location, index), lines)


def _in_words(model: type[BaseModel], error: ErrorDetails) -> str:
    location = error["loc"]
    field = next((part for part in reversed(location) if isinstance(part, str)), "")
    match error["type"]:
        case "missing":
            return f'"{field}" is missing'
        case "extra_forbidden":
            return unknown("field", field, _fields_at(model, location[:-1]))
        case "enum":
            choices = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
            return unknown(field, str(error["input"]), choices)
        case "model_type":
            return f'"{field}" takes `field: value` lines, not {error["input"]!r}'
        case "value_error":
            return str(error["ctx"]["error"])
    return f"{field}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """The fields of the section that a location leads to."""
    for part in location:
        field = model.model_fields.get(str(part))
        inner = _section_in(field.annotation) if field else None
        model = inner or model
    return list(model.model_fields)


def _section_in(annotation: object) -> type[Section] | None:
    """The section that a field's type holds, as it is or in a list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
