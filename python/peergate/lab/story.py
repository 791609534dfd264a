"""Who does what in `peergate lab run`, what the shipped policy says to it, and how to see whether it worked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.process import python
from peergate.lab.servers import (
    SKYPE_PORT,
    UNNAMED_PORT,
    WEB_NAME,
    skype_options,
    tox_options,
    unnamed_options,
)
from peergate.lab.topology import ADDRESSES, STAFF, STUDENT

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.process import Process
    from peergate.lab.servers import Internet
    from peergate.lab.topology import Station

FETCHES = 5
HEARD_FRAMES = 200
TOX_CALL_SECONDS = 5
SKYPE_CALL_SECONDS = 8
UNNAMED_CALL_SECONDS = 12
# An unknown call is to be stopped within five seconds of its start.
LATEST_REFUSAL_MS = 5000


@dataclass(frozen=True)
class Goal:
    """What a client wants: an event so many times, a detail so large, and no event that says otherwise."""

    event: str
    times: int = 1
    detail: str = ""
    at_least: int = 0
    never: str = ""
    # What must have happened before, or nothing was tried.
    first: str = ""

    def tried(self, process: Process) -> bool:
        """Whether it came as far as somebody could stop it."""
        return not self.first or process.find(self.first) is not None

    def reached(self, process: Process) -> bool:
        """Whether it got that far; what happens later may still break it (see `broken`)."""
        events = [event for event in process.events() if event.name == self.event]
        if len(events) < self.times:
            return False
        return not self.detail or int(events[-1].details[self.detail]) >= self.at_least

    def broken(self, process: Process) -> str:
        """What happened that never should have; empty if nothing did."""
        event = process.find(self.never) if self.never else None
        return str(event.details.get("why", event.name)) if event else ""


@dataclass(frozen=True)
class Part:
    """One client of one person."""

    title: str
    app: str
    station: Station
    command: tuple[str, ...]
    goal: Goal
    allowed: bool
    ipv6: bool = False
    # Begins when the others have: what is timed must not wait for their programs to start.
    late: bool = False

    @property
    def address(self) -> str:
        """What the gateway sees of it."""
        return self.station.address6 if self.ipv6 else self.station.address


def parts(lab: Lab, internet: Internet) -> list[Part]:
    """The whole story: for both groups, what the policy forbids and what it must not touch."""
    return [
        part
        for station in (STUDENT, STAFF)
        for part in (
            *_forbidden_to_all(lab, internet, station),
            *_forbidden_to_students(internet, station),
            _call_of_a_stranger(station),
            *_over_ipv6(internet, station),
            *_untouched(internet, station),
        )
    ]


def _forbidden_to_all(lab: Lab, internet: Internet, station: Station) -> list[Part]:
    folder = lab.folder / f"download-{station.name}"
    folder.mkdir()
    # Staff try to hide it.
    options = ("--forced-encryption",) if station is STAFF else ()
    title = "encrypted BitTorrent download" if options else "BitTorrent download"
    command = python(
        "clients.bittorrent",
        str(internet.torrent),
        str(folder),
        "--node",
        internet.dht_node,
        *options,
    )
    return [Part(title, "bittorrent", station, tuple(command), Goal("finished"), allowed=False)]


def _forbidden_to_students(internet: Internet, station: Station) -> list[Part]:
    allowed = station is STAFF
    tox = python("clients.tox", *tox_options(internet.tox_nodes))
    skype = python("simulator", "client", station.address, *skype_options(), "--rounds", "1")
    if allowed:
        tox += ["--friend", internet.tox_friend, "--call", str(TOX_CALL_SECONDS)]
        callee = f"{ADDRESSES['friend']}:{SKYPE_PORT}"
        skype += ["--call", callee, "--seconds", str(SKYPE_CALL_SECONDS), "--doubled", "3"]
    goals = [Goal("call-ended", detail="received", at_least=100) if allowed else Goal("online")] * 2
    return [
        Part(
            "Tox log-on, friend and call" if allowed else "Tox log-on",
            "tox",
            station,
            tuple(tox),
            goals[0],
            allowed,
        ),
        Part(
            "Skype-class log-on and call" if allowed else "Skype-class log-on",
            "skype",
            station,
            tuple(skype),
            goals[1],
            allowed,
        ),
    ]


def _call_of_a_stranger(station: Station) -> Part:
    """A call of a program that Peergate has no signature for."""
    command = python("simulator", "client", station.address, *unnamed_options())
    command += ["--call", f"{ADDRESSES['friend']}:{UNNAMED_PORT}"]
    command += ["--seconds", str(UNNAMED_CALL_SECONDS)]
    # What the client itself hears: that anything comes after this long means that nobody stopped the call.
    late = LATEST_REFUSAL_MS if station is STUDENT else UNNAMED_CALL_SECONDS * 900
    heard = Goal("heard", detail="milliseconds", at_least=late, first="heard")
    title = "call of a program that nobody knows"
    allowed = station is STAFF
    return Part(title, "unknown", station, tuple(command), heard, allowed, late=True)


def _over_ipv6(internet: Internet, station: Station) -> list[Part]:
    """What the policy forbids and what it leaves alone, once more over IPv6."""
    tox = python("clients.tox", *tox_options(internet.tox_nodes6), "--ipv6")
    trust = ("--dns", ADDRESSES["dns"], "--authority", str(internet.certificate))
    web = python("clients.web", WEB_NAME, "/index.html", *trust, "--ipv6")
    fetched = Goal("fetched", times=FETCHES, detail="status", at_least=200, never="failed")
    allowed = station is STAFF
    return [
        Part(
            "Tox log-on over IPv6", "tox", station, tuple(tox), Goal("online"), allowed, ipv6=True
        ),
        Part("web over HTTPS and IPv6", "tls", station, tuple(web), fetched, True, ipv6=True),
    ]


def _untouched(internet: Internet, station: Station) -> list[Part]:
    certificate, dns = str(internet.certificate), ADDRESSES["dns"]
    pages = ("/index.html", "/picture.jpg")
    trust = ("--dns", dns, "--authority", certificate)
    fetched = Goal("fetched", times=FETCHES, detail="status", at_least=200, never="failed")
    answered = Goal("answered", times=FETCHES, never="failed")
    heard = Goal("heard", detail="frames", at_least=HEARD_FRAMES, never="failed")
    quic = ("--get", WEB_NAME, "--certificate", certificate)
    plan = [
        ("web over HTTPS", "tls", python("clients.web", WEB_NAME, *pages, *trust), fetched),
        ("web over QUIC", "quic", python("clients.quic", dns, *quic), fetched),
        ("DNS", "dns", python("clients.dns", dns, "--ask", WEB_NAME), answered),
        ("WebRTC call", "webrtc", python("clients.webrtc", ADDRESSES["peer"], "--call"), heard),
    ]
    return [
        Part(title, app, station, tuple(command), goal, True) for title, app, command, goal in plan
    ]
