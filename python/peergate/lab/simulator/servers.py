"""The other side of a Skype-class network: supernodes, and the server that people log in to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.simulator import messages
from peergate.lab.simulator.machine import Close, Machine, Send, SendDatagram
from peergate.lab.simulator.messages import Function, Writer
from peergate.lab.simulator.stream import SUPERNODE, Conversation

if TYPE_CHECKING:
    from random import Random

    from peergate.lab.simulator.machine import Actions, Endpoint

HTTP_PORT = 80
FAKE_TLS_PORT = 443
FRAGMENTS = 9
# Between the pieces of a long answer.
FRAGMENT_SECONDS = 0.05
VERSION_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\n0"


@dataclass(frozen=True)
class Manner:
    """How a supernode treats those who ask."""

    # Silent ones are the addresses of people who have gone home.
    silent: bool = False
    # Has room for one more client.
    accepts: bool = False
    # Asks for the first request again, because it was keyed with another address than it came from.
    nacks: bool = False


class Supernode(Machine):
    """A desktop that was made a supernode."""

    def __init__(self, manner: Manner, chance: Random) -> None:
        super().__init__()
        self._manner = manner
        self._chance = chance
        self._writer = Writer(chance)
        self._known: set[Endpoint] = set()
        self._conversations: dict[int, Conversation] = {}
        self._fake_tls: set[int] = set()

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """Answers probes, searches and announcements."""
        if self._manner.silent:
            return
        what = messages.function(payload)
        if what is Function.OBFUSCATED and self._manner.nacks and sender not in self._known:
            yield SendDatagram(sender, self._writer.nack(payload, sender.address))
        elif what is Function.OBFUSCATED and len(payload) == messages.ANNOUNCE_BYTES:
            yield SendDatagram(sender, self._writer.refused(payload, sender.address))
        elif what is Function.OBFUSCATED and len(payload) == messages.SEARCH_BYTES:
            for index, piece in enumerate(self._writer.fragments(payload, FRAGMENTS)):
                self.plan(now + index * FRAGMENT_SECONDS, SendDatagram(sender, piece))
            yield from self.tick(now)
        elif what in {Function.OBFUSCATED, Function.RESEND}:
            refusal = self._chance.choice(messages.REJECT_BYTES)
            size = messages.ACCEPT_BYTES if self._manner.accepts else refusal
            yield SendDatagram(sender, self._writer.answer(size))
        self._known.add(sender)

    def accepted(self, now: float, stream: int, port: int) -> Actions:
        """Begins a conversation; on 443 it hides behind a TLS hello."""
        del now
        if self._manner.silent:
            yield Close(stream)
            return
        self._conversations[stream] = Conversation(self._chance, SUPERNODE)
        if port == FAKE_TLS_PORT:
            self._fake_tls.add(stream)

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Talks to a client."""
        del now
        conversation = self._conversations.get(stream)
        if conversation is None:
            return
        if stream in self._fake_tls:
            self._fake_tls.discard(stream)
            yield Send(stream, messages.FAKE_TLS_ANSWER)
            return
        answer = conversation.feed(data, welcome=self._manner.accepts)
        if answer:
            yield Send(stream, answer)

    def closed(self, now: float, stream: int) -> Actions:
        """Forgets a client."""
        self._conversations.pop(stream, None)
        self._fake_tls.discard(stream)
        yield from super().closed(now, stream)


class LoginServer(Machine):
    """Checks names and passwords, and on port 80 tells the newest version."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._writer = Writer(chance)
        self._web: set[int] = set()

    def accepted(self, now: float, stream: int, port: int) -> Actions:
        """Remembers who came to the web port."""
        if port == HTTP_PORT:
            self._web.add(stream)
        yield from super().accepted(now, stream, port)

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Answers each message of a log-in."""
        del now
        if stream in self._web:
            yield Send(stream, VERSION_ANSWER)
        elif data == messages.LOGIN_HELLO:
            yield Send(stream, messages.LOGIN_HELLO_ANSWER)
        elif data.startswith(messages.LOGIN_REQUEST_START):
            yield Send(stream, self._writer.login_answer())

    def closed(self, now: float, stream: int) -> Actions:
        """Forgets a connection."""
        self._web.discard(stream)
        yield from super().closed(now, stream)
