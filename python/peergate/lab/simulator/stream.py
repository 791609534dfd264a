"""The TCP conversation between a client and its supernode, on any port.

Each direction begins with a seed of four bytes and ten known bytes under a keystream; then the keystream starts over
(the mistake by which it is recognised) and frames follow: one byte of length, shifted left by a flag, and a body.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

OPENER_BYTES = 14
SEED_BYTES = 4
KNOWN = bytes.fromhex("000100000001000000")
# The tenth known byte says who speaks.
CLIENT, SUPERNODE = 0x01, 0x03
# It repeats afterwards, which nobody can see: what it hides is as arbitrary as itself.
KEYSTREAM_BYTES = 1 << 11
# Seven bits of length.
LONGEST_BODY = 126


def keystream(seed: bytes) -> bytes:
    """The keystream of a seed. The real expansion of the key is not free; any other has the same look."""
    return hashlib.shake_128(seed).digest(KEYSTREAM_BYTES)


def mix(data: bytes, stream: bytes, start: int = 0) -> bytes:
    """Encrypts and decrypts."""
    start %= len(stream)
    need = stream[start : start + len(data)]
    while len(need) < len(data):
        need += stream[: len(data) - len(need)]
    return (int.from_bytes(data) ^ int.from_bytes(need)).to_bytes(len(data))


class Outgoing:
    """One direction, as its sender writes it."""

    def __init__(self, chance: Random, role: int) -> None:
        self._chance = chance
        self._seed = chance.randbytes(SEED_BYTES)
        self._stream = keystream(self._seed)
        self._role = role
        self._sent = 0

    def opener(self) -> bytes:
        """The first fourteen bytes."""
        return self._seed + mix(KNOWN + bytes([self._role]), self._stream)

    def frame(self, body: bytes, *, acknowledges: bool = False) -> bytes:
        """One frame."""
        clear = bytes([len(body) << 1 | acknowledges]) + body
        self._sent += len(clear)
        return mix(clear, self._stream, self._sent - len(clear))

    def exact(self, body: bytes) -> bytes:
        """A body as it is, in as many frames as it takes."""
        parts = range(0, len(body), LONGEST_BODY)
        return b"".join(self.frame(body[at : at + LONGEST_BODY]) for at in parts)

    def message(self, kind: int, size: int) -> bytes:
        """Frames of `size` bytes in all; the first says what they are and how much of it follows."""
        first = min(size, LONGEST_BODY + 1)
        start = bytes([kind]) + size.to_bytes(2)
        wire = self.frame(start + self._chance.randbytes(first - 1 - len(start)))
        while len(wire) < size:
            piece = min(size - len(wire), LONGEST_BODY + 1)
            wire += self.frame(self._chance.randbytes(piece - 1))
        return wire


class Incoming:
    """The other direction, as its receiver reads it, however it was cut into segments."""

    seed_bytes, opener_bytes = SEED_BYTES, OPENER_BYTES

    def __init__(self) -> None:
        self._buffer = b""
        self._stream = b""
        self._read = 0

    @property
    def opened(self) -> bool:
        """Whether the opener has arrived."""
        return bool(self._stream)

    def feed(self, data: bytes) -> list[bytes]:
        """Takes bytes; gives the bodies of the frames that are complete."""
        self._buffer += data
        if not self._stream:
            if len(self._buffer) < self.opener_bytes:
                return []
            self._stream = keystream(self._buffer[: self.seed_bytes])
            self._buffer = self._buffer[self.opener_bytes :]
        bodies = []
        while (body := self._next()) is not None:
            bodies.append(body)
        return bodies

    def _next(self) -> bytes | None:
        if not self._buffer:
            return None
        length = (self._buffer[0] ^ self._stream[self._read % KEYSTREAM_BYTES]) >> 1
        if len(self._buffer) <= length:
            return None
        body = mix(self._buffer[1 : length + 1], self._stream, self._read + 1)
        self._buffer = self._buffer[length + 1 :]
        self._read += length + 1
        return body


class Kind(IntEnum):
    """What a message of a supernode conversation is for."""

    REFUSED = 0
    ACCEPTED = 1
    NEWS = 2
    SIGNALLING = 3
    MEET = 4
    VOICE = 5


# Sizes as they were seen on the wire.
SUPERNODE_GREETING_BODY = 58
CLIENT_GREETING_BODY = 24
VERDICT_BYTES = {Kind.ACCEPTED: 587, Kind.REFUSED: 339}
CLIENT_CONFIRMATION_BODY = 15
NEWS_BYTES = 274
SIGNALLING_BYTES = 1400
KEEP_ALIVE_BODY = 3
MEET_BYTES = 40


class Conversation:
    """One end of a supernode connection: bytes in, bytes to send out, `state` to look at."""

    def __init__(self, chance: Random, role: int) -> None:
        self._chance = chance
        self._role = role
        self._in = Incoming()
        self._out = Outgoing(chance, role)
        self._greeted = False
        # None until the supernode has decided.
        self.verdict: Kind | None = None
        # The meeting that the client wants to be put through to, and what was said there since `heard`.
        self.meeting: int | None = None
        self._heard: list[bytes] = []
        self._half_heard = b""

    def open(self) -> bytes:
        """What the client says first."""
        return self._out.opener()

    def keep_alive(self) -> bytes:
        """A sign of life."""
        return self._out.frame(self._chance.randbytes(KEEP_ALIVE_BODY), acknowledges=True)

    def signalling(self) -> bytes:
        """Something about a call."""
        return self._out.message(Kind.SIGNALLING, SIGNALLING_BYTES)

    def meet(self, meeting: int) -> bytes:
        """Asks a relay to be put through to the one who names the same meeting."""
        self.meeting = meeting
        rest = self._chance.randbytes(MEET_BYTES - 5)
        return self._out.frame(bytes([Kind.MEET]) + meeting.to_bytes(4) + rest)

    def say(self, size: int) -> bytes:
        """A packet of a voice."""
        return self._out.message(Kind.VOICE, size)

    def repeat(self, body: bytes) -> bytes:
        """What a relay heard from the other side of a meeting."""
        return self._out.exact(body)

    def heard(self) -> list[bytes]:
        """What was said in the meeting since the last time."""
        heard, self._heard = self._heard, []
        return heard

    def feed(self, data: bytes, *, welcome: bool = True) -> bytes:
        """Takes bytes of the other side; gives the answer, perhaps empty. A supernode says if clients are welcome."""
        was_open = self._in.opened
        bodies = self._in.feed(data)
        if self._role == CLIENT:
            return b"".join(self._as_client(body) for body in bodies)
        answer = b""
        if self._in.opened and not was_open:
            answer = self._out.opener() + self._out.frame(
                self._chance.randbytes(SUPERNODE_GREETING_BODY)
            )
        return answer + b"".join(self._as_supernode(body, welcome=welcome) for body in bodies)

    def _hear(self, body: bytes) -> None:
        self._half_heard += body
        # A longest frame is the beginning of something longer.
        if len(body) != LONGEST_BODY:
            self._heard.append(self._half_heard)
            self._half_heard = b""

    def _as_client(self, body: bytes) -> bytes:
        if self.meeting is not None:
            self._hear(body)
            return b""
        if not self._greeted:
            self._greeted = True
            greeting = (
                self._chance.randbytes(2)
                + bytes.fromhex("13f201")
                + self._chance.randbytes(2)
                + b"\x42\x4b"
            )
            return self._out.frame(
                greeting + self._chance.randbytes(CLIENT_GREETING_BODY - len(greeting))
            )
        if self.verdict is None:
            self.verdict = Kind(body[0])
            if self.verdict is Kind.ACCEPTED:
                return self._out.frame(self._chance.randbytes(CLIENT_CONFIRMATION_BODY))
        return b""

    def _as_supernode(self, body: bytes, *, welcome: bool) -> bytes:
        if not self._greeted:
            self._greeted = True
            self.verdict = Kind.ACCEPTED if welcome else Kind.REFUSED
            return self._out.message(self.verdict, VERDICT_BYTES[self.verdict])
        if self.meeting is not None:
            self._hear(body)
        elif body[:1] == bytes([Kind.MEET]) and len(body) == MEET_BYTES:
            self.meeting = int.from_bytes(body[1:5])
        elif len(body) == CLIENT_CONFIRMATION_BODY:
            return self._out.message(Kind.NEWS, NEWS_BYTES)
        elif len(body) == KEEP_ALIVE_BODY:
            return self.keep_alive()
        elif body[:1] == bytes([Kind.SIGNALLING]):
            return self.signalling()
        return b""
