"""Whose socket is whose: what the kernel of each host says, asked again and again while a capture is made."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peergate.lab.build import Lab
    from peergate.lab.network import Host

ASK_SECONDS = 0.25
PID = re.compile(r"pid=(\d+)")
# Of /proc/PID/stat after the name in parentheses: state, parent, group.
GROUP = 2
ANY = ("0.0.0.0", "*", "::")  # noqa: S104 - what the kernel prints; nothing is bound here

Socket = tuple[str, str, int]


class Owners:
    """Sockets and the programs of the lab that own them; asks from `start` to `stop`."""

    def __init__(self, lab: Lab, hosts: list[str]) -> None:
        self._lab = lab
        self._hosts = [lab.host(name) for name in hosts]
        self._owned: dict[Socket, str] = {}
        self._over = threading.Event()
        self._asking = threading.Thread(target=self._ask_until_over)

    def start(self) -> None:
        """Begins to ask."""
        self._asking.start()

    def stop(self) -> None:
        """Asks no more."""
        self._over.set()
        self._asking.join()

    def of(self, protocol: str, address: str, port: int) -> str:
        """The program at an endpoint; empty if it was never seen. A server may listen on all addresses of its host."""
        anywhere = self._owned.get((protocol, f"*{address}", port), "")
        return self._owned.get((protocol, address, port), anywhere)

    def _ask_until_over(self) -> None:
        while not self._over.wait(ASK_SECONDS):
            names = {process.pid: process.name for process in self._lab.processes}
            for host in self._hosts:
                self._note(host, names)

    def _note(self, host: Host, names: dict[int, str]) -> None:
        command = host.inside("ss", "-H", "-n", "-t", "-u", "-a", "-p")
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in asked.stdout.splitlines():
            words = line.split()
            pid = PID.search(line)
            if pid is None:
                continue
            name = names.get(group(int(pid[1])), "")
            address, _, port = words[4].rpartition(":")
            address = address.split("%")[0].strip("[]").removeprefix("::ffff:")
            where = anywhere(self._lab, host) if address in ANY else [address]
            for each in where:
                if name:
                    self._owned.setdefault((words[0], each, int(port)), name)


def anywhere(lab: Lab, host: Host) -> list[str]:
    """The addresses of a host, marked as less certain."""
    return [f"*{address}" for address in lab.addresses(host.name)]


def group(pid: int) -> int:
    """The group that a process belongs to, which the lab's own program began; 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[GROUP])
