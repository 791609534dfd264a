"""The network of the lab: a campus, its edge, and an Internet.

    student ─┐                                                    ┌─ tox1, tox2, tox3, friend
    staff   ─┼─ switch ── lan0[gate]wan0 ── router ── internet ───┼─ tracker, seed
    probe   ─┘              the gateway                 (link)    ├─ web, dns, peer
                            goes here                             └─ login, supernodes, nodes

    plain-probe ── lan0[plain-gate]wan0 ── plain-router            the same line without a gateway, for comparison

Stations and servers have an IPv4 and an IPv6 address (2001:db8::/32). Addresses look public (198.18/15 for the campus,
TEST-NETs for the Internet), because Tox and others treat private peers as neighbours and would behave differently.
`internet` is the user-space link: every server hangs on a line of its own with delay, jitter and loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from peergate.lab.network import Host, Network, Port
from peergate.lab.process import Process, python

if TYPE_CHECKING:
    from pathlib import Path

BRIDGE = "br0"
LAN_PORT = "lan0"
WAN_PORT = "wan0"
ROUTER_ADDRESS = "203.0.113.1"
ROUTER_ADDRESS6 = "2001:db8:2::1"
CAMPUS = "198.18.0.0/15"
CAMPUS6 = "2001:db8:1::/48"


@dataclass(frozen=True)
class Station:
    """A host on the campus, in the /24 and the /64 of its group."""

    name: str
    address: str
    address6: str

    @property
    def router(self) -> str:
        """The router's address in the same /24."""
        return self.address.rsplit(".", 1)[0] + ".1"

    @property
    def router6(self) -> str:
        """The router's address in the same /64."""
        return self.address6.rsplit("::", 1)[0] + "::1"


@dataclass(frozen=True)
class Server:
    """A host on the Internet and the line it hangs on: milliseconds one way, loss in percent."""

    name: str
    address: str
    delay: float
    jitter: float = 1.0
    loss: float = 0.02
    more_addresses: tuple[str, ...] = ()

    @property
    def address6(self) -> str:
        """Its IPv6 address, which ends in the other."""
        return str(ip_address(f"2001:db8:2::{self.address}"))


STUDENT = Station("student", "198.18.10.11", "2001:db8:1:10::11")
STAFF = Station("staff", "198.18.20.22", "2001:db8:1:20::22")
# In no group and otherwise silent: what is measured through the gate is not its traffic's doing.
PROBE = Station("probe", "198.18.30.33", "2001:db8:1:30::33")
STATIONS = (STUDENT, STAFF, PROBE)
GROUPS = {
    "students": ("198.18.10.0/24", "2001:db8:1:10::/64"),
    "staff": ("198.18.20.0/24", "2001:db8:1:20::/64"),
}

# Of the program that nobody has a signature for.
NODES = tuple(f"198.51.100.{host}" for host in range(201, 217))
SUPERNODES = tuple(f"192.0.2.{host}" for host in range(101, 125))
SERVERS = (
    Server("tox1", "203.0.113.10", delay=8),
    Server("tox2", "198.51.100.20", delay=25),
    Server("tox3", "192.0.2.30", delay=15),
    Server("friend", "198.51.100.77", delay=22, jitter=3, loss=0.1),
    Server("tracker", "203.0.113.80", delay=20),
    Server("seed", "198.51.100.61", delay=12),
    Server("web", "203.0.113.50", delay=6),
    Server("dns", "192.0.2.53", delay=4),
    Server("peer", "198.51.100.140", delay=18, jitter=2, loss=0.1),
    Server("login", "203.0.113.88", delay=30),
    Server("nodes", NODES[0], delay=35, jitter=4, loss=0.1, more_addresses=NODES[1:]),
    Server(
        "supernodes", SUPERNODES[0], delay=40, jitter=4, loss=0.1, more_addresses=SUPERNODES[1:]
    ),
)
ADDRESSES = {place.name: place.address for place in (*STATIONS, *SERVERS)}
ADDRESSES6 = {place.name: place.address6 for place in (*STATIONS, *SERVERS)}
# What the campus' own line to the Internet adds.
UPLINK = Server("router", ROUTER_ADDRESS, delay=1, jitter=0.3, loss=0)


class Topology:
    """The lab's network; `build` makes it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.hosts: dict[str, Host] = {}

    def build(self, folder: Path, capture: Path | None = None) -> Process:
        """Builds everything and starts the link, whose process it returns."""
        for name in ("switch", "gate", "router", "internet"):
            self._add(name)
        self._build_campus()
        self._build_edge("")
        self._build_internet()
        self._build_twin()
        if capture is None:
            # IPv6 introduces itself and goes on about it, which has no place in a capture of one client.
            self._speak_ipv6()
        return self._start_link(folder, capture)

    @property
    def gate(self) -> Host:
        """Where the gateway sits: a bridge of a LAN and a WAN port."""
        return self.hosts["gate"]

    def _add(self, name: str) -> Host:
        self.hosts[name] = self.network.host(name)
        return self.hosts[name]

    def _build_campus(self) -> None:
        switch = self.hosts["switch"]
        for station in STATIONS:
            host = self._add(station.name)
            self.network.wire(Port(host, "eth0"), Port(switch, station.name))
            host.ip(
                f"addr add {station.address}/24 dev eth0", f"route add default via {station.router}"
            )
        self.network.wire(Port(switch, "trunk"), Port(self.hosts["gate"], LAN_PORT))
        self.network.bridge(switch, "lan", [*(station.name for station in STATIONS), "trunk"])

    def _build_edge(self, prefix: str) -> None:
        gate, router = self.hosts[f"{prefix}gate"], self.hosts[f"{prefix}router"]
        self.network.wire(Port(gate, WAN_PORT), Port(router, "lan"))
        self.network.bridge(gate, BRIDGE, [LAN_PORT, WAN_PORT])
        # Campus hosts of different groups talk through the router; a redirect would let them bypass it.
        router.set(
            ipv4__ip_forward=1, ipv4__conf__all__send_redirects=0, ipv4__conf__lan__send_redirects=0
        )
        router.ip(*(f"addr add {station.router}/24 dev lan" for station in STATIONS))

    def _build_internet(self) -> None:
        router = self.hosts["router"]
        self.network.wire(Port(router, "wan"), Port(self.hosts["internet"], "router"))
        router.ip(
            f"addr add {ROUTER_ADDRESS}/32 dev wan",
            f"route add default dev wan src {ROUTER_ADDRESS}",
        )
        for server in SERVERS:
            host = self._add(server.name)
            self.network.wire(Port(host, "eth0"), Port(self.hosts["internet"], server.name))
            host.ip(
                *(
                    f"addr add {address}/32 dev eth0"
                    for address in (server.address, *server.more_addresses)
                ),
                f"route add default dev eth0 src {server.address}",
                f"route add {CAMPUS} via {ROUTER_ADDRESS} dev eth0 onlink src {server.address}",
            )

    def _build_twin(self) -> None:
        for name in ("plain-probe", "plain-switch", "plain-gate", "plain-router"):
            self._add(name)
        probe, switch, gate = (self.hosts[f"plain-{name}"] for name in ("probe", "switch", "gate"))
        self.network.wire(Port(probe, "eth0"), Port(switch, "probe"))
        self.network.wire(Port(switch, "trunk"), Port(gate, LAN_PORT))
        self.network.bridge(switch, "lan", ["probe", "trunk"])
        probe.ip(f"addr add {PROBE.address}/24 dev eth0")
        self._build_edge("plain-")

    def _speak_ipv6(self) -> None:
        for station in STATIONS:
            self._join_ipv6(station, 64, f"route add default via {station.router6}")
        router = self.hosts["router"]
        self.network.speak_ipv6(router)
        router.set(ipv6__conf__all__forwarding=1)
        router.ip(
            *(f"addr add {station.router6}/64 dev lan nodad" for station in STATIONS),
            f"addr add {ROUTER_ADDRESS6}/128 dev wan nodad",
            f"route add ::/0 dev wan src {ROUTER_ADDRESS6}",
        )
        for server in SERVERS:
            out = f"dev eth0 src {server.address6}"
            campus = f"route add {CAMPUS6} via {ROUTER_ADDRESS6} onlink {out}"
            self._join_ipv6(server, 128, f"route add ::/0 {out}", campus)

    def _join_ipv6(self, place: Station | Server, length: int, *ways_out: str) -> None:
        host = self.hosts[place.name]
        self.network.speak_ipv6(host)
        host.ip(f"addr add {place.address6}/{length} dev eth0 nodad", *ways_out)

    def _start_link(self, folder: Path, capture: Path | None) -> Process:
        ports = [f"{at.name}:{at.delay}:{at.jitter}:{at.loss}" for at in (UPLINK, *SERVERS)]
        options = ["--capture", str(capture)] if capture else []
        link = Process.start(
            "link", self.hosts["internet"], python("link", *options, *ports), folder
        )
        link.expect("ready", 10)
        return link
