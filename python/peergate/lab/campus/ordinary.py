"""Ordinary traffic at random times from random hosts, and proxies that lend their line to strangers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from peergate.lab.campus.people import FIRST_PORT, LAST_PORT
from peergate.lab.campus.scripts import CLIENT, SERVER, Datagrams, Label, Stream
from peergate.lab.campus.traffic import peers, phases, steady, streams, web
from peergate.lab.campus.truth import Role, named
from peergate.lab.simulator.generator import EPOCH
from peergate.lab.simulator.machine import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from peergate.lab.campus.parameters import Proxies, Traffic
    from peergate.lab.campus.people import Internet
    from peergate.lab.campus.scripts import Word
    from peergate.lab.campus.traffic.phases import Phase
    from peergate.lab.campus.truth import Ledger
    from peergate.lab.simulator.generator import Generator

OTHER = Label("other")
SERVERS = 60
# From which a client's system takes its ports.
EPHEMERAL = (32_768, 60_999)
ROUND_TRIPS = (0.008, 0.12)
PIECE_BYTES = 1200
# One question brings so many pieces.
PIECES_ASKED = 20
QUESTION_BYTES = 300
# A proxy takes so long to pass a piece on.
PROXY_DELAY = 0.02


@dataclass(frozen=True)
class Kind:
    """One kind of traffic."""

    words: Callable[[Random], Iterator[Word]] | None
    # Of the server; 0 is any that a peer chose.
    port: int
    label: Label = OTHER
    over_tcp: bool = False
    # The client's port is one that it keeps, as peers do.
    from_port: int = 0
    # What goes on in it one after the other, instead of words.
    phases: Callable[[Random], tuple[Phase, ...]] | None = None


def speak_rtp(chance: Random) -> Iterator[Word]:
    """A call in plain RTP."""
    return peers.rtp(chance, chance.uniform(15, 120))


KINDS = {
    "web": Kind(web.web, 443, over_tcp=True),
    "dns": Kind(web.dns, 53),
    "ntp": Kind(web.ntp, 123),
    "quic": Kind(web.quic, 443),
    "sync": Kind(web.sync, 443, over_tcp=True),
    "chat": Kind(web.chat, 443, Label("other|chat"), over_tcp=True),
    "game": Kind(steady.game, 27_015),
    "srt": Kind(steady.srt, 9000),
    "transport_stream": Kind(steady.transport_stream, 0),
    "rtmp": Kind(steady.rtmp, 1935, over_tcp=True),
    "remote_desktop": Kind(steady.remote_desktop, 3389, over_tcp=True),
    "remote_desktop_udp": Kind(steady.remote_desktop_udp, 3389),
    "shell": Kind(steady.shell, 22, over_tcp=True),
    "telemetry": Kind(steady.telemetry, 0),
    "streamed_game": Kind(streams.streamed_game, 0, over_tcp=True),
    "queries": Kind(streams.queries, 0, over_tcp=True),
    "terminal": Kind(streams.terminal, 22, over_tcp=True),
    "wireguard": Kind(peers.wireguard, 51_820, Label("tunnel", "wireguard")),
    "openvpn": Kind(peers.openvpn, 1194, Label("tunnel", "openvpn")),
    "tunnelled_call": Kind(peers.tunnelled_call, 51_820, Label("tunnel", "wireguard", "call")),
    "openvpn_call": Kind(peers.openvpn_call, 1194, Label("tunnel", "openvpn", "call")),
    "rtp": Kind(speak_rtp, 0, Label("call", "rtp|sip", "call"), from_port=4000),
    "streamed_call": Kind(streams.streamed_call, 0, Label("call", "", "call"), over_tcp=True),
    "webrtc": Kind(peers.webrtc, 0, Label("call", "webrtc|rtp", "call")),
    "video_call": Kind(None, 0, Label("call", "", "video"), phases=phases.video_call),
    "screen_share": Kind(peers.screen_share, 0, Label("call", "webrtc|rtp", "screen")),
    "screen_call": Kind(None, 0, Label("call", "", "screen"), phases=phases.screen_call),
    "muted_call": Kind(None, 0, Label("call", "", "call"), phases=phases.muted_call),
    "held_call": Kind(None, 0, Label("call", "", "call"), phases=phases.held_call),
    "bittorrent": Kind(peers.bittorrent, 0, Label("p2p", "bittorrent"), from_port=6881),
}


class Ordinary:
    """All that goes on beside the programs of interest."""

    def __init__(
        self,
        network: Generator,
        internet: Internet,
        ledger: Ledger,
        chance: Random,
        hosts: list[str],
    ) -> None:
        self._network = network
        self._ledger = ledger
        self._chance = chance
        self._hosts = hosts
        self._servers = [internet.address() for _ in range(SERVERS)]
        self._internet = internet

    def build(self, traffic: Traffic) -> None:
        """Every kind at its rate."""
        for name, kind in KINDS.items():
            rate = getattr(traffic, name) * len(self._hosts) / 3600
            if rate > 0:
                Arrivals(self._chance, rate, partial(self._begin, kind)).plan(self._network)

    def lend(self, proxies: Proxies, seconds: float) -> None:
        """Some hosts carry the traffic of strangers."""
        count = max(1, round(proxies.share * len(self._hosts))) if proxies.share else 0
        for address in self._chance.sample(self._hosts, min(count, len(self._hosts))):
            at = Endpoint(address, self._port())
            rate = proxies.sessions / 3600
            begin = self._proxy_session(at, proxies.session_kbytes, seconds)
            Arrivals(self._chance, rate, begin).plan(self._network)

    def _port(self) -> int:
        return self._chance.randint(FIRST_PORT, LAST_PORT)

    def _begin(self, kind: Kind) -> None:
        chance = self._chance
        client = Endpoint(chance.choice(self._hosts), kind.from_port or chance.randint(*EPHEMERAL))
        central = Endpoint(chance.choice(self._servers), kind.port)
        server = central if kind.port else self._internet.endpoint()
        plan = kind.phases(chance) if kind.phases else ()
        words = kind.words(chance) if kind.words else phases.spoken(chance, plan)
        ends = (client, server)
        if kind.over_tcp:
            trip = chance.uniform(*ROUND_TRIPS)
            self._network.play(
                Stream(ends, words, kind.label, self._ledger.done, trip), self._since_start
            )
        else:
            script = Datagrams(ends, words, kind.label, self._ledger.done)
            script.flow.phases = tuple((phase.seconds, phase.activity) for phase in plan)
            self._network.play(script, self._since_start)

    @property
    def _since_start(self) -> float:
        return self._network.now - EPOCH

    def _proxy_session(self, at: Endpoint, kbytes: int, seconds: float) -> Callable[[], None]:
        """Somebody comes in over TCP; what they ask goes out to a server, and the answer back."""
        chance = self._chance

        def begin() -> None:
            size = max(int(chance.expovariate(1 / kbytes) * 1000), 40_000)
            pieces = [
                (
                    chance.expovariate(1 / 0.08),
                    min(int(chance.expovariate(1 / PIECE_BYTES)) + 64, 8000),
                )
                for _ in range(size // PIECE_BYTES)
            ]
            stranger = self._internet.endpoint()
            server = Endpoint(chance.choice(self._servers), 443)
            out = Endpoint(at.address, chance.randint(*EPHEMERAL))
            label = Label("other|p2p|tunnel")
            legs = (
                ((stranger, at), self._passed(pieces, 2 * PROXY_DELAY), 0.0),
                ((out, server), self._passed(pieces, 0.0), PROXY_DELAY),
            )
            for ends, words, late in legs:
                stream = Stream(ends, words, label, self._ledger.done, 0.03)
                self._network.play(stream, self._since_start + late)
            length = sum(gap for gap, _ in pieces)
            now = self._network.now
            end = min(now + length, EPOCH + seconds)
            self._ledger.roles.append(
                Role(now, end, "relay", "proxy", *at, named(stranger), named(server))
            )

        return begin

    def _passed(self, pieces: list[tuple[float, int]], late: float) -> Iterator[Word]:
        """The same pieces on either leg, a question now and then, else the answer, which comes `late`."""
        at, planned = 0.0, []
        for number, (gap, size) in enumerate(pieces):
            at += gap
            asks = number % PIECES_ASKED == 0
            planned.append((at, CLIENT, QUESTION_BYTES) if asks else (at + late, SERVER, size))
        before = 0.0
        for when, side, size in sorted(planned):
            yield when - before, side, self._chance.randbytes(size)
            before = when


class Arrivals:
    """Begins something at random times, so often a second."""

    def __init__(self, chance: Random, rate: float, begin: Callable[[], None]) -> None:
        self._chance = chance
        self._rate = rate
        self._begin = begin

    def plan(self, network: Generator) -> None:
        """The first comes as late as any other."""
        network.play(self, self._chance.expovariate(self._rate))

    def step(self, network: Generator) -> float:
        """One has come; the next follows."""
        del network
        self._begin()
        return self._chance.expovariate(self._rate)
