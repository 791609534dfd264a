"""A Skype-class client: log-on, idle signalling, calls, and what it tries where UDP is refused."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.simulator import messages
from peergate.lab.simulator.machine import (
    Close,
    Connect,
    Endpoint,
    Happened,
    Machine,
    Send,
    SendDatagram,
)
from peergate.lab.simulator.messages import Function, Writer
from peergate.lab.simulator.servers import FAKE_TLS_PORT, HTTP_PORT
from peergate.lab.simulator.stream import CLIENT, Conversation, Kind
from peergate.lab.simulator.voice import (
    DOUBLED_SECONDS,
    HANG_UP_BYTES,
    HANG_UP_TIMES,
    SILENCE_SECONDS,
    Call,
)

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
# A call set-up asks a dozen nodes all over the world within a second.
CALL_NODES = 12
CALL_BURST_SECONDS = 1.0


@dataclass(frozen=True)
class Settings:
    """What a client is born with."""

    nodes: tuple[Endpoint, ...]
    login_server: Endpoint
    # How often all ports are tried over TCP before the log-on has failed.
    rounds: int = 5
    doubled_seconds: float = DOUBLED_SECONDS


class Client(Machine):
    """One person's client."""

    def __init__(self, settings: Settings, chance: Random) -> None:
        super().__init__()
        self._settings = settings
        self._chance = chance
        self._writer = Writer(chance)
        self._streams = itertools.count(1)
        self._pending: dict[int, tuple[Endpoint, bytes]] = {}
        self._active: list[Endpoint] = []
        self._attempts: dict[int, Attempt] = {}
        self._supernode: int | None = None
        self._login: int | None = None
        self._version: int | None = None
        self._calls: dict[Endpoint, Call] = {}
        self._hung_up: dict[Endpoint, float] = {}
        self.online = False

    def start(self, now: float) -> Actions:
        """Asks for a newer version and looks for a supernode."""
        yield Happened("log-on-started")
        self._version = next(self._streams)
        yield Connect(self._version, Endpoint(self._settings.login_server.address, HTTP_PORT))
        self._probe_later(now, BURST_NODES, BURST_SECONDS)
        self.later(now + UDP_PATIENCE, lambda then: self._fall_back(then, 0))
        yield from self.tick(now)

    def call(self, now: float, peer: Endpoint, seconds: float) -> Actions:
        """Calls another client."""
        self._probe_later(now, CALL_NODES, CALL_BURST_SECONDS)
        if self._supernode is not None:
            yield Send(self._supernode, self._attempts[self._supernode].conversation.signalling())
        yield from self._begin_call(now, peer)
        self.later(now + seconds, lambda then: self._end_call(then, peer))

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """Goes on with the probe or call that the datagram belongs to."""
        what = messages.function(payload)
        if what is Function.NACK and len(payload) == messages.NACK_BYTES:
            node, request = self._pending.get(messages.identifier(payload), (None, b""))
            if node == sender:
                yield SendDatagram(sender, self._writer.resend(request, payload, sender.address))
        elif what is Function.OBFUSCATED:
            yield from self._answered(now, sender, payload)
        elif what is Function.DATA:
            yield from self._heard(now, sender, len(payload))

    def connected(self, now: float, stream: int) -> Actions:
        """Says the first words of whatever the connection is for."""
        del now
        if stream == self._version:
            yield Send(stream, self._writer.version_request())
        elif stream == self._login:
            yield Send(stream, messages.LOGIN_HELLO)
        elif attempt := self._attempts.get(stream):
            yield Send(
                stream,
                self._writer.fake_tls_hello()
                if attempt.behind_tls
                else attempt.conversation.open(),
            )

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Goes on with the conversation."""
        if stream == self._version:
            yield Close(stream)
        elif stream == self._login:
            yield from self._logging_in(now, data)
        elif attempt := self._attempts.get(stream):
            yield from self._talking(now, stream, attempt, data)

    def closed(self, now: float, stream: int) -> Actions:
        """Notices a lost supernode, looks for another, and is off line meanwhile."""
        self._attempts.pop(stream, None)
        if stream == self._supernode:
            self._supernode = None
            if self.online:
                self.online = False
                yield Happened("offline")
            self._probe_later(now, BURST_NODES, BURST_SECONDS)
            self.later(now + UDP_PATIENCE, lambda then: self._fall_back(then, 0))
        elif stream == self._login and not self.online:
            self._login = None
            yield Happened("log-in-refused")

    def _probe_later(self, now: float, count: int, seconds: float) -> None:
        nodes = self._chance.sample(self._settings.nodes, min(count, len(self._settings.nodes)))
        times = sorted(now + self._chance.random() * seconds for _ in nodes)
        for when, node in zip(times, nodes, strict=True):
            self.plan(when, self._ask(node, self._chance.choice(messages.PROBE_BYTES)))

    def _ask(self, node: Endpoint, size: int) -> SendDatagram:
        request = self._writer.request(size)
        self._pending[messages.identifier(request)] = (node, request)
        return SendDatagram(node, request)

    def _answered(self, now: float, node: Endpoint, payload: bytes) -> Actions:
        if node not in self._active:
            self._active.append(node)
        if len(payload) == messages.ACCEPT_BYTES and self._supernode is None and not self._attempts:
            yield from self._attempt(now, node, node.port)

    def _attempt(self, now: float, node: Endpoint, port: int) -> Actions:
        stream = next(self._streams)
        self._attempts[stream] = Attempt(Conversation(self._chance, CLIENT), port == FAKE_TLS_PORT)
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
            self._login = next(self._streams)
            yield Connect(self._login, self._settings.login_server)

    def _logging_in(self, now: float, data: bytes) -> Actions:
        if self._login is None:
            return
        if data == messages.LOGIN_HELLO_ANSWER:
            yield Send(self._login, self._writer.login_request())
        elif data.startswith(messages.LOGIN_RECORD):
            self.online = True
            yield Close(self._login)
            yield Happened("online")
            for node in self._active[:1]:
                yield self._ask(node, messages.SEARCH_BYTES)
            for node in self._active[:4]:
                yield self._ask(node, messages.ANNOUNCE_BYTES)
            self.later(now + RECONTACT_SECONDS, self._recontact)

    def _fall_back(self, now: float, step: int) -> Actions:
        """TCP to the node's own port, then 80, then 443, then all again after a pause."""
        if self._supernode is not None:
            return
        ports: tuple[Callable[[Endpoint], int], ...] = (
            lambda node: node.port,
            lambda _: HTTP_PORT,
            lambda _: FAKE_TLS_PORT,
        )
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
            yield self._ask(node, messages.ACCEPT_BYTES)
        self.later(now + RECONTACT_SECONDS, self._recontact)

    def _begin_call(self, now: float, peer: Endpoint) -> Actions:
        self._calls[peer] = Call(self._chance, now, self._settings.doubled_seconds)
        yield Happened("call-started", {"peer": peer.address})
        yield from self._speak(now, peer)

    def _heard(self, now: float, peer: Endpoint, size: int) -> Actions:
        # The other side may still talk for a moment after we have hung up.
        if now - self._hung_up.get(peer, -math.inf) < 2 * SILENCE_SECONDS:
            return
        if size == HANG_UP_BYTES:
            yield from self._end_call(now, peer)
            return
        if peer not in self._calls:
            yield from self._begin_call(now, peer)
        self._calls[peer].received += 1
        self._calls[peer].last_heard = now

    def _speak(self, now: float, peer: Endpoint) -> Actions:
        call = self._calls.get(peer)
        if call is None:
            return
        if call.silent(now):
            yield from self._end_call(now, peer)
            return
        call.sent += 1
        yield SendDatagram(peer, self._writer.data(call.next_size(now)))
        self.later(now + call.next_gap(), lambda then: self._speak(then, peer))

    def _end_call(self, now: float, peer: Endpoint) -> Actions:
        self._hung_up[peer] = now
        call = self._calls.pop(peer, None)
        if call is not None:
            for _ in range(HANG_UP_TIMES):
                yield SendDatagram(peer, self._writer.data(HANG_UP_BYTES))
            yield Happened("call-ended", {"sent": call.sent, "received": call.received})


@dataclass
class Attempt:
    """A connection to a node that may become the supernode."""

    conversation: Conversation
    # Still behind the hello of the 443 fall-back.
    behind_tls: bool
