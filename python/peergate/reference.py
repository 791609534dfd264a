"""Writes the reference pages from the engine's catalog and the protocols' own comments: `python -m peergate.reference`.

A tool of this tree: it reads what each protocol's file in `engine/src/inspect` says of itself.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from peergate._engine import Catalog
from peergate.document import Section
from peergate.lab.campus.parameters import Evasions, Parameters, Program, Proxies, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peergate._engine import App, Protocol

TREE = Path(__file__).parents[2]
PAGES = TREE / "docs" / "reference"
INSPECT = TREE / "engine" / "src" / "inspect"
BEHAVIOUR = TREE / "engine" / "src" / "behaviour"
HOSTS = TREE / "engine" / "src" / "hosts"
DETECTORS = re.compile(r"^    &(\w+)::\w+,$", re.MULTILINE)
TITLE = re.compile(r'name: "([a-z-]+)",\s*title: "([^"]+)",\s*activity: Activity::(\w+)')
PROFILE = re.compile(r'name: "([a-z0-9.-]+)",\s*title:')
NOTE = "<!-- Written by `python -m peergate.reference`; change the engine or the signatures instead. -->"


def comments() -> dict[str, str]:
    """What the file of each protocol says of itself, by the protocol's word."""
    found: dict[str, str] = {}
    for path in sorted(INSPECT.rglob("*.rs")):
        text = path.read_text()
        found |= dict.fromkeys(PROFILE.findall(text), head(text))
    return found


def protocols(catalog: Catalog) -> Iterator[str]:
    """The page of protocols, by title."""
    yield from ("# Protocols", "", NOTE, "")
    yield f"What the engine recognises by itself: {len(catalog.protocols)} protocols. Ports never decide."
    said = comments()
    for protocol in sorted(catalog.protocols, key=lambda protocol: protocol.title.casefold()):
        yield from protocol_section(protocol, said[protocol.name])


def protocol_section(protocol: Protocol, said: str) -> Iterator[str]:
    """One protocol."""
    yield from ("", f"## {protocol.title}", "")
    over = ", ".join(name.upper() for name in protocol.transports)
    ports = ", ".join(map(str, protocol.ports)) or "none"
    yield f"`{protocol.name}` · {protocol.category} · over {over} · usual ports: {ports}"
    yield from ("", said)
    if protocol.fields:
        yield from ("", "| Fact | What it holds |", "| --- | --- |")
        yield from (f"| `{name}` | {cell(what)} |" for name, what in protocol.fields)


def applications(catalog: Catalog) -> Iterator[str]:
    """The page of applications, by category."""
    signed = [app for app in catalog.apps if app.what]
    yield from ("# Applications", "", NOTE, "")
    yield f"What signatures name: {len(signed)} applications. Policies use the words in the first column."

    def place(app: App) -> tuple[int, str]:
        return catalog.categories.index(app.category), app.title.casefold()

    for category, apps in groupby(sorted(signed, key=place), key=lambda app: app.category):
        yield from ("", f"## {category}", "")
        yield "| Word | Application | What it is | Why one might control it |"
        yield "| --- | --- | --- | --- |"
        for app in apps:
            words = ", ".join(f"`{word}`" for word in (app.name, *app.aliases))
            yield f"| {words} | {cell(app.title)} | {cell(app.what)} | {cell(app.why)} |"


def parameters() -> Iterator[str]:
    """The page of what a generated campus is made of."""
    yield from ("# Parameters of a generated campus", "", NOTE, "")
    yield "The fields of the YAML file that `peergate lab generate --parameters` takes, with what they are if left out."
    yield "`named` (the Skype of 2006) and `unnamed` (a program without a signature) take the fields of a program."
    sections: list[tuple[str, Section]] = [
        ("Top", Parameters()),
        ("named, unnamed", Program()),
        ("named.evasions, unnamed.evasions", Evasions()),
        ("traffic", Traffic()),
        ("proxies", Proxies()),
    ]
    for title, section in sections:
        said = (type(section).__doc__ or "").strip()
        yield from (
            "",
            f"## {title}",
            "",
            said,
            "",
            "| Field | Default | What it is |",
            "| --- | --- | --- |",
        )
        for name, field in type(section).model_fields.items():
            value = getattr(section, name)
            default = "see below" if isinstance(value, Section) else f"{value}"
            yield f"| `{name}` | {default} | {cell(field.description or '')} |"


def behaviour() -> Iterator[str]:
    """The page of detectors, in the order in which they are asked."""
    text = (BEHAVIOUR / "mod.rs").read_text()
    yield from ("# Behaviour", "", NOTE, "")
    yield from (head(text), "", head((BEHAVIOUR / "telling.rs").read_text()))
    for name in DETECTORS.findall(text):
        detector = (BEHAVIOUR / f"{name}.rs").read_text()
        found = TITLE.search(detector)
        if found is None:
            raise ValueError(f"{name}.rs names no detector")
        word, title, activity = found.groups()
        says = "how a flow is made" if activity == "Unknown" else f"activity `{spaced(activity)}`"
        yield from ("", f"## {title}", "", f"`{word}` · {says}", "", head(detector))
    yield from ("", "## Of a whole host", "", head((HOSTS / "mod.rs").read_text()))
    for page in (HOSTS / "log_on.rs", *sorted((HOSTS / "roles").glob("[!m]*.rs"))):
        yield from ("", head(page.read_text()))


def head(text: str) -> str:
    """What a file of Rust says of itself."""
    return "\n".join(line[3:].strip() for line in text.splitlines() if line.startswith("//!"))


def spaced(word: str) -> str:
    """FileTransfer as file-transfer."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", word).lower()


def cell(text: str) -> str:
    """Text that cannot end a table's cell."""
    return text.replace("|", "\\|")


def pages() -> dict[Path, str]:
    """Every page, by where it belongs."""
    catalog = Catalog.load([])
    made = {
        "behaviour.md": behaviour(),
        "protocols.md": protocols(catalog),
        "applications.md": applications(catalog),
        "lab-parameters.md": parameters(),
    }
    return {PAGES / name: "\n".join(lines) + "\n" for name, lines in made.items()}


def main() -> None:
    """Writes them."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
