"""Who plays in recordings of tunnels: WireGuard, OpenVPN, shadowsocks, each carrying pages."""

from __future__ import annotations

import hashlib
import subprocess
from functools import partial
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from peergate.lab.campus.scripts import Label
from peergate.lab.network import run
from peergate.lab.process import ProcessError, wait_until
from peergate.lab.record.recording import Cast
from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

    from peergate.lab.build import Lab
    from peergate.lab.network import Host

GATEWAY_INSIDE, CLIENT_INSIDE = "10.99.0.1", "10.99.0.2"
WIREGUARD_PORT = 51_820
OPENVPN_PORT = 1194
SHADOWSOCKS_PORT, SOCKS_PORT = 8388, 1080
WEB_PORT = 8080
PAGE_BYTES = 120_000
UP_SECONDS = 15.0
# Somebody reads.
BROWSE = "while :; do curl --silent --max-time 8 --output page {options} http://{server}:8080/page; sleep 1.5; done"


def serve_pages(lab: Lab, host: str, address: str) -> None:
    """A web server behind the tunnel."""
    folder = lab.folder / "served"
    folder.mkdir()
    (folder / "page").write_bytes(hashlib.shake_128(b"page").digest(PAGE_BYTES))
    command = ["python3", "-m", "http.server", "--directory", str(folder), "--bind", address]
    lab.start("pages", host, [*command, str(WEB_PORT)])


def browse(lab: Lab, server: str, options: str = "") -> None:
    """A person on the campus who reads what is behind the tunnel."""
    lab.start("browser", "staff", ["sh", "-c", BROWSE.format(server=server, options=options)])


def wireguard(lab: Lab) -> None:
    """WireGuard in user space at both ends."""
    keys = {host: run("wg", "genkey").strip() for host in ("staff", "web")}
    public = {host: wireguard_public(key) for host, key in keys.items()}
    ends = (("web", "pgwg1", GATEWAY_INSIDE, "staff"), ("staff", "pgwg0", CLIENT_INSIDE, "web"))
    for host, interface, inside, other in ends:
        lab.start(f"wireguard-{host}", host, ["wireguard-go", "--foreground", interface])
        at = lab.host(host)
        if not wait_until(partial(has_interface, at, interface), UP_SECONDS):
            raise ProcessError(f"wireguard-go made no interface on {host}")
        (lab.folder / f"{host}.key").write_text(keys[host])
        peer = ["peer", public[other], "allowed-ips", "10.99.0.0/24"]
        if host == "staff":
            peer += [
                "endpoint",
                f"{ADDRESSES['web']}:{WIREGUARD_PORT}",
                "persistent-keepalive",
                "25",
            ]
        own = ["private-key", str(lab.folder / f"{host}.key")]
        listen = ["listen-port", str(WIREGUARD_PORT)]
        lab.run(at, "wg", "set", interface, *listen, *own, *peer)
        at.ip(f"addr add {inside}/24 dev {interface}", f"link set {interface} mtu 1420 up")
    serve_pages(lab, "web", GATEWAY_INSIDE)
    browse(lab, GATEWAY_INSIDE)


def wireguard_public(key: str) -> str:
    """The public half of a key."""
    return run("wg", "pubkey", given=key).strip()


def has_interface(host: Host, interface: str) -> bool:
    """Whether a host has that interface by now."""
    command = host.inside("ip", "link", "show", interface)
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def openvpn(lab: Lab) -> None:
    """OpenVPN over UDP, each side knowing the other by the fingerprint of its certificate."""
    prints = {host: certificate(lab.folder, host) for host in ("staff", "web")}
    ends = (
        ("web", GATEWAY_INSIDE, CLIENT_INSIDE, "staff"),
        ("staff", CLIENT_INSIDE, GATEWAY_INSIDE, "web"),
    )
    for host, inside, other_inside, other in ends:
        command = [
            "openvpn",
            "--dev",
            "pgtun",
            "--dev-type",
            "tun",
            "--proto",
            "udp4",
            "--dh",
            "none",
        ]
        command += ["--ifconfig", inside, other_inside, "--peer-fingerprint", prints[other]]
        command += ["--cert", f"{host}.pem", "--key", f"{host}.pem.key", "--keepalive", "10", "60"]
        if host == "web":
            command += ["--tls-server", "--local", ADDRESSES["web"], "--lport", str(OPENVPN_PORT)]
        else:
            command += ["--tls-client", "--nobind", "--remote", ADDRESSES["web"], str(OPENVPN_PORT)]
        process = lab.start(f"openvpn-{host}", host, command)
    done = "Initialization Sequence Completed"
    if not wait_until(lambda: done in process.told.read_text(errors="replace"), UP_SECONDS):
        raise ProcessError(
            f"openvpn did not connect: {process.told.read_text(errors='replace')[-800:]}"
        )
    serve_pages(lab, "web", GATEWAY_INSIDE)
    browse(lab, GATEWAY_INSIDE)


def certificate(folder: Path, name: str) -> str:
    """A certificate that signs itself, and its fingerprint as OpenVPN takes it."""
    path = folder / f"{name}.pem"
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run(
        *("openssl", "req", *kind, "-days", "7", "-subj", f"/CN={name}"),
        *("-keyout", f"{path}.key", "-out", str(path)),
    )
    found = x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(SHA256())
    return found.hex(":")


def shadowsocks(lab: Lab) -> None:
    """shadowsocks-libev: SOCKS on the campus, everything encrypted to a server outside."""
    options = ["-k", "lab", "-m", "chacha20-ietf-poly1305", "-p", str(SHADOWSOCKS_PORT)]
    server = ADDRESSES["web"]
    lab.start("ss-server", "web", ["ss-server", "-s", server, *options])
    local = ["-b", "127.0.0.1", "-l", str(SOCKS_PORT)]
    lab.start("ss-local", "staff", ["ss-local", "-s", server, *options, *local])
    serve_pages(lab, "seed", ADDRESSES["seed"])
    browse(lab, ADDRESSES["seed"], f"--socks5 127.0.0.1:{SOCKS_PORT}")


TUNNELS = {
    "wireguard": Cast(
        "WireGuard (wireguard-go) carrying pages",
        {"wireguard-go": "wireguard-go", "wg": "wireguard-tools"},
        ("staff", "web"),
        wireguard,
        (("wireguard-", 0, Label("tunnel", "wireguard")),),
    ),
    "openvpn": Cast(
        "OpenVPN over UDP carrying pages",
        {"openvpn": "openvpn"},
        ("staff", "web"),
        openvpn,
        (("openvpn-", 0, Label("tunnel", "openvpn")),),
    ),
    "shadowsocks": Cast(
        "shadowsocks-libev carrying pages",
        {"ss-server": "shadowsocks-libev", "ss-local": "shadowsocks-libev"},
        ("staff", "web", "seed"),
        shadowsocks,
        (("ss-", SHADOWSOCKS_PORT, Label("tunnel|other")), ("ss-server", 0, Label("other"))),
    ),
}
