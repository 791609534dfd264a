"""Who plays in recordings of voices that need a sound card: Mumble, Jami and linphone."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from peergate.lab.campus.scripts import Label
from peergate.lab.network import run
from peergate.lab.process import ProcessError, python, said, wait_until
from peergate.lab.record import sound
from peergate.lab.record.recording import Cast
from peergate.lab.record.tunnels import certificate
from peergate.lab.servers import READY_SECONDS
from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

    from peergate.lab.build import Lab
    from peergate.lab.process import Process

MUMBLE_PORT = 64_738
DHT_PORT = 4222
# The client looks for a service record first, which nobody in the lab answers.
LOG_ON_SECONDS = 60.0
REGISTERED_SECONDS = 60.0
ROOM = ("staff", "peer")
SERVER = """database={folder}/mumble-server.sqlite
host={address}
port={port}
sslCert={certificate}
sslKey={certificate}.key
bonjour=false
registerName=
uname=root
"""
# Speech is sent when it is loud enough; no wizard asks, and nothing is fetched.
CLIENT = """[General]
lastupdate=2
[audio]
input=PulseAudio
output=PulseAudio
transmit=1
vadsource=0
vadmin=0.05
vadmax=0.1
quality=40000
frames=2
[ui]
updatecheck=false
plugincheck=false
usage=false
asktoquit=false
"""


# SIP over UDP alone, no pictures.
PHONE = """[sip]
sip_port=5060
sip_tcp_port=-1
media_encryption=zrtp
contact=sip:{host}@{address}
[net]
mtu=1300
[sound]
ec=0
[video]
enabled=0
capture=0
display=0
"""


def mumble(lab: Lab) -> None:
    """Two people in a room of a Mumble server, one on the campus."""
    server = lab.folder / "server.pem"
    certificate(lab.folder, "server")
    settings = lab.folder / "mumble-server.ini"
    settings.write_text(
        SERVER.format(
            folder=lab.folder, address=ADDRESSES["web"], port=MUMBLE_PORT, certificate=server
        )
    )
    murmur = lab.start("mumble-server", "web", ["murmurd", "-fg", "-ini", str(settings)])
    for host in ROOM:
        home = lab.folder / f"mumble-{host}"
        url = f"mumble://{host}@{ADDRESSES['web']}:{MUMBLE_PORT}/?version=1.2.0"
        command = sound.with_sound(home, ["mumble", url], QT_QPA_PLATFORM="offscreen")
        furnish(home, host, server)
        lab.start(f"mumble-{host}", host, command)
    if not wait_until(lambda: said(murmur).count("Authenticated") >= len(ROOM), LOG_ON_SECONDS):
        raise ProcessError(f"not everybody got into the room: {said(murmur)[-800:]}")


def furnish(home: Path, user: str, server: Path) -> None:
    """What the client asks for at its first start: settings, a certificate of its own, trust in the server's."""
    (home / "config" / "Mumble").mkdir(parents=True)
    (home / "config" / "Mumble" / "Mumble.conf").write_text(CLIENT)
    own = str(home / "own.pem")
    # It takes a backup of its certificate from here, if the key is RSA's.
    backup = home / "Documents" / "MumbleAutomaticCertificateBackup.p12"
    backup.parent.mkdir()
    made = ("-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={user}")
    run("openssl", "req", *made, "-keyout", own, "-out", f"{own}.crt")
    pair = ("-in", f"{own}.crt", "-inkey", own)
    run("openssl", "pkcs12", "-export", "-passout", "pass:", "-out", str(backup), *pair)
    found = x509.load_pem_x509_certificate(server.read_bytes())
    digest = hashlib.sha1(found.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest()
    trusted = home / "data" / "Mumble" / "Mumble" / "mumble.sqlite"
    trusted.parent.mkdir(parents=True)
    with sqlite3.connect(trusted) as database:
        database.execute(
            "CREATE TABLE cert (id INTEGER PRIMARY KEY AUTOINCREMENT, hostname TEXT, port INTEGER, digest TEXT)"
        )
        row = (ADDRESSES["web"], MUMBLE_PORT, digest)
        database.execute("INSERT INTO cert (hostname, port, digest) VALUES (?, ?, ?)", row)


def jami(lab: Lab) -> None:
    """A user on the campus gets on line through a node of the distributed table, and calls somebody."""
    node = f"{ADDRESSES['tracker']}:{DHT_PORT}"
    lab.start("dht-node", "tracker", ["dhtnode", "-s", "-p", str(DHT_PORT)])
    friend = lab.start("jami-friend", "friend", jami_command(lab, "friend", node))
    address = str(friend.expect("started", REGISTERED_SECONDS).details["address"])
    friend.expect("online", REGISTERED_SECONDS)
    user = lab.start("jami-user", "staff", jami_command(lab, "user", node, "--call", address))
    user.expect("call-started", 2 * REGISTERED_SECONDS)


def jami_command(lab: Lab, name: str, node: str, *options: str) -> list[str]:
    """One user's program."""
    return sound.with_sound(lab.folder / f"jami-{name}", python("clients.jami", node, *options))


def linphone(lab: Lab) -> None:
    """A call between two linphone, whose keys are agreed on inside the media (ZRTP)."""
    callee = start_linphone(lab, "friend", "sleep 600", "-a")
    if not wait_until(lambda: "linphonec>" in said(callee), READY_SECONDS):
        raise ProcessError(f"linphone is not ready: {said(callee)}")
    words = f"sleep 3; echo call sip:friend@{ADDRESSES['friend']}; sleep 600"
    caller = start_linphone(lab, "staff", words)
    if not wait_until(lambda: "connected" in said(caller), REGISTERED_SECONDS):
        raise ProcessError(f"the call was not answered: {said(caller)[-800:]}")


def start_linphone(lab: Lab, host: str, words: str, *options: str) -> Process:
    """A phone that is told `words`, and keeps listening: nobody sits at its console."""
    home = lab.folder / f"linphone-{host}"
    settings = lab.folder / f"linphone-{host}.ini"
    settings.write_text(PHONE.format(host=host, address=ADDRESSES[host]))
    line = f'({words}) | exec linphonec "$@"'
    command = ["sh", "-c", line, "linphone", "-c", str(settings), *options]
    with_sound = sound.with_sound(home, command)
    # It makes no folder for its list of calls, and calls nobody without that.
    (home / ".local" / "share" / "linphone").mkdir(parents=True)
    return lab.start(f"linphone-{host}", host, with_sound)


VOICES = {
    "mumble": Cast(
        "Mumble: two in a room of a server",
        {"mumble": "mumble", "murmurd": "mumble-server", **sound.TOOLS},
        (*ROOM, "web"),
        mumble,
        (("mumble-", MUMBLE_PORT, Label("call", "mumble")),),
    ),
    "linphone": Cast(
        "SIP: a call between two linphone, encrypted with ZRTP",
        {"linphonec": "linphone-cli", **sound.TOOLS},
        ("staff", "friend"),
        linphone,
        (
            ("linphone-", 5060, Label("call", "sip")),
            ("linphone-", 0, Label("call", "sip|rtp|zrtp")),
        ),
    ),
    "jami": Cast(
        "Jami: log-on, call",
        {
            "/usr/libexec/jamid": "jami-daemon",
            "dhtnode": "dhtnode",
            "gdbus": "libglib2.0-bin",
            **sound.TOOLS,
        },
        ("staff", "friend", "tracker"),
        jami,
        (
            ("dht-node", 0, Label("call|chat|p2p", "jami", "lookup")),
            ("jami-", 0, Label("call|chat|p2p", "jami|webrtc")),
        ),
    ),
}
