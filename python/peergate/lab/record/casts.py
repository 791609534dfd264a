"""Who plays in recordings of calls and peers: Tox, BitTorrent, WebRTC, SIP."""

from __future__ import annotations

import math
import wave
from typing import TYPE_CHECKING

from peergate.lab.campus.scripts import Label
from peergate.lab.process import ProcessError, python, said, wait_until
from peergate.lab.record.browsers import BROWSERS
from peergate.lab.record.recording import Cast
from peergate.lab.record.tunnels import TUNNELS
from peergate.lab.record.voices import VOICES
from peergate.lab.servers import (
    READY_SECONDS,
    TOX_PORTS,
    new_tox_node,
    start_swarm,
    start_tox,
    tox_command,
    tox_options,
)
from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

    from peergate.lab.build import Lab
    from peergate.lab.process import Process

TURN_PORT = 3478
SIP_PORT = 5060
SIGNALLING_PORT = 8080
FRIEND_SECONDS = 45.0
CALL_SECONDS = 60
BARESIP_MODULES = "/usr/lib/baresip/modules"
RING_SECONDS = 10.0
TONE_RATE = 8000


def tox(lab: Lab) -> None:
    """A user on the campus logs on, meets a friend and calls."""
    nodes = tuple(node.address for node in start_tox(lab))
    friend = lab.start("tox-friend", "friend", python("clients.tox", *tox_options(nodes)))
    address = str(friend.expect("started", READY_SECONDS).details["address"])
    friend.expect("online", FRIEND_SECONDS)
    command = python("clients.tox", *tox_options(nodes), "--friend", address)
    user = lab.start("tox-user", "staff", [*command, "--call", str(CALL_SECONDS)])
    user.expect("call-started", FRIEND_SECONDS)


def tox_supernode(lab: Lab) -> None:
    """A host of the campus is the node and relay of strangers who meet through it."""
    node = new_tox_node("staff", TOX_PORTS[0])
    lab.start("tox-node", "staff", tox_command(node, [node], lab.folder))
    nodes = (node.address,)
    others = [new_tox_node(host, port) for host in ("tox1", "tox2") for port in TOX_PORTS]
    for other in others:
        lab.start(
            f"tox-{other.host}-{other.port}",
            other.host,
            tox_command(other, [*others, node], lab.folder),
        )
    friend = lab.start("tox-friend", "friend", python("clients.tox", *tox_options(nodes)))
    address = str(friend.expect("started", READY_SECONDS).details["address"])
    friend.expect("online", FRIEND_SECONDS)
    options = [*tox_options(nodes), "--friend", address]
    lab.start("tox-stranger", "peer", python("clients.tox", *options)).expect(
        "online", FRIEND_SECONDS
    )


def bittorrent(lab: Lab) -> None:
    """A download from a seed, by tracker and distributed table."""
    torrent = start_swarm(lab)
    folder = lab.folder / "download"
    folder.mkdir()
    peer = python("clients.bittorrent", str(torrent), str(folder))
    lab.start("downloader", "staff", peer).expect("finished", FRIEND_SECONDS)


def webrtc(lab: Lab) -> None:
    """A call without a server between."""
    lab.start("webrtc-callee", "peer", python("clients.webrtc", ADDRESSES["peer"])).expect(
        "ready", READY_SECONDS
    )
    command = python("clients.webrtc", ADDRESSES["peer"], "--call")
    lab.start("webrtc-caller", "staff", command).expect("heard", READY_SECONDS)


def webrtc_turn(lab: Lab) -> None:
    """The same where only the relay can be reached: coturn passes it on."""
    turn = ADDRESSES["web"]
    command = ["turnserver", "-n", "--log-file", "stdout", "--no-cli", "--lt-cred-mech"]
    command += ["--listening-ip", turn, "--relay-ip", turn, "--user", "lab:lab", "--realm", "lab"]
    lab.start("coturn", "web", [*command, "--no-tls", "--no-dtls", "--pidfile", "/dev/null"])
    refuse_udp_between(lab, ADDRESSES["staff"], ADDRESSES["peer"])
    options = ["--turn", f"turn:{turn}:{TURN_PORT}", "--user", "lab", "--password", "lab"]
    callee = python("clients.webrtc", ADDRESSES["peer"], *options)
    lab.start("webrtc-callee", "peer", callee).expect("ready", READY_SECONDS)
    caller = python("clients.webrtc", ADDRESSES["peer"], "--call", *options)
    lab.start("webrtc-caller", "staff", caller).expect("heard", FRIEND_SECONDS)


def refuse_udp_between(lab: Lab, one: str, other: str) -> None:
    """The campus' router lets nothing but TCP pass between two hosts."""
    forward = "add chain ip lab between { type filter hook forward priority 0; }"
    rules = [
        f"add rule ip lab between ip saddr {source} ip daddr {target} meta l4proto udp drop"
        for source, target in ((one, other), (other, one))
    ]
    for line in ("add table ip lab", forward, *rules):
        lab.run(lab.host("router"), "nft", line)


def sip(lab: Lab) -> None:
    """A call between two SIP phones, G.711."""
    callee = start_baresip(lab, "friend", ";answermode=auto", [])
    if not wait_until(lambda: "baresip is ready" in said(callee), READY_SECONDS):
        raise ProcessError(f"baresip is not ready: {said(callee)}")
    caller = start_baresip(lab, "staff", "", ["-e", f"/dial sip:friend@{ADDRESSES['friend']}"])
    if not wait_until(lambda: "Call established" in said(caller), RING_SECONDS):
        raise ProcessError(f"the call was not answered: {said(caller)}")


def start_baresip(lab: Lab, host: str, manner: str, options: list[str]) -> Process:
    """A phone that plays a tone."""
    folder = lab.folder / f"baresip-{host}"
    folder.mkdir()
    write_baresip(folder, host, manner)
    return lab.start(f"baresip-{host}", host, ["baresip", "-f", str(folder), *options])


def write_baresip(folder: Path, host: str, manner: str) -> None:
    """Its configuration: no registrar, no sound card."""
    modules = "".join(f"module {name}.so\n" for name in ("g711", "aufile", "aubridge", "uuid"))
    apps = "".join(f"module_app {name}.so\n" for name in ("account", "contact", "menu"))
    (folder / "config").write_text(
        f"sip_listen {ADDRESSES[host]}:{SIP_PORT}\nmodule_path {BARESIP_MODULES}\n"
        f"audio_player aubridge,sink\naudio_source aufile,{folder}/tone.wav\naudio_alert aubridge,alert\n"
        f"ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n{modules}{apps}"
    )
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setnchannels(1)
        tone.setsampwidth(2)
        tone.setframerate(TONE_RATE)
        tone.writeframes(b"".join(map(loudness, range(TONE_RATE * CALL_SECONDS))))
    (folder / "accounts").write_text(f"<sip:{host}@{ADDRESSES[host]}>;regint=0{manner}\n")
    (folder / "contacts").write_text("")


def loudness(sample: int) -> bytes:
    """A tone that swells and fades, as a person who talks and listens."""
    second = sample / TONE_RATE
    level = max(math.sin(second), 0) * math.sin(math.tau * 440 * second)
    return int(9000 * level).to_bytes(2, "little", signed=True)


CASTS = {
    "tox": Cast(
        "Tox: log-on, friend, call",
        {},
        ("staff", "friend", "tox1", "tox2", "tox3"),
        tox,
        (("tox-", 0, Label("call|chat|p2p", "tox")),),
    ),
    "tox-supernode": Cast(
        "Tox: a campus host is node and relay for strangers",
        {},
        ("staff", "friend", "peer", "tox1", "tox2"),
        tox_supernode,
        (("tox-", 0, Label("call|chat|p2p", "tox")),),
    ),
    "bittorrent": Cast(
        "BitTorrent: tracker, distributed table, download",
        {},
        ("staff", "seed", "tracker"),
        bittorrent,
        (("downloader", 0, Label("p2p", "bittorrent")),),
    ),
    "webrtc": Cast(
        "WebRTC: a call without a relay",
        {},
        ("staff", "peer"),
        webrtc,
        (
            ("webrtc-", SIGNALLING_PORT, Label("other")),
            ("webrtc-", 0, Label("call", "webrtc", "call")),
        ),
    ),
    "webrtc-turn": Cast(
        "WebRTC: a call through coturn",
        {"turnserver": "coturn", "nft": "nftables"},
        ("staff", "peer", "web"),
        webrtc_turn,
        (("coturn", 0, Label("call|other", "webrtc")), ("webrtc-", 0, Label("other"))),
    ),
    "sip": Cast(
        "SIP: a call between two baresip",
        {"baresip": "baresip-core"},
        ("staff", "friend"),
        sip,
        (("baresip-", SIP_PORT, Label("call", "sip")), ("baresip-", 0, Label("call", "sip|rtp"))),
    ),
    **BROWSERS,
    **TUNNELS,
    **VOICES,
}
