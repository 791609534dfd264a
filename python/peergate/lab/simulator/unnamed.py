"""The messages of a program that nobody has a signature for: every byte of them is as good as random.

A datagram is a nonce of four bytes, its function masked by them, and ciphertext. A connection has neither known bytes
nor a keystream that is used twice. Sizes are arbitrary and differ from one run of the program to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.simulator.messages import FUNCTIONS, Function, Writer, masked
from peergate.lab.simulator.stream import (
    Conversation,
    Incoming,
    Kind,
    Outgoing,
    keystream,
    mix,
)

if TYPE_CHECKING:
    from random import Random

NONCE_BYTES = 4
START = NONCE_BYTES + 1
PROBE_BYTES = (28, 140)
ANSWER_BYTES = (30, 180)
HIDDEN_SEED_BYTES = 16
LONGEST_PADDING = 400
LENGTH_BYTES = 2
LONGEST_HIDDEN_BODY = 1200


def mask(nonce: bytes) -> int:
    """A byte that hangs on all bytes of a nonce."""
    return nonce[0] ^ nonce[1] ^ nonce[2] ^ nonce[3]


class UnnamedWriter(Writer):
    """Writes and reads datagrams of which every byte is random."""

    @staticmethod
    def function(payload: bytes) -> Function | None:
        """What a datagram is for, if it is one of ours."""
        return (
            FUNCTIONS.get(payload[NONCE_BYTES] ^ mask(payload)) if len(payload) >= START else None
        )

    @staticmethod
    def identifier(payload: bytes) -> int:
        """No datagram names another."""
        del payload
        return -1

    @staticmethod
    def accepts(answer: bytes) -> bool:
        """Whether a node that was asked has room."""
        return bool(masked(answer[START : START + 1], answer[:NONCE_BYTES])[0] & 1)

    def probe(self) -> bytes:
        """The question whether a node is there."""
        return self.request(self._chance.randint(*PROBE_BYTES))

    def request(self, size: int) -> bytes:
        """A question."""
        return self._message(Function.OBFUSCATED, self._disguise.pad(self._chance, size))

    def welcome(self, *, accepts: bool) -> bytes:
        """The answer of a node that has room, or has none."""
        answer = self._message(Function.REFUSED, self._chance.randint(*ANSWER_BYTES))
        said = masked(bytes([accepts]), answer[:NONCE_BYTES])
        return answer[:START] + said + answer[START + 1 :]

    def meet(self, meeting: int) -> bytes:
        """Asks a relay to be put through."""
        request = self._message(Function.RESEND, self._chance.randint(*PROBE_BYTES))
        said = masked(meeting.to_bytes(4), request[:NONCE_BYTES])
        return request[:START] + said + request[START + 4 :]

    @staticmethod
    def meeting(request: bytes) -> int | None:
        """The meeting that a request names."""
        if UnnamedWriter.function(request) is not Function.RESEND:
            return None
        return int.from_bytes(masked(request[START : START + 4], request[:NONCE_BYTES]))

    def data(self, size: int) -> bytes:
        """Voice, or whatever else is under way between two clients."""
        return self._message(Function.DATA, size)

    def _message(self, what: Function, size: int) -> bytes:
        noise = self._chance.randbytes(max(size, START + 4))
        return noise[:NONCE_BYTES] + bytes([what ^ mask(noise)]) + noise[START:]


class HiddenOutgoing(Outgoing):
    """One direction of a connection, as its sender writes it."""

    def __init__(self, chance: Random, role: int) -> None:
        super().__init__(chance, role)
        self._seed = chance.randbytes(HIDDEN_SEED_BYTES)
        self._stream = keystream(self._seed)

    def opener(self) -> bytes:
        """A seed, and a frame of padding that says nothing."""
        return self._seed + self.frame(b"")

    def frame(self, body: bytes, *, acknowledges: bool = False) -> bytes:
        """One frame: lengths of body and padding, body, padding."""
        del acknowledges
        return self._sealed(body, self._chance.randbytes(self._chance.randint(0, LONGEST_PADDING)))

    def exact(self, body: bytes) -> bytes:
        """A body as it is, in one frame."""
        return self._sealed(body, b"")

    def message(self, kind: int, size: int) -> bytes:
        """A message in one frame or more; the first byte says what it is."""
        body = bytes([kind]) + self._chance.randbytes(size - 1)
        if kind == Kind.VOICE:
            return self.exact(body)
        parts = range(0, size, LONGEST_HIDDEN_BODY)
        return b"".join(self.frame(body[at : at + LONGEST_HIDDEN_BODY]) for at in parts)

    def _sealed(self, body: bytes, padding: bytes) -> bytes:
        clear = len(body).to_bytes(LENGTH_BYTES) + len(padding).to_bytes(LENGTH_BYTES)
        clear += body + padding
        self._sent += len(clear)
        return mix(clear, self._stream, self._sent - len(clear))


class HiddenIncoming(Incoming):
    """The other direction, as its receiver reads it."""

    seed_bytes = opener_bytes = HIDDEN_SEED_BYTES

    def _next(self) -> bytes | None:
        if len(self._buffer) < 2 * LENGTH_BYTES:
            return None
        lengths = mix(self._buffer[: 2 * LENGTH_BYTES], self._stream, self._read)
        body = int.from_bytes(lengths[:LENGTH_BYTES])
        whole = 2 * LENGTH_BYTES + body + int.from_bytes(lengths[LENGTH_BYTES:])
        if len(self._buffer) < whole:
            return None
        start = 2 * LENGTH_BYTES
        clear = mix(self._buffer[start : start + body], self._stream, self._read + start)
        self._buffer = self._buffer[whole:]
        self._read += whole
        # A frame of padding alone says nothing.
        return clear or self._next()


class HiddenConversation(Conversation):
    """One end of a connection to a supernode of which no byte can be foretold."""

    def __init__(self, chance: Random, role: int) -> None:
        super().__init__(chance, role)
        self._in, self._out = HiddenIncoming(), HiddenOutgoing(chance, role)
