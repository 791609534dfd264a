"""Who plays in recordings of browsers: two Chromium that call each other, directly and through a relay over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from peergate.lab.campus.scripts import Label
from peergate.lab.clients.meeting import PORT
from peergate.lab.process import python
from peergate.lab.record.recording import Cast
from peergate.lab.servers import READY_SECONDS
from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from peergate.lab.build import Lab

RELAY_PORT = 443
CALL_SECONDS = 60.0
# No screen, no sound card, no person: a camera and a microphone that are made up, and nothing asked of the user.
BROWSER = [
    "chromium",
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
]


def chromium(lab: Lab) -> None:
    """A call with pictures, directly."""
    call(lab, kind="video")


def chromium_turn(lab: Lab) -> None:
    """A call that may only go through coturn, over TCP on the port of the web."""
    turn = ADDRESSES["web"]
    command = ["turnserver", "-n", "--log-file", "stdout", "--no-cli", "--lt-cred-mech"]
    command += ["--listening-ip", turn, "--relay-ip", turn, "--listening-port", str(RELAY_PORT)]
    command += ["--user", "lab:lab", "--realm", "lab", "--no-tls", "--no-dtls"]
    lab.start("coturn", "web", [*command, "--pidfile", "/dev/null"])
    call(lab, kind="audio", turn=f"turn:{turn}:{RELAY_PORT}?transport=tcp")


def call(lab: Lab, **wanted: str) -> None:
    """Opens the page on two hosts, and waits until they are connected."""
    page = f"http://{ADDRESSES['dns']}:{PORT}/"
    server = lab.start("meeting", "dns", python("clients.meeting", ADDRESSES["dns"]))
    server.expect("ready", READY_SECONDS)
    for me, host in (("caller", "staff"), ("callee", "peer")):
        profile = f"--user-data-dir={lab.folder / f'chromium-{me}'}"
        # Cameras are for pages over HTTPS, but for this one.
        trusted = f"--unsafely-treat-insecure-origin-as-secure={page}"
        address = f"{page}?{urlencode({'me': me, **wanted})}"
        lab.start(f"chromium-{me}", host, [*BROWSER, profile, trusted, address])
    server.expect("connected", CALL_SECONDS)


BROWSERS = {
    "chromium": Cast(
        "WebRTC: two Chromium, with pictures",
        {"chromium": "chromium"},
        ("staff", "peer", "dns"),
        chromium,
        (("meeting", 0, Label("other")), ("chromium-", 0, Label("call", "webrtc", "video"))),
    ),
    "chromium-turn": Cast(
        "WebRTC: two Chromium through coturn, over TCP",
        {"chromium": "chromium", "turnserver": "coturn"},
        ("staff", "peer", "dns", "web"),
        chromium_turn,
        (("meeting", 0, Label("other")), ("coturn", 0, Label("call|other", "webrtc"))),
    ),
}
