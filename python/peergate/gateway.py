"""The gateway: configuration in, the engine's Rust thread in the line, events out to the EVE file and to a viewer.

No Python stands between a packet and its verdict: this file configures, and looks on in batches.
"""

from __future__ import annotations

import secrets
import signal
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TextIO

from pydantic import Field

from peergate import document, policy, signatures
from peergate._engine import Events, Policy
from peergate._engine import Gateway as Line
from peergate.claim import claim
from peergate.document import OneOrMore, Prefixes, Section
from peergate.model import Fail, Mode, Refuse
from peergate.policy import compiled
from peergate.problems import DocumentError, Problem, unknown
from peergate.urgency import come_first

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from peergate.document import Location

# Linux: IFNAMSIZ with its closing zero.
LONGEST_PORT_NAME = 15

EVENTS_AT_ONCE = 4096

# Long enough to sleep through quiet times, short enough that a signal is answered at once to a person's eye.
PATIENCE_SECONDS = 0.25


PortName = Annotated[str, Field(min_length=1, max_length=LONGEST_PORT_NAME)]


class Settings(Section):
    """gateway.yaml. Paths in it count from its own folder."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] = "gateway"
    lan: PortName
    wan: PortName
    mode: Mode = Mode.WIRE
    fail: Fail = Fail.OPEN
    refuse: Refuse = Refuse.RESET
    policy: Path = policy.DEFAULT
    # In place of the policy's groups of the same names: one policy serves many sites.
    groups: dict[str, Prefixes] = Field(default_factory=dict)
    eve: Path | None = None
    signatures: Annotated[tuple[Path, ...], OneOrMore] = ()
    local: Prefixes = ()
    alarm_megabytes: Annotated[float, Field(gt=0, strict=True)] = 1000.0
    heartbeat_seconds: Annotated[float, Field(ge=0.1, le=60, strict=True)] = 2.0


class Viewer(Protocol):
    """Whoever looks on: the live terminal view, a test."""

    def update(self, events: Events, stats: dict[str, int]) -> None:
        """Takes what happened since the last call."""

    def say(self, line: str) -> None:
        """Takes a line for the person at the terminal."""


def load(path: Path, *, to_leave: bool = False) -> Settings:
    """The settings in a file. Raises DocumentError with every mistake in it.

    Who only wants to leave the line (`to_leave`) is not asked for the files that the settings name.
    """
    tree, lines = document.read(path)
    read = document.validate(Settings, tree, lines, path)
    home = path.parent
    settings = read.model_copy(
        update={
            "policy": home / read.policy,
            "eve": home / read.eve if read.eve else None,
            "signatures": tuple(home / each for each in read.signatures),
        }
    )
    if mistakes := [
        Problem(str(path), document.line_of(lines, place), message)
        for place, message in _at_odds(settings)
        if not to_leave
    ]:
        raise DocumentError(mistakes)
    return settings


def _at_odds(settings: Settings) -> Iterator[tuple[Location, str]]:
    """Where settings that are right by themselves fit neither each other nor the files of this machine."""
    if settings.lan == settings.wan:
        yield ("wan",), f'"{settings.wan}" is the lan port already'
    if settings.eve and settings.eve.is_dir():
        yield ("eve",), f"{settings.eve} is a folder; name a file in it"
    elif settings.eve and not settings.eve.parent.is_dir():
        yield ("eve",), f"there is no folder {settings.eve.parent} to write into"
    for index, each in enumerate(settings.signatures):
        if not each.exists():
            yield ("signatures", index), f"there is no file or folder {each}"
    if not settings.policy.exists():
        yield ("policy",), f"there is no file {settings.policy}"
    elif settings.groups:
        known = policy.group_names(document.read(settings.policy)[0])
        for name in settings.groups.keys() - known:
            yield ("groups", name), unknown("group", name, known)


def check(settings: Settings) -> None:
    """Raises DocumentError with every mistake in the files that the settings name."""
    _policy_of(settings)


def detach(settings: Settings) -> bool:
    """Takes what an earlier run left in the line out of it; False when there was nothing."""
    with claim(settings.name):
        return Line.detach(settings.name)


def _policy_of(settings: Settings) -> Policy:
    """The policy as its file and the signatures' files are now."""
    catalog = signatures.of_site(settings.signatures)
    return compiled.from_file(settings.policy, catalog, settings.groups)


class Gateway:
    """The engine in the line, with a policy and signatures that can be changed while it runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line = Line(
            _policy_of(settings),
            name=settings.name,
            lan=settings.lan,
            wan=settings.wan,
            mode=settings.mode.value,
            fail=settings.fail.value,
            refuse=settings.refuse.value,
            heartbeat_seconds=settings.heartbeat_seconds,
            local=settings.local,
            seed=secrets.randbits(64),
            alarm=round(settings.alarm_megabytes * 1e6),
        )

    def __enter__(self) -> Gateway:
        self._line.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._line.stop()

    def leave(self) -> None:
        """Ends the engine. The line stays as it is; what was up is among the next events, as ended."""
        self._line.stop()

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in the kernel, and what that costs."""
        return self._line.place

    def reload(self) -> None:
        """Reads policy and signatures again. With a mistake in either DocumentError is raised, and both stay."""
        self._line.reload(_policy_of(self._settings))

    def watch(self) -> tuple[Events, dict[str, int]]:
        """What happened since the last call, and the counters. Waits a moment for it."""
        return self._line.events(EVENTS_AT_ONCE, PATIENCE_SECONDS), self._line.stats()


class Wishes:
    """What signals ask of a running gateway, until it is done."""

    def __init__(self) -> None:
        self.leave = False
        self.reload = False
        self.reopen = False

    def listen(self) -> None:
        """From now on SIGTERM and SIGINT mean leave, SIGHUP reload, SIGUSR1 open the EVE file anew."""
        names = {
            signal.SIGTERM: "leave",
            signal.SIGINT: "leave",
            signal.SIGHUP: "reload",
            signal.SIGUSR1: "reopen",
        }

        def wish(number: int, _frame: FrameType | None) -> None:
            setattr(self, names[signal.Signals(number)], True)

        for number in names:
            signal.signal(number, wish)


class EveFile:
    """The file of EVE lines; none where the settings name none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._failing = False

    def open(self) -> None:
        """Opens the file to append to it; anew, when another program has moved it away."""
        self.close()
        if self._path:
            self._file = self._path.open("a", encoding="utf-8")

    def write(self, lines: str) -> str | None:
        """Writes lines, and leaves none of them in a buffer: others follow this file.

        Gives what went wrong, when it begins to: a full disk costs lines, never the line.
        """
        if not self._file or not lines:
            return None
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            known, self._failing = self._failing, True
            return None if known else f"{self._path}: {error.strerror}; events are being lost"
        self._failing = False
        return None

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()
            self._file = None


def run(settings: Settings, viewer: Viewer, wishes: Wishes) -> None:
    """Stands in the line until it is asked to leave. What is in the kernel stays there (see `detach`)."""
    come_first()
    eve = EveFile(settings.eve)
    eve.open()
    with closing(eve), claim(settings.name), Gateway(settings) as gateway:
        viewer.say("in the line of {}: {} ({})".format(settings.name, *gateway.place))
        while not wishes.leave:
            _grant(wishes, gateway, eve, viewer)
            _pass_on(gateway, eve, viewer)
        gateway.leave()
        # What was up until now is told as ended.
        while _pass_on(gateway, eve, viewer):
            pass
        in_the_line = gateway.place[0] != "tap"
    said = "left"
    if in_the_line:
        said += "; verdicts in force stay in the kernel until `--detach`"
        said += ", and what is undecided stops" if settings.fail is Fail.CLOSED else ""
    viewer.say(said)


def _grant(wishes: Wishes, gateway: Gateway, eve: EveFile, viewer: Viewer) -> None:
    if wishes.reload:
        wishes.reload = False
        try:
            gateway.reload()
            viewer.say("policy and signatures read again")
        except DocumentError as error:
            viewer.say(f"{error}\nthe policy and the signatures that were running stay in force")
    if wishes.reopen:
        wishes.reopen = False
        try:
            eve.open()
        except OSError as error:
            viewer.say(f"{error.filename}: {error.strerror}; events are being lost")


def _pass_on(gateway: Gateway, eve: EveFile, viewer: Viewer) -> bool:
    """Says whether there was anything."""
    events, stats = gateway.watch()
    lines = events.eve()
    if trouble := eve.write(lines):
        viewer.say(trouble)
    viewer.update(events, stats)
    return bool(lines)
