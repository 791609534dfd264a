"""The part of a client that calls and sends files: directly, or through a relay over UDP or TCP."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from peergate.lab.simulator.call import (
    FILE_ACKNOWLEDGED,
    FILE_ACKNOWLEDGEMENT_BYTES,
    FILE_BYTES,
    FILE_GAP_SECONDS,
    Call,
)
from peergate.lab.simulator.machine import (
    Close,
    Connect,
    Endpoint,
    Happened,
    Machine,
    Send,
    SendDatagram,
    Talk,
)
from peergate.lab.simulator.stream import CLIENT, Conversation, Kind
from peergate.lab.simulator.voice import (
    HANG_UP_BYTES,
    HANG_UP_TIMES,
    SILENCE_SECONDS,
    voice,
)

if TYPE_CHECKING:
    from random import Random

    from peergate.lab.simulator.dialect import Dialect
    from peergate.lab.simulator.disguise import Disguise
    from peergate.lab.simulator.machine import Actions
    from peergate.lab.simulator.voice import Codec

CHECK_SECONDS = 0.5
# Over TCP a call has a sign of life a second beside the voice.
PING_SECONDS = 1.0
FIRST_HOP_PORT = 20_000


class Calling(Machine):
    """Calls of one client."""

    def __init__(self, dialect: Dialect, disguise: Disguise, codec: Codec, chance: Random) -> None:
        super().__init__()
        self._dialect = dialect
        self._disguise = disguise
        self._codec = codec
        self._chance = chance
        self._writer = dialect.writer(chance, disguise)
        self._streams = itertools.count(1)
        # By the address of the other side or the relay, or by the connection to the relay.
        self._calls: dict[str | int, Call] = {}
        self._relays: dict[int, Conversation] = {}
        self._meetings: dict[int, int] = {}
        self._hung_up: dict[str, float] = {}
        self._pieces = 0
        # Whether any datagram was ever answered.
        self.hears_udp = False

    def call(self, now: float, peer: Endpoint, seconds: float, meeting: int = 0) -> Actions:
        """Calls another client; at a meeting the peer is the relay, to which the other side comes as well."""
        yield from self.signal(now)
        yield from self.join(now, peer, meeting)
        self.later(now + seconds, lambda then: self._hang_up(then, peer))

    def join(self, now: float, peer: Endpoint, meeting: int) -> Actions:
        """Takes part in a call."""
        if meeting and not self.hears_udp:
            stream = next(self._streams)
            self._relays[stream] = self._dialect.conversation(self._chance, CLIENT)
            self._meetings[stream] = meeting
            yield Connect(stream, peer)
            return
        if meeting:
            yield SendDatagram(peer, self._writer.meet(meeting))
        yield from self._begin(now, peer)

    def send_file(self, now: float, peer: Endpoint, size: int, meeting: int = 0) -> Actions:
        """Sends a file, as fast as one does to a stranger."""
        if meeting:
            yield SendDatagram(peer, self._writer.meet(meeting))
        pieces = range(size // FILE_BYTES)
        gap = FILE_GAP_SECONDS * (3 if meeting else 1)
        words = ((self._chance.uniform(0.5, 1.5) * gap, FILE_BYTES) for _ in pieces)
        yield Talk(peer, words, self._writer.data, "file-transfer")
        yield Happened("file-started", {"peer": peer.address})
        del now

    def signal(self, now: float) -> Actions:
        """What a call needs before it."""
        del now
        yield from ()

    def in_call(self, sender: Endpoint) -> bool:
        """Whether a call with that address is up."""
        return sender.address in self._calls

    def heard(self, now: float, sender: Endpoint, size: int) -> Actions:
        """A packet of a voice or a file."""
        call = self._calls.get(sender.address)
        if size >= FILE_BYTES:
            yield from self._filed(sender)
        elif size == FILE_ACKNOWLEDGEMENT_BYTES and call is None:
            return
        elif size == HANG_UP_BYTES:
            yield from self._end(now, sender.address)
        elif call:
            call.received += 1
            call.heard_last = now
            if call.talk and call.talk.to != sender:
                # The other side has moved to another port.
                call.talk.to = sender
        # The other side may still talk for a moment after we have hung up.
        elif now - self._hung_up.get(sender.address, -math.inf) > 2 * SILENCE_SECONDS:
            yield from self._begin(now, sender)

    def connected(self, now: float, stream: int) -> Actions:
        """Begins to talk to a relay."""
        del now
        if conversation := self._relays.get(stream):
            yield Send(stream, conversation.open())

    def received(self, now: float, stream: int, data: bytes) -> Actions:
        """Goes on with a relay."""
        conversation = self._relays.get(stream)
        if conversation is None:
            return
        answer = conversation.feed(data)
        if answer:
            yield Send(stream, answer)
        if conversation.verdict is Kind.ACCEPTED and conversation.meeting is None:
            yield Send(stream, conversation.meet(self._meetings.pop(stream)))
            yield from self._begin(now, stream)
        heard = len(conversation.heard())
        if heard and (call := self._calls.get(stream)):
            call.received += heard
            call.heard_last = now

    def closed(self, now: float, stream: int) -> Actions:
        """A relay has gone."""
        self._relays.pop(stream, None)
        self._meetings.pop(stream, None)
        yield from self._end(now, stream)

    def _begin(self, now: float, to: Endpoint | int) -> Actions:
        key = to if isinstance(to, int) else to.address
        if key in self._calls:
            return
        call = self._calls[key] = Call(now, to, self._codec.patience)
        conversation = self._relays[to] if isinstance(to, int) else None
        write = conversation.say if conversation else self._writer.voice
        words = voice(self._chance, self._codec)
        if self._disguise.jitter:
            words = self._disguise.delay(self._chance, words)

        def say(size: int) -> bytes:
            call.sent += 1
            return write(size)

        call.talk = Talk(to, words, say)
        yield Happened("call-started", {"peer": str(key)})
        yield call.talk
        self.later(now + CHECK_SECONDS, lambda then: self._check(then, call))
        if conversation:
            self.later(now + PING_SECONDS, lambda then: self._ping(then, call))
        elif self._disguise.hop_seconds:
            self.later(now, lambda then: self._hop(then, call))

    def _check(self, now: float, call: Call) -> Actions:
        key = call.to if isinstance(call.to, int) else call.to.address
        if self._calls.get(key) is not call:
            return
        if news := call.news():
            yield Happened("heard", news)
        if call.silent(now):
            yield from self._end(now, key)
        else:
            self.later(now + CHECK_SECONDS, lambda then: self._check(then, call))

    def _ping(self, now: float, call: Call) -> Actions:
        if isinstance(call.to, int) and call.to in self._calls:
            yield Send(call.to, self._relays[call.to].keep_alive())
            self.later(now + PING_SECONDS, lambda then: self._ping(then, call))

    def _hop(self, now: float, call: Call) -> Actions:
        if call.talk and not call.talk.over:
            call.talk.port = self._chance.randrange(FIRST_HOP_PORT, 65_536)
            self.later(now + self._disguise.hop_seconds, lambda then: self._hop(then, call))
        yield from ()

    def _hang_up(self, now: float, peer: Endpoint) -> Actions:
        keys = [key for key in self._calls if key == peer.address or isinstance(key, int)]
        for key in keys:
            yield from self._end(now, key)

    def _end(self, now: float, key: str | int) -> Actions:
        call = self._calls.pop(key, None)
        if call is None or call.talk is None:
            return
        call.talk.over = True
        if news := call.news():
            yield Happened("heard", news)
        if isinstance(call.talk.to, int):
            self._relays.pop(call.talk.to, None)
            yield Close(call.talk.to)
        else:
            self._hung_up[call.talk.to.address] = now
            for _ in range(HANG_UP_TIMES):
                bye = self._writer.data(HANG_UP_BYTES)
                yield SendDatagram(call.talk.to, bye, call.talk.port)
        yield Happened("call-ended", {"sent": call.sent, "received": call.received})

    def _filed(self, sender: Endpoint) -> Actions:
        self._pieces += 1
        if self._pieces % FILE_ACKNOWLEDGED == 0:
            yield SendDatagram(sender, self._writer.data(FILE_ACKNOWLEDGEMENT_BYTES))
