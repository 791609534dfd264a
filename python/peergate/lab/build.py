"""One lab: its network, its programs and its folder, all gone when it is taken down."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from peergate._engine import Gateway
from peergate.lab.network import Network, run
from peergate.lab.process import Process
from peergate.lab.topology import SERVERS, STATIONS, Topology

if TYPE_CHECKING:
    from peergate.lab.network import Host

PREFIX = "pg-lab-"
FOLDER_PREFIX = "peergate-lab-"
# What the lab runs, and the Debian package that holds it.
TOOLS = {
    "ip": "iproute2",
    "ethtool": "ethtool",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "curl": "curl",
    "nginx": "nginx-light",
    "opentracker": "opentracker",
    "tox-bootstrapd": "toxcore-utils",
    "ss-server": "shadowsocks-libev",
}


class LabError(RuntimeError):
    """The lab cannot be built here, and why."""


class Lab(AbstractContextManager["Lab"]):
    """A lab under a prefix of its own. Making one builds nothing; `up` builds, `down` or leaving `with` removes."""

    def __init__(self, prefix: str = PREFIX, *, capture: Path | None = None) -> None:
        self.network = Network(prefix)
        self.topology = Topology(self.network)
        self.folder = Path()
        self._capture = capture
        self._processes: list[Process] = []

    def up(self) -> None:
        """Removes what an earlier lab of this prefix left, and builds the network."""
        self.down()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{self.network.prefix}"))
        # Servers that give up root must still read what is theirs; nothing in it is secret.
        self.folder.chmod(0o755)
        self._processes.append(self.topology.build(self.folder, self._capture))

    def down(self) -> None:
        """Ends every program and removes namespaces and folder, also those of an earlier `up`."""
        for process in self._processes:
            process.end()
        for process in self._processes:
            process.reap()
        self._processes.clear()
        # Its links and maps outlive a gateway, on purpose; not its lab.
        Gateway.detach(self.gateway_name)
        self.network.remove()
        remove_folders(self.network.prefix)

    @property
    def gateway_name(self) -> str:
        """Under which a gateway in this lab's line keeps what is in the kernel."""
        return self.network.prefix.rstrip("-")

    def host(self, name: str) -> Host:
        """A host by its name in the topology."""
        return self.topology.hosts[name]

    @property
    def processes(self) -> tuple[Process, ...]:
        """All programs that run."""
        return tuple(self._processes)

    @staticmethod
    def addresses(name: str) -> tuple[str, ...]:
        """The addresses of a station or server."""
        return next(
            (
                (place.address, *getattr(place, "more_addresses", ()))
                for place in (*STATIONS, *SERVERS)
                if place.name == name
            ),
            (),
        )

    @staticmethod
    def run(host: Host, *command: str) -> str:
        """Runs a tool on a host to its end; returns what it printed."""
        return run(*host.inside(*command))

    def start(self, name: str, host: str, command: list[str]) -> Process:
        """Starts a program on a host; `down` ends it."""
        process = Process.start(name, self.host(host), command, self.folder)
        self._processes.append(process)
        return process

    def stop(self, process: Process) -> None:
        """Ends one program."""
        process.end()
        process.reap()
        self._processes.remove(process)

    def __exit__(self, *_error: object) -> None:
        """Takes the lab down whatever happened."""
        self.down()


def check_possible() -> None:
    """Says all that is missing, and how to get it."""
    if not sys.platform.startswith("linux"):
        raise LabError("the lab is made of Linux network namespaces; this is not Linux")
    if os.geteuid() != 0:
        raise LabError("the lab makes network namespaces, which needs root: run this with sudo")
    packages = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if packages:
        raise LabError(f"programs of the lab are missing: apt-get install {' '.join(packages)}")


def remove_folders(prefix: str) -> None:
    """Removes working folders of labs under this prefix."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}{prefix}*"):
        shutil.rmtree(folder, ignore_errors=True)
