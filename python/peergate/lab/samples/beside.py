"""What goes beside a call: reports of its quality, faxes, and who may speak."""

from __future__ import annotations

import struct

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.voice import SAMPLES
from peergate.lab.simulator.machine import Endpoint

SENDER_REPORT, DESCRIPTION = 200, 202
CANONICAL_NAME, TOOL = 1, 6
FLOOR_REQUEST, FLOOR_REQUEST_STATUS, HELLO, HELLO_ANSWER = 1, 4, 11, 12


def rtcp() -> Talk:
    """Both sides of a call report what they sent and heard, every five seconds of it (RFC 3550 §6.4)."""
    talk = Talk()
    mine, yours = 0x1111_2222, 0x3333_4444

    def packet(kind: int, body: bytes) -> bytes:
        """A header that counts one report or one source."""
        return struct.pack(">BBH", 0x81, kind, len(body) // 4) + body

    def report(source: int, other: int, number: int, name: bytes) -> bytes:
        sent = number * 250
        own = struct.pack(">IQIII", source, (5 * number) << 32, sent * SAMPLES, sent, sent * 160)
        heard = struct.pack(">IIIIII", other, 0, 100 + sent, 8, 0, 0)
        items = bytes([CANONICAL_NAME, len(name)]) + name + bytes([TOOL, 7]) + b"Example"
        described = struct.pack(">I", source) + items + b"\0"
        padded = described + bytes(-len(described) % 4)
        return packet(SENDER_REPORT, own + heard) + packet(DESCRIPTION, padded)

    for number in range(1, 4):
        talk.exchange(
            Endpoint(HERE, 40021),
            Endpoint(THERE, 50021),
            report(mine, yours, number, b"ann@example.com"),
            report(yours, mine, number, b"bob@example.org"),
        )
    return talk


def t38() -> Talk:
    """A fax in datagrams, each with the part before it once more (ITU-T T.38 §9.1)."""
    talk = Talk()
    parts: dict[int, list[bytes]] = {0: [], 1: []}
    for turn in range(24):
        side, number = turn % 2, turn // 2
        parts[side].append(bytes([0xC0, 1, 0x80, 0, 15]) + talk.chance.randbytes(16))
        new, *older = parts[side][:-3:-1]
        repeated = b"".join(bytes([len(part)]) + part for part in older)
        ends = Endpoint(HERE, 40022), Endpoint(THERE, 50022)
        source, destination = ends if side == 0 else ends[::-1]
        head = struct.pack(">HB", number, len(new))
        talk.datagram(source, destination, head + new + bytes([0, len(older)]) + repeated)
    return talk


def bfcp() -> Talk:
    """Somebody greets a conference's floor control, asks to speak, and is heard (RFC 8855 §5)."""
    talk = Talk()
    conference, user, floor = 4711, 234, 543

    def message(primitive: int, transaction: int, body: bytes = b"") -> bytes:
        ids = struct.pack(">IHH", conference, transaction, user)
        return struct.pack(">BBH", 1 << 5, primitive, len(body) // 4) + ids + body

    def attribute(kind: int, value: bytes) -> bytes:
        """A kind in seven bits, then one bit for "mandatory"; the length counts both bytes of the head."""
        return bytes([kind << 1 | 1, 2 + len(value)]) + value + bytes(-(2 + len(value)) % 4)

    primitives = attribute(11, bytes(kind << 1 for kind in (1, 2, 4, 11, 12)))
    attributes = attribute(10, bytes(kind << 1 for kind in (2, 3, 5)))
    granted = attribute(15, struct.pack(">H", 1) + attribute(5, b"\x03\0"))
    talk.connection(
        Endpoint(HERE, 43238),
        Endpoint(THERE, 3238),
        message(HELLO, 1),
        message(HELLO_ANSWER, 1, primitives + attributes),
        message(FLOOR_REQUEST, 2, attribute(2, struct.pack(">H", floor))),
        message(FLOOR_REQUEST_STATUS, 2, granted),
    )
    return talk
