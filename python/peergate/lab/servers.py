"""The servers of the lab's Internet: packaged programs and peers on libraries, started on their hosts."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from peergate.lab.clients.bittorrent import LISTEN_PORT, make_torrent
from peergate.lab.network import run
from peergate.lab.process import python
from peergate.lab.topology import ADDRESSES, ADDRESSES6, NODES, SUPERNODES

if TYPE_CHECKING:
    from pathlib import Path

    from peergate.lab.build import Lab
    from peergate.lab.process import Process

TOX_HOSTS = ("tox1", "tox2", "tox3")
# Two nodes a host: friend requests travel over an onion of three, which should not be the only three there are.
TOX_PORTS = (33445, 33446)
TRACKER_PORT = 6969
SKYPE_PORT = 35990
UNNAMED_PORT = 41777
WEB_NAME = "www.example.org"
PAGES = {"index.html": 15_000, "picture.jpg": 200_000}
DOWNLOAD_BYTES = 3 << 20
# The download takes some five seconds where nobody stops it.
SEED_KBYTES = 700
READY_SECONDS = 15.0


@dataclass(frozen=True)
class ToxNode:
    """A DHT node that is also a bootstrap node and a TCP relay."""

    host: str
    port: int
    secret: bytes
    public: bytes

    @property
    def address(self) -> str:
        """As clients take it: host:port:key."""
        return f"{ADDRESSES[self.host]}:{self.port}:{self.public.hex()}"

    @property
    def address6(self) -> str:
        """The same by IPv6: the last two colons part port and key."""
        return f"{ADDRESSES6[self.host]}:{self.port}:{self.public.hex()}"


@dataclass(frozen=True)
class Internet:
    """What clients need to know to use the servers."""

    tox_nodes: tuple[str, ...]
    tox_nodes6: tuple[str, ...]
    tox_friend: str
    # The friend's own process: somebody must be there before others can meet them.
    friend: Process
    torrent: Path
    dht_node: str
    certificate: Path


def start_internet(lab: Lab) -> Internet:
    """Starts every server and waits until it is ready."""
    certificate, key = make_certificate(lab.folder)
    ready = [*start_services(lab, certificate, key), *start_simulated(lab)]
    torrent = start_swarm(lab)
    entries = start_tox(lab)
    nodes = tuple(node.address for node in entries)
    friend = lab.start("friend", "friend", python("clients.tox", *tox_options(nodes)))
    for process in ready:
        process.expect("ready", READY_SECONDS)
    return Internet(
        tox_nodes=nodes,
        tox_nodes6=tuple(node.address6 for node in entries),
        friend=friend,
        tox_friend=str(friend.expect("started", READY_SECONDS).details["address"]),
        torrent=torrent,
        dht_node=f"{ADDRESSES['seed']}:{LISTEN_PORT}",
        certificate=certificate,
    )


def start_services(lab: Lab, certificate: Path, key: Path) -> list[Process]:
    """Starts what everybody uses: names, pages, calls between browsers; returns what will say that it is ready."""
    lab.start("nginx", "web", nginx_command(lab.folder, certificate, key))
    name = f"{WEB_NAME}={ADDRESSES['web']},{ADDRESSES6['web']}"
    trusted = ("--certificate", str(certificate), "--key", str(key))
    return [
        lab.start("dns", "dns", python("clients.dns", ADDRESSES["dns"], "--name", name)),
        lab.start("quic", "web", python("clients.quic", ADDRESSES["web"], *trusted)),
        lab.start("webrtc", "peer", python("clients.webrtc", ADDRESSES["peer"])),
    ]


def start_simulated(lab: Lab) -> list[Process]:
    """Starts the overlays of the simulated programs, which say when they are ready, and somebody to call in each."""
    supernodes = ("supernodes", ",".join(SUPERNODES))
    nodes = ("supernodes", ",".join(NODES), "--dialect", "unnamed")
    overlays = [
        lab.start("login", "login", python("simulator", "login", ADDRESSES["login"])),
        lab.start("supernodes", "supernodes", python("simulator", *supernodes)),
        lab.start("nodes", "nodes", python("simulator", *nodes)),
    ]
    for name, options in (("callee", skype_options()), ("unnamed-callee", unnamed_options())):
        lab.start(name, "friend", python("simulator", "client", ADDRESSES["friend"], *options))
    return overlays


def skype_options() -> list[str]:
    """How a simulated Skype-class client is told of its network."""
    return [
        "--nodes",
        ",".join(SUPERNODES),
        "--login",
        ADDRESSES["login"],
        "--port",
        str(SKYPE_PORT),
    ]


def unnamed_options() -> list[str]:
    """How a client of the program that nobody knows is told of its network, and to hide its pace and its sizes."""
    evasions = ["--padding", "24", "--jitter", "0.008"]
    nodes = ["--nodes", ",".join(NODES), "--port", str(UNNAMED_PORT)]
    return ["--dialect", "unnamed", *nodes, *evasions]


def tox_options(nodes: tuple[str, ...]) -> list[str]:
    """How a Tox client is told its bootstrap nodes."""
    return [word for node in nodes for word in ("--node", node)]


def start_tox(lab: Lab) -> list[ToxNode]:
    """Starts a Tox network of Debian's tox-bootstrapd; returns the nodes that clients begin with."""
    nodes = [new_tox_node(host, port) for host in TOX_HOSTS for port in TOX_PORTS]
    for node in nodes:
        lab.start(f"{node.host}-{node.port}", node.host, tox_command(node, nodes, lab.folder))
    return [node for node in nodes if node.port == TOX_PORTS[0]]


def new_tox_node(host: str, port: int) -> ToxNode:
    """A node with a fresh key: known beforehand, so that all nodes can be told of each other and start at once."""
    secret = secrets.token_bytes(32)
    public = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return ToxNode(host, port, secret, public)


def tox_command(node: ToxNode, nodes: list[ToxNode], folder: Path) -> list[str]:
    """The command that runs one node."""
    path = folder / f"{node.host}-{node.port}"
    path.with_suffix(".keys").write_bytes(node.public + node.secret)
    others = ",\n".join(
        f'{{ address = "{ADDRESSES[other.host]}", port = {other.port}, public_key = "{other.public.hex().upper()}" }}'
        for other in nodes
        if other != node
    )
    configuration = path.with_suffix(".conf")
    configuration.write_text(
        f"""port = {node.port}
keys_file_path = "{path}.keys"
pid_file_path = "{path}.pid"
enable_ipv6 = true
enable_ipv4_fallback = true
enable_lan_discovery = false
enable_tcp_relay = true
tcp_relay_ports = [{node.port}]
enable_motd = false
bootstrap_nodes = ({others})
"""
    )
    return ["tox-bootstrapd", f"--config={configuration}", "--foreground", "--log-backend=stdout"]


def start_swarm(lab: Lab) -> Path:
    """Starts a tracker and a seed; returns the torrent file."""
    content = lab.folder / "seed" / "lab.iso"
    content.parent.mkdir()
    content.write_bytes(os.urandom(DOWNLOAD_BYTES))
    torrent = lab.folder / "lab.torrent"
    tracker = f"{ADDRESSES['tracker']}:{TRACKER_PORT}"
    announces = [f"http://{tracker}/announce", f"udp://{tracker}/announce"]
    node = f"{ADDRESSES['seed']}:{LISTEN_PORT}"
    info_hash = make_torrent(content, announces, [node], torrent)
    # Debian's opentracker serves listed torrents only. It gives up root, hence the readable list.
    (lab.folder / "torrents").write_text(f"{info_hash}\n")
    port = str(TRACKER_PORT)
    lab.start(
        "tracker",
        "tracker",
        [
            "opentracker",
            "-i",
            ADDRESSES["tracker"],
            "-p",
            port,
            "-P",
            port,
            "-d",
            str(lab.folder),
            "-w",
            "torrents",
        ],
    )
    peer = python("clients.bittorrent", str(torrent), str(content.parent), "--up", str(SEED_KBYTES))
    lab.start("seed", "seed", peer)
    return torrent


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the web server's name that only the lab's clients trust, and its key."""
    certificate, key = folder / "web.pem", folder / "web.key"
    run(
        *(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ),
        *("-days", "7", "-subj", f"/CN={WEB_NAME}", "-addext", f"subjectAltName=DNS:{WEB_NAME}"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    return certificate, key


def nginx_command(folder: Path, certificate: Path, key: Path) -> list[str]:
    """The command that serves a few pages over HTTPS."""
    pages = folder / "pages"
    pages.mkdir()
    for name, size in PAGES.items():
        (pages / name).write_bytes(os.urandom(size))
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"""daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx;
    proxy_temp_path {folder}/nginx;
    fastcgi_temp_path {folder}/nginx;
    uwsgi_temp_path {folder}/nginx;
    scgi_temp_path {folder}/nginx;
    server {{
        listen {ADDRESSES["web"]}:443 ssl http2;
        listen [{ADDRESSES6["web"]}]:443 ssl http2;
        server_name {WEB_NAME};
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        root {pages};
    }}
}}
"""
    )
    return ["nginx", "-c", str(configuration), "-e", "stderr"]
