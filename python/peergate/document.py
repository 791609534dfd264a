"""Reads a YAML file into a pydantic model, and says of every mistake which line it is on."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from peergate.problems import DocumentError, Problem
from peergate.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ruamel.yaml.nodes import Node

Location: TypeAlias = tuple[int | str, ...]
"""The way to a value: keys and indices from the top."""

Lines: TypeAlias = dict[Location, int]

M = TypeVar("M", bound="Section")

LARGEST = 1 << 20
"""Bytes of a file: far more than anybody writes, and read in seconds."""

MOST_VALUES = 100_000
"""Values of a file, those counted twice that an alias (`*name`) repeats: few lines can stand for billions."""

DEEPEST = 16
"""Levels: no field of any file lies deeper than five."""

MAPPING = "tag:yaml.org,2002:map"
TEXT = "tag:yaml.org,2002:str"
MERGE = "tag:yaml.org,2002:merge"

HINTS = {
    "expected the node content": "something that was begun, with [ or { or a name, is not finished",
    "cannot start any token": "indent with spaces, and put text that begins with a special character in quotes",
    "but found another document": "a file holds one document, so no line of it is `---` but the first",
    "mapping values are not allowed": 'a value that holds ": " needs quotes; or the indentation is wrong',
}
"""What usually lies behind the words of the YAML reader."""


class Section(BaseModel):
    """A mapping in a file that a person writes: unknown fields are mistakes, and nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_list(value: object) -> object:
    # A number where a word belongs is told as such, not as a list that is missing.
    return value if value is None or isinstance(value, list | tuple | dict) else [value]


OneOrMore = BeforeValidator(_as_list)
"""One word stands for a list of one."""


def _prefix(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise ValueError(f'"{text}" is no address prefix{_nearest_prefix(text)}') from None


def _nearest_prefix(text: str) -> str:
    try:
        return f"; did you mean {ip_network(text, strict=False)}?"
    except ValueError:
        return ", such as 10.10.0.0/16 or fd10::/16"


Prefix: TypeAlias = Annotated[str, AfterValidator(_prefix)]
"""An address prefix, IPv4 or IPv6."""

Prefixes: TypeAlias = Annotated[tuple[Prefix, ...], OneOrMore]
"""Address prefixes, IPv4 and IPv6."""


def read(path: Path) -> tuple[dict[str, Any], Lines]:
    """The file's top mapping, and the line of every value in it."""
    text = _text(path)
    try:
        return _parsed(text, path)
    except DocumentError:
        raise
    except YAMLError as error:
        raise DocumentError([_syntax(path, error)]) from error
    except RecursionError:
        raise DocumentError.whole_file(path, "is nested too deep") from None
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError) as error:
        # What the reader trips over itself: `!!int x`, `%YAML 1.9`.
        raise DocumentError.whole_file(path, f"is not YAML: {error}") from error


def validate(
    model: type[M], tree: dict[str, Any], lines: Lines, path: Path, context: object = None
) -> M:
    """The model that the tree describes, or every mistake in it."""
    try:
        return model.model_validate(tree, context=context)
    except ValidationError as error:
        raise DocumentError(
            Problem(str(path), line_of(lines, found["loc"]), in_words(model, found))
            for found in error.errors()
        ) from error


def line_of(lines: Lines, location: Location) -> int:
    """The line of a value, or of the nearest thing around it that has one."""
    for end in range(len(location), 0, -1):
        if location[:end] in lines:
            return lines[location[:end]]
    return 1


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
        if len(octets) > LARGEST:
            raise DocumentError.whole_file(path, "is larger than a mebibyte: is it the right file?")
        return octets.decode("utf-8-sig")
    except OSError as error:
        raise DocumentError.whole_file(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DocumentError.whole_file(path, "is not UTF-8 text") from error


def _parsed(text: str, path: Path) -> tuple[dict[str, Any], Lines]:
    # The pure reader: only it keeps the lines.
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    top = yaml.compose(text)
    if top is None:
        raise DocumentError.whole_file(path, "is empty")
    if not isinstance(top, MappingNode) or top.tag != MAPPING:
        raise DocumentError([Problem(str(path), 1, "expected `field: value` lines at the top")])
    lines: Lines = {}
    if problems := list(_note_lines(top, (), lines, str(path))):
        raise DocumentError(problems)
    return yaml.constructor.construct_document(top), lines


def _syntax(path: Path, error: YAMLError) -> Problem:
    if not isinstance(error, MarkedYAMLError):
        return Problem(str(path), 0, f"is not YAML: {str(error).splitlines()[0]}")
    said = (error.problem or error.context or "is not YAML").splitlines()[0]
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    if mark and began and error.context and began.line != mark.line:
        said += f", {error.context.splitlines()[0]} from line {began.line + 1} on"
    said += next((f": {hint}" for words, hint in HINTS.items() if words in said), "")
    return Problem(str(path), mark.line + 1 if mark else 0, said)


def _note_lines(node: Node, location: Location, lines: Lines, path: str) -> Iterator[Problem]:
    """Writes down the line of every value. Gives what no model could say: fields twice, fields that are no words."""
    if len(lines) > MOST_VALUES or len(location) > DEEPEST:
        # Before anything walks through the values themselves.
        raise DocumentError([Problem(path, _line(node), "too many values, or nested too deep")])
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            lines[*location, index] = _line(item)
            yield from _note_lines(item, (*location, index), lines, path)
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            name, line = key.value, _line(key)
            if key.tag not in (TEXT, MERGE):
                shown = f'"{name}"' if isinstance(name, str) else "a list or mapping"
                yield Problem(path, line, f"{shown} is not text: names of fields in quotes, please")
            elif (*location, name) in lines and key.tag == TEXT:
                first = lines[*location, name]
                yield Problem(path, line, f'"{name}" is there already, on line {first}')
            else:
                lines[*location, name] = line
                yield from _note_lines(value, (*location, name), lines, path)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
