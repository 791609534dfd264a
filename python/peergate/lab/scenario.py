"""Tells the story: puts a gateway in the line, starts the clients, and judges by what became of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from peergate.lab import detour, latency
from peergate.lab.process import POLL_SECONDS, wait_until
from peergate.lab.servers import start_internet
from peergate.lab.story import parts
from peergate.lab.topology import STATIONS

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.gateway import Gateway, Verdict
    from peergate.lab.latency import Latency
    from peergate.lab.process import Process
    from peergate.lab.servers import Internet
    from peergate.lab.story import Part

# Where nobody stops them, all clients reach their goals in some twenty seconds. A refused one gets twice that.
REFUSED_SECONDS = 40.0
LONGEST_SECONDS = 75.0
# So long what begins late waits for all others.
LATE_SECONDS = 20.0
# The lab's Tox friend must be on line before somebody can meet it.
FRIEND_SECONDS = 30.0
# A log-on over TCP, the friend found by way of other users, and the call taken.
CALLING_SECONDS = 60.0
# Whoever passes a call on is known by some five seconds of it; by half a minute where the relay itself is starved.
NAMED_SECONDS = 45.0
# A gate may cost microseconds, not milliseconds; more shows that packets leave the kernel.
LARGEST_ADDED_US = 100.0
CAMPUS_ADDRESSES = {
    address for station in STATIONS for address in (station.address, station.address6)
}


class Watcher(Protocol):
    """Whoever looks on."""

    def stage(self, what: str) -> None:
        """Something begins."""

    def happened(self, part: Part, what: str) -> None:
        """Something became of a client."""

    def refused(self, verdict: Verdict) -> None:
        """The gateway stopped a flow."""


@dataclass
class Outcome:
    """What became of one client."""

    part: Part
    worked: bool
    seconds: float
    # A verdict that stopped it, where there was one.
    refusal: Verdict | None
    broken: str = ""
    # Whether it came as far as somebody could stop it.
    tried: bool = True

    @property
    def right(self) -> bool:
        """Whether that is what the policy says: with the gateway's word where it refused."""
        if self.part.allowed:
            return self.worked and self.refusal is None
        return self.tried and not self.worked and self.refusal is not None


@dataclass
class Report:
    """The whole run."""

    gateway: bool
    outcomes: list[Outcome]
    latency: Latency
    seconds: float
    unexpected: list[Verdict] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether all went as it should: by the policy, or without a gateway unhindered."""
        if not self.gateway:
            return all(outcome.worked for outcome in self.outcomes)
        quick = self.latency.added < LARGEST_ADDED_US
        return quick and not self.unexpected and all(outcome.right for outcome in self.outcomes)


class Scenario:
    """One run of the story in a lab that is up."""

    def __init__(self, lab: Lab, gateway: Gateway | None, watcher: Watcher) -> None:
        self._lab = lab
        self._gateway = gateway
        self._watcher = watcher
        self._refusals: dict[tuple[str, str], Verdict] = {}
        self._heard = 0

    def run(self) -> Report:
        """Runs it from the first server to the last measurement."""
        begin = time.monotonic()
        self._watcher.stage("starting the servers of the Internet")
        internet = start_internet(self._lab)
        internet.friend.expect("online", FRIEND_SECONDS)
        if self._gateway:
            self._watcher.stage("putting the gateway in the line")
            self._gateway.start(self._lab)
        story = parts(self._lab, internet)
        self._watcher.stage(f"starting {len(story)} clients")
        outcomes = self._play(story)
        self._watcher.stage("a student calls by way of a colleague's machine")
        outcomes.append(self._go_round(internet))
        self._watcher.stage("measuring the line beside a plain bridge")
        measured = latency.measure(self._lab)
        forbidden = {(part.address, part.app) for part in story if not part.allowed}
        unexpected = [verdict for key, verdict in self._refusals.items() if key not in forbidden]
        return Report(
            self._gateway is not None, outcomes, measured, time.monotonic() - begin, unexpected
        )

    def _play(self, story: list[Part]) -> list[Outcome]:
        start = time.monotonic()
        playing = {part: self._begin(part) for part in story if not part.late}
        reached: dict[Part, float] = {}
        while not self._finished(story, reached, time.monotonic() - start):
            time.sleep(POLL_SECONDS)
            self._listen()
            for part, process in playing.items():
                if part not in reached and part.goal.reached(process):
                    reached[part] = time.monotonic() - start
                    self._watcher.happened(part, "worked")
            waiting = [part for part in story if part not in playing]
            hopeful = (part for part in playing if self._is_hopeful(part))
            if all(part in reached for part in hopeful) or time.monotonic() - start > LATE_SECONDS:
                playing |= {part: self._begin(part) for part in waiting}
        outcomes = [self._judge(part, playing[part], reached) for part in story]
        for process in playing.values():
            self._lab.stop(process)
        return outcomes

    def _begin(self, part: Part) -> Process:
        name = f"{part.station.name}-{part.app}{'-ipv6' if part.ipv6 else ''}"
        return self._lab.start(name, part.station.name, list(part.command))

    def _is_hopeful(self, part: Part) -> bool:
        return part.allowed or self._gateway is None

    def _go_round(self, internet: Internet) -> Outcome:
        """Who may not call gets out through a neighbour who may: found, named with both ends, and cut off."""
        tox = detour.start_detour(self._lab, internet)
        called = tox.wait("call-started", CALLING_SECONDS) is not None
        start = time.monotonic()
        refusal = self._refused_round(start) if called and self._gateway else None
        heard = called and detour.is_heard(tox)
        self._lab.stop(tox)
        seconds = time.monotonic() - start
        return Outcome(detour.part(), worked=heard, seconds=seconds, refusal=refusal, tried=called)

    def _refused_round(self, start: float) -> Verdict | None:
        """The verdict that stopped it, if the gateway also said who helped whom."""
        gateway = self._gateway
        if not gateway or not wait_until(lambda: bool(detour.named(gateway)), NAMED_SECONDS):
            return None
        ends = " and ".join(detour.named(gateway))
        seconds = time.monotonic() - start
        self._watcher.stage(
            f"the relay between {ends} is named, {seconds:.0f} s after the call began"
        )
        wait_until(lambda: detour.cut(gateway) is not None, NAMED_SECONDS)
        refusal = detour.cut(gateway)
        if refusal:
            self._watcher.refused(refusal)
        return refusal

    def _finished(self, story: list[Part], reached: dict[Part, float], seconds: float) -> bool:
        hopeful = [part for part in story if self._is_hopeful(part)]
        waited = seconds > REFUSED_SECONDS or len(reached) == len(story)
        return seconds > LONGEST_SECONDS or (waited and all(part in reached for part in hopeful))

    def _listen(self) -> None:
        if self._gateway is None:
            return
        verdicts = self._gateway.verdicts()
        for verdict in verdicts[self._heard :]:
            # Whoever sent the first packet: a station of the campus is at one end.
            for host in CAMPUS_ADDRESSES & {verdict.source, verdict.destination.rsplit(":", 1)[0]}:
                if verdict.refused and (host, verdict.app) not in self._refusals:
                    self._refusals[host, verdict.app] = verdict
                    self._watcher.refused(verdict)
        self._heard = len(verdicts)

    def _judge(self, part: Part, process: Process, reached: dict[Part, float]) -> Outcome:
        broken = part.goal.broken(process)
        return Outcome(
            part,
            worked=part in reached and not broken,
            seconds=reached.get(part, 0.0),
            refusal=self._refusals.get((part.address, part.app)),
            broken=broken,
            tried=part.goal.tried(process),
        )
