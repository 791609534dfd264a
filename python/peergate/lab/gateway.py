"""The gateway in the lab's line: what the lab needs of one, and the shipped one as a program of its own."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from peergate.lab.process import ProcessError, wait_until
from peergate.lab.topology import CAMPUS, CAMPUS6, GROUPS, LAN_PORT, WAN_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peergate.lab.build import Lab
    from peergate.lab.process import Process

START_SECONDS = 20.0
READY = "in the line of"
REFUSALS = ("block", "drop", "reject")


@dataclass(frozen=True)
class Verdict:
    """What a gateway said about a flow, and why."""

    source: str
    destination: str
    app: str
    action: str
    evidence: tuple[str, ...]
    packet: int

    @property
    def refused(self) -> bool:
        """Whether the flow was stopped."""
        return self.action in REFUSALS


class Gateway(Protocol):
    """Something that can stand in the lab's line."""

    def start(self, lab: Lab) -> None:
        """Steps into the line."""

    def verdicts(self) -> list[Verdict]:
        """All verdicts so far."""

    def hosts(self) -> list[dict[str, Any]]:
        """What was told of hosts so far."""


class ShippedGateway:
    """`peergate gateway` with the shipped policy or another, told where the lab's groups are."""

    def __init__(self, mode: str = "wire", policy: str = "") -> None:
        self._mode = mode
        self._policy = policy
        self._eve: Path | None = None
        self._read = 0
        self._verdicts: list[Verdict] = []
        self._hosts: list[dict[str, Any]] = []

    def start(self, lab: Lab) -> None:
        """Starts the program on the gate and waits until it is in the line."""
        self._eve = lab.folder / "eve.json"
        self._eve.touch()
        configuration = lab.folder / "gateway.yaml"
        groups = "".join(f"  {name}: {json.dumps(prefixes)}\n" for name, prefixes in GROUPS.items())
        configuration.write_text(
            f"name: {lab.gateway_name}\nlan: {LAN_PORT}\nwan: {WAN_PORT}\nmode: {self._mode}\n"
            f'eve: {self._eve.name}\nlocal: [{CAMPUS}, "{CAMPUS6}"]\ngroups:\n{groups}'
        )
        if self._policy:
            (lab.folder / "policy.yaml").write_text(self._policy)
            with configuration.open("a") as file:
                file.write("policy: policy.yaml\n")
        program = "from peergate.cli import main; main()"
        command = [sys.executable, "-c", program, "gateway", "--quiet", "-c", str(configuration)]
        process = lab.start("gateway", "gate", command)
        wait_until(lambda: READY in said(process) or not process.running, START_SECONDS)
        if not process.running or READY not in said(process):
            raise ProcessError(f"the gateway is not in the line; it said: {said(process)}")

    def hosts(self) -> list[dict[str, Any]]:
        """Reads what the gateway has written since the last time."""
        self._hear()
        return self._hosts

    def verdicts(self) -> list[Verdict]:
        """The same, of flows."""
        self._hear()
        return self._verdicts

    def _hear(self) -> None:
        if not self._eve:
            return
        with self._eve.open("rb") as file:
            file.seek(self._read)
            fresh = file.read()
        complete = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(complete)
        self._verdicts += parse(complete)
        told = map(json.loads, complete.splitlines())
        self._hosts += [line for line in told if line["event_type"] == "host"]


def said(process: Process) -> str:
    """All that a program printed."""
    return process.told.read_text(errors="replace") + process.complaint()


def parse(lines: bytes) -> Iterator[Verdict]:
    """The verdicts in EVE lines."""
    for line in lines.splitlines():
        told: dict[str, Any] = json.loads(line)
        ours = told.get("peergate")
        if not ours or not ours.get("app"):
            continue
        evidence = ours.get("evidence") or []
        yield Verdict(
            source=told["src_ip"],
            destination=f"{told['dest_ip']}:{told.get('dest_port', 0)}",
            app=ours["app"],
            action=ours.get("action") or "allow",
            evidence=tuple(str(sign["what"]) for sign in evidence),
            packet=max((int(sign["packet"]) for sign in evidence), default=0),
        )
