"""The servers of the lab's Internet: packaged programs and library peers, started on their hosts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from peergate.lab.topology import ADDRESSES

if TYPE_CHECKING:
    from pathlib import Path

TOX_HOSTS = ("tox1", "tox2", "tox3")
# Two nodes a host: friend requests travel over an onion of three nodes, which should not be the only three there are.
TOX_PORTS = (33445, 33446)


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


def tox_nodes() -> list[ToxNode]:
    """The nodes of the lab's Tox network, with fresh keys."""
    nodes = []
    for host in TOX_HOSTS:
        for port in TOX_PORTS:
            key = X25519PrivateKey.from_private_bytes(secrets.token_bytes(32))
            secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
            public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            nodes.append(ToxNode(host, port, secret, public))
    return nodes


def tox_command(node: ToxNode, nodes: list[ToxNode], folder: Path) -> list[str]:
    """The command that runs Debian's tox-bootstrapd as one of the nodes."""
    name = f"{node.host}-{node.port}"
    (folder / f"{name}.keys").write_bytes(node.public + node.secret)
    others = ",\n".join(
        f'{{ address = "{ADDRESSES[other.host]}", port = {other.port}, public_key = "{other.public.hex().upper()}" }}'
        for other in nodes
        if other != node
    )
    configuration = folder / f"{name}.conf"
    configuration.write_text(
        f"""port = {node.port}
keys_file_path = "{folder / name}.keys"
pid_file_path = "{folder / name}.pid"
enable_ipv6 = false
enable_ipv4_fallback = false
enable_lan_discovery = false
enable_tcp_relay = true
tcp_relay_ports = [{node.port}]
enable_motd = false
bootstrap_nodes = ({others})
"""
    )
    return ["tox-bootstrapd", f"--config={configuration}", "--foreground", "--log-backend=stdout"]
