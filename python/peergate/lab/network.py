"""Hosts as network namespaces, and the wires between them.

Everything is made inside namespaces whose names begin with the lab's prefix, veth pairs included, so the host's own
network never sees an interface, an address or a rule of the lab, and removing the namespaces removes everything.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMESPACES = Path("/run/netns")
# Segmentation and checksums left to a card that is not there would put 64 KB frames without checksums on the wires.
OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "sg")
STOP_SECONDS = 3.0


class NetworkError(RuntimeError):
    """The kernel or a tool refused to build a part of the network."""


@dataclass(frozen=True)
class Host:
    """One machine of the lab."""

    name: str
    namespace: str

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` on this host.

        Not `ip netns exec`: that also remounts /sys, which would hide pinned BPF maps.
        """
        return ["nsenter", f"--net={NAMESPACES / self.namespace}", "--", *command]

    def ip(self, *lines: str) -> None:
        """Runs lines of `ip` in this host's namespace, in one go."""
        run("ip", "-n", self.namespace, "-batch", "-", given="\n".join(lines))

    def set(self, **values: int) -> None:
        """Sets kernel values below /proc/sys/net, written with double underscores for the slashes."""
        for name, value in values.items():
            path = f"/proc/sys/net/{name.replace('__', '/')}"
            run(*self.inside("sh", "-c", f'[ ! -e "{path}" ] || echo {value} > "{path}"'))


@dataclass(frozen=True)
class Port:
    """A network interface of a host."""

    host: Host
    interface: str


class Network:
    """The hosts of one lab. Making one builds nothing; `remove` takes away whatever was built."""

    def __init__(self, prefix: str) -> None:
        if not prefix:
            raise ValueError("a lab without a prefix could remove namespaces that are not its own")
        self.prefix = prefix

    def host(self, name: str) -> Host:
        """Adds a host with nothing but its loopback interface."""
        host = Host(name, self.prefix + name)
        run("ip", "netns", "add", host.namespace)
        # Background chatter of IPv6 would be in every sample.
        host.set(ipv6__conf__all__disable_ipv6=1, ipv6__conf__default__disable_ipv6=1)
        host.ip("link set lo up")
        return host

    def speak_ipv6(self, host: Host) -> None:
        """Lets a host use IPv6, with the addresses that it is given and none of its own making."""
        for place in ("all", "default", *self._interfaces(host)):
            values = {"accept_ra": 0, "autoconf": 0, "dad_transmits": 0, "disable_ipv6": 0}
            host.set(**{f"ipv6__conf__{place}__{name}": value for name, value in values.items()})

    @staticmethod
    def _interfaces(host: Host) -> list[str]:
        listed = run("ip", "-n", host.namespace, "-brief", "link")
        return [line.split()[0].split("@")[0] for line in listed.splitlines()]

    def wire(self, one: Port, other: Port) -> None:
        """Lays a veth pair between two hosts, with frames as they would be on a cable."""
        run(
            *("ip", "link", "add", one.interface, "netns", one.host.namespace, "type", "veth"),
            *("peer", "name", other.interface, "netns", other.host.namespace),
        )
        for end in (one, other):
            offloads = [word for name in OFFLOADS for word in (name, "off")]
            run(*end.host.inside("ethtool", "-K", end.interface, *offloads))
            end.host.ip(f"link set {end.interface} up")

    def bridge(self, host: Host, name: str, ports: list[str]) -> None:
        """Joins ports of one host by a plain Linux bridge."""
        # The default of every new namespace is to show bridged frames to iptables, which costs a third of the speed.
        host.set(
            bridge__bridge_nf_call_iptables=0,
            bridge__bridge_nf_call_ip6tables=0,
            bridge__bridge_nf_call_arptables=0,
        )
        members = [f"link set {port} master {name}" for port in ports]
        host.ip(f"link add {name} type bridge stp_state 0 forward_delay 0", *members)
        host.ip(f"link set {name} up")

    def existing(self) -> list[str]:
        """Names of the namespaces of this lab, also those of an earlier run."""
        if not NAMESPACES.is_dir():
            return []
        return sorted(p.name for p in NAMESPACES.iterdir() if p.name.startswith(self.prefix))

    def remove(self) -> None:
        """Ends every process inside the lab's namespaces and removes them."""
        names = self.existing()
        end_processes(pid for name in names for pid in pids(name))
        for name in names:
            run("ip", "netns", "delete", name)


def pids(namespace: str) -> list[int]:
    """Processes whose network is this namespace."""
    listed = run("ip", "netns", "pids", namespace)
    return [pid for pid in map(int, listed.split()) if pid != os.getpid()]


def end_processes(numbers: Iterable[int]) -> None:
    """Asks processes to end, and kills those that do not."""
    waiting = [pid for pid in numbers if reach(pid, signal.SIGTERM)]
    deadline = time.monotonic() + STOP_SECONDS
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = [pid for pid in waiting if reach(pid, 0)]
    for pid in waiting:
        reach(pid, signal.SIGKILL)


def reach(pid: int, number: int) -> bool:
    """Sends a signal; false if the process is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def run(*command: str, given: str | None = None) -> str:
    """Runs a tool and returns what it printed; its complaint becomes the error."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        complaint = done.stderr.strip() or f"exit status {done.returncode}"
        raise NetworkError(f"{' '.join(command)}: {complaint}")
    return done.stdout
