"""A program that runs on one host of the lab, and what it tells.

A client of the lab prints one JSON object a line: `{"event": "online", "at": 1700000000.5, …}`. It writes to a file,
not to a pipe, so that it lives on when the program that started it ends (`peergate lab up`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peergate.lab.network import Host

POLL_SECONDS = 0.02
STOP_SECONDS = 3.0


@dataclass(frozen=True)
class Event:
    """Something that happened to a client, in its own words."""

    name: str
    at: float
    details: dict[str, Any] = field(default_factory=dict)


class Process:
    """A running program. `start` makes one."""

    def __init__(self, name: str, host: Host, child: subprocess.Popen[bytes], told: Path) -> None:
        self.name = name
        self.host = host
        self.told = told
        self._child = child
        self._events: list[Event] = []
        self._read = 0

    @classmethod
    def start(cls, name: str, host: Host, command: list[str], folder: Path) -> Process:
        """Starts `command` on `host`; what it prints goes to `folder`/`name`.out and .err."""
        told = folder / f"{name}.out"
        with told.open("wb") as out, (folder / f"{name}.err").open("wb") as err:
            child = subprocess.Popen(
                host.inside(*command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                # A group of its own: Ctrl-C reaches the lab alone, which then ends its programs in order.
                start_new_session=True,
            )
        return cls(name, host, child, told)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def events(self) -> list[Event]:
        """All that it has told so far."""
        with self.told.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        complete = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(complete)
        self._events += [e for line in complete.splitlines() if (e := parse(line)) is not None]
        return self._events

    def find(self, name: str) -> Event | None:
        """The first event of that name, if it has happened."""
        return next((event for event in self.events() if event.name == name), None)

    def wait(self, name: str, seconds: float) -> Event | None:
        """Waits for an event; none if the time passes or the program ends without it."""
        wait_until(lambda: self.find(name) is not None or not self.running, seconds)
        return self.find(name)

    def expect(self, name: str, seconds: float) -> Event:
        """Waits for an event without which the lab cannot go on."""
        event = self.wait(name, seconds)
        if event is None:
            state = "still runs" if self.running else "ended"
            raise ProcessError(
                f"{self.name} {state} but did not tell {name!r} in {seconds:g} s; it said: {self.complaint()}"
            )
        return event

    def complaint(self) -> str:
        """The end of what it wrote to its error output."""
        return (
            self.told.with_suffix(".err").read_text(errors="replace")[-2000:].strip() or "nothing"
        )

    def end(self) -> None:
        """Asks the program and its children to end; `reap` waits for it."""
        if self.running:
            os.killpg(self._child.pid, signal.SIGTERM)

    def reap(self) -> None:
        """Waits for a program that was asked to end, and kills it if it does not."""
        try:
            self._child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()


class ProcessError(RuntimeError):
    """A program of the lab did not do what the lab needs of it."""


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of the lab."""
    return [sys.executable, "-m", f"peergate.lab.{module}", *arguments]


def said(process: Process) -> str:
    """All that a packaged program printed."""
    return process.told.read_text(errors="replace") + process.complaint()


def parse(line: bytes) -> Event | None:
    """The event that a line tells, if it tells one: packaged programs print other things too."""
    try:
        told = json.loads(line)
        return Event(told.pop("event"), told.pop("at"), told)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits until something is so; false if it is not so in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
