"""A Skype-class client: log-on, idle signalling, calls, files, and what it tries where UDP is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.simulator import messages
from peergate.lab.simulator.calling import Calling
from peergate.lab.simulator.dialect import CLASSIC, Dialect
from peergate.lab.simulator.disguise import PLAIN, Disguise
from peergate.lab.simulator.machine import (
    Close,
    Connect,
    Endpoint,
    Happened,
    Send,
    SendDatagram,
)
from peergate.lab.simulator.messages import Function
from peergate.lab.simulator.servers import FAKE_TLS_PORT, HTTP_PORT
from peergate.lab.simulator.stream import CLIENT, Conversation, Kind
from peergate.lab.simulator.voice import PUBLISHED, Codec

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from peergate.lab.simulator.machine import Actions

# A log-on asks about this many nodes inside two seconds.
BURST_NODES = 22
BURST_SECONDS = 2.0
UDP_PATIENCE = 5.0
TCP_PATIENCE = 2.0
# Nodes tried over TCP side by side.
FALLBACK_NODES = 3
ROUND_PAUSE = 6.0
KEEP_ALIVE_SECONDS = 60.0
# A third of the nodes in use is asked again this often.
RECONTACT_SECONDS = 20.0
# Then new nodes are asked, a burst every few minutes.
REFRESH_SECONDS = (100.0, 180.0)
REFRESH_NODES = (8, 14)
ANSWERS = (Function.OBFUSCATED, Function.NACK, Function.REFUSED, Function.FRAGMENT)
# A call set-up asks a dozen nodes all over the world within a second.
CALL_NODES = 12
CALL_BURST_SECONDS = 1.0
# Of those that scatter their probes.
PORTS = (20_000, 65_535)
# How many probes a client remembers, for those that are asked again.
REMEMBERED_PROBES = 256


@dataclass(frozen=True)
class Settings:
    """What a client is born with."""

    nodes: tuple[Endpoint, ...]
    login_server: Endpoint
    # How often all ports are tried over TCP before the log-on has failed.
    rounds: int = 5
    codec: Codec = PUBLISHED
    dialect: Dialect = CLASSIC
    disguise: Disguise = PLAIN


class Client(Calling):
    """One person's client."""

    def __init__(self, settings: Settings, chance: Random) -> None:
        super().__init__(settings.dialect, settings.disguise, settings.codec, chance)
        self._settings = settings
        self._pending: dict[int, tuple[Endpoint, bytes]] = {}
        self._asked: set[Endpoint] = set()
        self._active: list[Endpoint] = []
        self._attempts: dict[int, Attempt] = {}
        self._supernode: int | None = None
        self._login: int | None = None
        self._version: int | None = None
        self.online = False

    def start(self, now: float) -> Actions:
        """Asks for a newer version and looks for a supernode."""
        yield Happened("log-on-started")
        if self._logs_in:
            self._version = next(self._streams)
            yield Connect(self._version, Endpoint(self._settings.login_server.address, HTTP_PORT))
        self._look(now)
        yield from self.tick(now)

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """Goes on with the probe or call that the datagram belongs to."""
        what = self._writer.function(payload)
        if what is Function.DATA or (self.in_call(sender) and what not in ANSWERS):
            yield from self.heard(now, sender, len(payload))
        elif sender in self._asked:
            yield from self._answer(now, sender, payload, what)

    def connected(self, now: float, stream: int) -> Actions:
        """Says the first words of whatever the connection is for."""
        if stream == self._version:
            yield Send(stream, self._writer.version_request())
        elif stream == self._login:
            yield Send(stream, messages.LOGIN_HELLO)
        elif attempt := self._attempts.get(stream):
            hidden = attempt.behind_tls
            hello = self._writer.fake_tls_hello()
            yield Send(stream, hello if hidden else attempt.conversation.open())
        else:
            yield from super().connected(now, stream)

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Goes on with the conversation."""
        if stream == self._version:
            yield Close(stream)
        elif stream == self._login:
            yield from self._logging_in(now, data)
        elif attempt := self._attempts.get(stream):
            yield from self._talking(now, stream, attempt, data)
        else:
            yield from super().received(now, stream, data)

    def closed(self, now: float, stream: int) -> Actions:
        """Notices a lost supernode, looks for another, and is off line meanwhile."""
        self._attempts.pop(stream, None)
        if stream == self._supernode:
            self._supernode = None
            if self.online:
                self.online = False
                yield Happened("offline")
            self._look(now)
        elif stream == self._login and not self.online:
            self._login = None
            yield Happened("log-in-refused")
        else:
            yield from super().closed(now, stream)

    def signal(self, now: float) -> Actions:
        """Tells the supernode about a call, and asks nodes all over the world for the way."""
        self._probe_later(now, CALL_NODES, CALL_BURST_SECONDS)
        if self._supernode is not None:
            yield Send(self._supernode, self._attempts[self._supernode].conversation.signalling())

    @property
    def _logs_in(self) -> bool:
        """Whether it talks to servers of its own beside the supernodes."""
        return self._settings.dialect.named and not self._settings.disguise.quiet

    def _look(self, now: float) -> None:
        spread = BURST_SECONDS + BURST_NODES * self._settings.disguise.jitter
        self._probe_later(now, BURST_NODES, spread)
        self.later(
            now + spread - BURST_SECONDS + UDP_PATIENCE, lambda then: self._fall_back(then, 0)
        )

    def _probe_later(self, now: float, count: int, seconds: float) -> None:
        nodes = self._chance.sample(self._settings.nodes, min(count, len(self._settings.nodes)))
        times = sorted(now + self._chance.random() * seconds for _ in nodes)
        for when, node in zip(times, nodes, strict=True):
            self.plan(when, self._ask(node, self._writer.probe()))

    def _ask(self, node: Endpoint, request: bytes) -> SendDatagram:
        self._asked.add(node)
        self._pending[self._writer.identifier(request)] = (node, request)
        if len(self._pending) > REMEMBERED_PROBES:
            del self._pending[next(iter(self._pending))]
        scattered = self._settings.disguise.scattered
        return SendDatagram(node, request, self._chance.randint(*PORTS) if scattered else 0)

    def _answer(self, now: float, node: Endpoint, payload: bytes, what: Function | None) -> Actions:
        if what is Function.NACK and len(payload) == messages.NACK_BYTES:
            asked, request = self._pending.get(self._writer.identifier(payload), (None, b""))
            if asked == node:
                yield SendDatagram(node, self._writer.resend(request, payload, node.address))
            return
        if what is Function.OBFUSCATED or (what and not self._settings.dialect.named):
            self.hears_udp = True
            if node not in self._active:
                self._active.append(node)
            room = self._writer.accepts(payload)
            if room and self._supernode is None and not self._attempts:
                hidden = self._settings.disguise.fake_tls
                yield from self._attempt(now, node, FAKE_TLS_PORT if hidden else node.port)

    def _attempt(self, now: float, node: Endpoint, port: int) -> Actions:
        stream = next(self._streams)
        conversation = self._settings.dialect.conversation(self._chance, CLIENT)
        self._attempts[stream] = Attempt(conversation, port == FAKE_TLS_PORT)
        self.later(now + TCP_PATIENCE, lambda _: self._give_up(stream))
        yield Connect(stream, Endpoint(node.address, port))

    def _give_up(self, stream: int) -> Actions:
        if stream in self._attempts and stream != self._supernode:
            del self._attempts[stream]
            yield Close(stream)

    def _talking(self, now: float, stream: int, attempt: Attempt, data: bytes) -> Actions:
        if attempt.behind_tls:
            # The rest is the same as on any other port.
            attempt.behind_tls = False
            yield Send(stream, attempt.conversation.open())
            return
        answer = attempt.conversation.feed(data)
        if answer:
            yield Send(stream, answer)
        verdict = attempt.conversation.verdict
        if verdict is Kind.REFUSED:
            yield from self._give_up(stream)
        elif verdict is Kind.ACCEPTED and self._supernode is None:
            self._supernode = stream
            yield Happened("supernode-found")
            self.later(now + KEEP_ALIVE_SECONDS, lambda then: self._keep_alive(then, stream))
            if self._logs_in:
                self._login = next(self._streams)
                yield Connect(self._login, self._settings.login_server)
            else:
                yield from self._now_online(now)

    def _logging_in(self, now: float, data: bytes) -> Actions:
        if self._login is None:
            return
        if data == messages.LOGIN_HELLO_ANSWER:
            yield Send(self._login, self._writer.login_request())
        elif data.startswith(messages.LOGIN_RECORD):
            yield Close(self._login)
            yield from self._now_online(now)
            for node in self._active[:1]:
                yield self._ask(node, self._writer.request(messages.SEARCH_BYTES))
            for node in self._active[:4]:
                yield self._ask(node, self._writer.request(messages.ANNOUNCE_BYTES))

    def _now_online(self, now: float) -> Actions:
        self.online = True
        yield Happened("online")
        self.later(now + RECONTACT_SECONDS, self._recontact)
        self.later(now + self._chance.uniform(*REFRESH_SECONDS), self._refresh)

    def _fall_back(self, now: float, step: int) -> Actions:
        """TCP to the node's own port, then 80, then 443, then all again after a pause."""
        if self._supernode is not None:
            return
        ports: tuple[Callable[[Endpoint], int], ...] = (
            lambda node: node.port,
            lambda _: HTTP_PORT,
            lambda _: FAKE_TLS_PORT,
        )
        if self._settings.disguise.fake_tls:
            ports = ports[-1:]
        tried, way = divmod(step, len(ports))
        if tried >= self._settings.rounds:
            yield Happened("log-on-failed")
            return
        for node in self._chance.sample(
            self._settings.nodes, min(FALLBACK_NODES, len(self._settings.nodes))
        ):
            yield from self._attempt(now, node, ports[way](node))
        pause = ROUND_PAUSE if way == len(ports) - 1 else 0.0
        self.later(now + TCP_PATIENCE + pause, lambda then: self._fall_back(then, step + 1))

    def _keep_alive(self, now: float, stream: int) -> Actions:
        if attempt := self._attempts.get(stream):
            yield Send(stream, attempt.conversation.keep_alive())
            self.later(now + KEEP_ALIVE_SECONDS, lambda then: self._keep_alive(then, stream))

    def _recontact(self, now: float) -> Actions:
        for node in self._chance.sample(self._active, (len(self._active) + 2) // 3):
            yield self._ask(node, self._writer.request(messages.ACCEPT_BYTES))
        self.later(now + RECONTACT_SECONDS, self._recontact)

    def _refresh(self, now: float) -> Actions:
        self._probe_later(now, self._chance.randint(*REFRESH_NODES), BURST_SECONDS)
        self.later(now + self._chance.uniform(*REFRESH_SECONDS), self._refresh)
        yield from ()


@dataclass
class Attempt:
    """A connection to a node that may become the supernode."""

    conversation: Conversation
    # Still behind the hello of the 443 fall-back.
    behind_tls: bool
