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
# Far more than one conversation of the simulator says.
KEYSTREAM_BYTES = 1 << 16
# Seven bits of length.
LONGEST_BODY = 126


def keystream(seed: bytes) -> bytes:
    """The keystream of a seed. The real expansion of the key is not free; any other has the same look."""
    return hashlib.shake_128(seed).digest(KEYSTREAM_BYTES)


def mix(data: bytes, stream: bytes, start: int = 0) -> bytes:
    """Encrypts and decrypts."""
    return bytes(one ^ other for one, other in zip(data, stream[start:], strict=False))


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
            if len(self._buffer) < OPENER_BYTES:
                return []
            self._stream = keystream(self._buffer[:SEED_BYTES])
            self._buffer = self._buffer[OPENER_BYTES:]
        bodies = []
        while self._buffer:
            length = (self._buffer[0] ^ self._stream[self._read]) >> 1
            if len(self._buffer) <= length:
                break
            bodies.append(mix(self._buffer[1 : length + 1], self._stream, self._read + 1))
            self._buffer = self._buffer[length + 1 :]
            self._read += length + 1
        return bodies


class Kind(IntEnum):
    """What a message of a supernode conversation is for."""

    REFUSED = 0
    ACCEPTED = 1
    NEWS = 2
    SIGNALLING = 3


# Sizes as they were seen on the wire.
SUPERNODE_GREETING_BODY = 58
CLIENT_GREETING_BODY = 24
VERDICT_BYTES = {Kind.ACCEPTED: 587, Kind.REFUSED: 339}
CLIENT_CONFIRMATION_BODY = 15
NEWS_BYTES = 274
SIGNALLING_BYTES = 1400
KEEP_ALIVE_BODY = 3


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

    def open(self) -> bytes:
        """What the client says first."""
        return self._out.opener()

    def keep_alive(self) -> bytes:
        """A sign of life."""
        return self._out.frame(self._chance.randbytes(KEEP_ALIVE_BODY), acknowledges=True)

    def signalling(self) -> bytes:
        """Something about a call."""
        return self._out.message(Kind.SIGNALLING, SIGNALLING_BYTES)

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

    def _as_client(self, body: bytes) -> bytes:
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
        if len(body) == CLIENT_CONFIRMATION_BODY:
            return self._out.message(Kind.NEWS, NEWS_BYTES)
        if len(body) == KEEP_ALIVE_BODY:
            return self.keep_alive()
        if body[:1] == bytes([Kind.SIGNALLING]):
            return self.signalling()
        return b""
