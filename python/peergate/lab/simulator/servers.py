"""The other side of a Skype-class network: supernodes that also relay, and the server that people log in to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.simulator import messages
from peergate.lab.simulator.dialect import CLASSIC
from peergate.lab.simulator.disguise import PLAIN
from peergate.lab.simulator.machine import Close, Happened, Machine, Send, SendDatagram
from peergate.lab.simulator.messages import Function
from peergate.lab.simulator.stream import SUPERNODE
from peergate.lab.simulator.voice import HANG_UP_BYTES

if TYPE_CHECKING:
    from random import Random

    from peergate.lab.simulator.dialect import Dialect
    from peergate.lab.simulator.machine import Action, Actions, Endpoint
    from peergate.lab.simulator.stream import Conversation

HTTP_PORT = 80
FAKE_TLS_PORT = 443
FRAGMENTS = 9
# Between the pieces of a long answer.
FRAGMENT_SECONDS = 0.05
ASKING = (Function.OBFUSCATED, Function.RESEND)
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
    # Clients at a time.
    room: int = 1000


class Supernode(Machine):
    """A desktop that was made a supernode, and is a relay for those who ask."""

    def __init__(self, manner: Manner, chance: Random, dialect: Dialect = CLASSIC) -> None:
        super().__init__()
        self._manner = manner
        self._chance = chance
        self._dialect = dialect
        self._writer = dialect.writer(chance, PLAIN)
        self._known: set[Endpoint] = set()
        self._conversations: dict[int, Conversation] = {}
        self._fake_tls: set[int] = set()
        # The first of two to come to a meeting, and for each who is put through the other.
        self._waiting: dict[int, Endpoint | int] = {}
        self._through: dict[Endpoint | int, Endpoint | int] = {}

    def is_asked(self, payload: bytes) -> bool:
        """Whether a datagram is a question, which clients are not asked."""
        return self._writer.function(payload) in ASKING

    def puts_through(self, sender: Endpoint) -> bool:
        """Whether somebody is at a meeting here, or waits for one."""
        return sender in self._through or sender in self._waiting.values()

    def datagram(self, now: float, sender: Endpoint, payload: bytes) -> Actions:
        """Puts through what belongs to a meeting; answers probes, searches and announcements."""
        if self._manner.silent:
            return
        what = self._writer.function(payload)
        meeting = self._writer.meeting(payload) if what in ASKING else None
        if meeting is not None:
            yield SendDatagram(sender, self._writer.welcome(accepts=True))
            yield from self._meet(meeting, sender)
        elif other := self._through.get(sender):
            yield (
                SendDatagram(other, payload)
                if not isinstance(other, int)
                else self._repeat(other, payload)
            )
        elif what in ASKING:
            yield from self._asked(now, sender, payload, what)
        self._known.add(sender)

    def accepted(self, now: float, stream: int, port: int) -> Actions:
        """Begins a conversation; on 443 it hides behind a TLS hello."""
        del now
        if self._manner.silent:
            yield Close(stream)
            return
        self._conversations[stream] = self._dialect.conversation(self._chance, SUPERNODE)
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
        met = conversation.meeting
        answer = conversation.feed(data, welcome=self._has_room)
        if answer:
            yield Send(stream, answer)
        if conversation.meeting is not None and met is None:
            yield from self._meet(conversation.meeting, stream)
        heard, other = conversation.heard(), self._through.get(stream)
        if isinstance(other, int):
            yield from (self._repeat(other, body) for body in heard)
        elif other:
            yield from (SendDatagram(other, self._writer.data(len(body))) for body in heard)

    def closed(self, now: float, stream: int) -> Actions:
        """Forgets a client."""
        self._conversations.pop(stream, None)
        self._fake_tls.discard(stream)
        other = self._through.pop(stream, None)
        if other is not None:
            self._through.pop(other, None)
            bye = self._writer.data(HANG_UP_BYTES)
            yield Close(other) if isinstance(other, int) else SendDatagram(other, bye)
        yield from super().closed(now, stream)

    @property
    def _has_room(self) -> bool:
        return self._manner.accepts and len(self._conversations) <= self._manner.room

    def _asked(self, now: float, sender: Endpoint, payload: bytes, what: Function) -> Actions:
        first = what is Function.OBFUSCATED and sender not in self._known
        if self._manner.nacks and self._dialect.named and first:
            yield SendDatagram(sender, self._writer.nack(payload, sender.address))
        elif self._dialect.named and len(payload) == messages.ANNOUNCE_BYTES:
            yield SendDatagram(sender, self._writer.refused(payload, sender.address))
        elif self._dialect.named and len(payload) == messages.SEARCH_BYTES:
            for index, piece in enumerate(self._writer.fragments(payload, FRAGMENTS)):
                self.plan(now + index * FRAGMENT_SECONDS, SendDatagram(sender, piece))
            yield from self.tick(now)
        else:
            yield SendDatagram(sender, self._writer.welcome(accepts=self._has_room))

    def _meet(self, meeting: int, leg: Endpoint | int) -> Actions:
        other = self._waiting.pop(meeting, None)
        if other is None or other == leg:
            self._waiting[meeting] = leg
            return
        self._through[leg], self._through[other] = other, leg
        yield Happened("relaying", {"ends": (other, leg)})

    def _repeat(self, stream: int, body: bytes) -> Action:
        conversation = self._conversations.get(stream)
        return Send(stream, conversation.repeat(body) if conversation else b"")


class LoginServer(Machine):
    """Checks names and passwords, and on port 80 tells the newest version."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._writer = CLASSIC.writer(chance, PLAIN)
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
