"""Calls and messages of programs whose makers publish little of their formats, as those who read them describe it."""

from __future__ import annotations

import struct

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.voice import SAMPLES
from peergate.lab.simulator.machine import Endpoint

OPUS = 120
LOW_BITS = 0x7F
ASK, ANSWER = 1, 2
TEAMSPEAK, PUZZLE, UNENCRYPTED, BUILD = b"TS3INIT1", 101, 0x88, 0x0C93B5C0
ZOOM_SERVER, ZOOM_SOUND, ZOOM_CODING = 5, 15, 112


def rtp(number: int, coding: int, source: int, rate: int = 960) -> bytes:
    """A header of twelve bytes (RFC 3550 §5.1)."""
    return struct.pack(">BBHII", 0x80, coding, 100 + number, 8000 + number * rate, source)


def discord() -> Talk:
    """A client learns its own address, keeps the way open, and talks (Discord's documentation, Voice Connections)."""
    talk = Talk()
    client, server = Endpoint(HERE, 50020), Endpoint(THERE, 50001)
    mine, yours = 0x0003CFA8, 0x0003CFB1

    def discovery(kind: int, address: bytes, port: int) -> bytes:
        return struct.pack(">HHI64sH", kind, 70, mine, address, port)

    def sound(number: int, source: int) -> bytes:
        """Opus, sealed, and the number of the seal behind it."""
        return rtp(number, OPUS, source) + talk.chance.randbytes(100) + struct.pack("<I", number)

    talk.exchange(
        client,
        server,
        discovery(ASK, b"", 0),
        discovery(ANSWER, HERE.encode(), client.port),
        b"\x13\x37\xca\xfe" + struct.pack("<I", 1),
        b"\x13\x37\xca\xfe" + struct.pack("<I", 1),
    )
    for number in range(25):
        talk.exchange(client, server, sound(number, mine), sound(number, yours))
    return talk


def zoom() -> Talk:
    """A client is answered by a server, and both send sound behind two headers (Michel et al., 2022)."""
    talk = Talk()
    client, server = Endpoint(HERE, 48801), Endpoint(THERE, 8801)
    meeting = talk.chance.randbytes(4)
    opening = b"\0\x02" + talk.chance.randbytes(16)

    def sound(number: int, direction: int, source: int) -> bytes:
        start = struct.pack(">BH4sB", ZOOM_SERVER, number, meeting, direction)
        media = struct.pack(">B8xHI4x", ZOOM_SOUND, number, 8000 + number * SAMPLES)
        return start + media + rtp(number, ZOOM_CODING, source, SAMPLES) + talk.chance.randbytes(90)

    talk.exchange(
        client,
        server,
        b"\x01" + opening + talk.chance.randbytes(100),
        b"\x02" + opening + talk.chance.randbytes(40),
    )
    for number in range(1, 26):
        talk.exchange(
            client,
            server,
            sound(number, 0, 0x01000401),
            sound(number, 4, 0x01000801),
        )
    return talk


def whatsapp() -> Talk:
    """The three messages of the Noise handshake, then sealed frames (WhatsApp Encryption Overview)."""
    talk = Talk()
    random = talk.chance.randbytes

    def field(number: int, value: bytes) -> bytes:
        """Bytes behind their length, as protocol buffers write one below 16,384."""
        low, high = len(value) & LOW_BITS, len(value) >> 7
        length = bytes([low | ~LOW_BITS & 0xFF, high] if high else [low])
        return bytes([number << 3 | 2]) + length + value

    def frame(body: bytes) -> bytes:
        return len(body).to_bytes(3) + body

    hello = field(2, field(1, random(32)))
    answer = field(3, field(1, random(32)) + field(2, random(48)) + field(3, random(180)))
    finish = field(4, field(1, random(48)) + field(2, random(220)))
    talk.connection(
        Endpoint(HERE, 45223),
        Endpoint(THERE, 5222),
        b"WA\x06\x03" + frame(hello),
        frame(answer),
        frame(finish),
        frame(random(120)),
        frame(random(60)),
    )
    return talk


def viber() -> Talk:
    """Both sides' first messages, and a relay of a call whose session both sides name."""
    talk = Talk()
    random = talk.chance.randbytes

    def greeting(number: int, rest: bytes) -> bytes:
        body = struct.pack("<I", number) + rest
        return struct.pack("<H", 2 + len(body)) + body

    talk.connection(
        Endpoint(HERE, 45242),
        Endpoint(THERE, 5242),
        greeting(0, b"\xfc\xff\x03\x80" + random(80)),
        greeting(0x1234, b"\x03\x80" + bytes(4) + random(40)),
    )
    session = random(2)

    def part(kind: int, length: int, start: bytes = b"") -> bytes:
        return session + struct.pack("<H", kind) + start + random(length - 4 - len(start))

    talk.exchange(
        Endpoint(HERE, 47985),
        Endpoint(THERE, 7985),
        part(0x01, 260, b"\x05\0"),
        part(0x09, 20),
        part(0x0C, 76),
        part(0x19, 34),
        part(0x03, 12),
        part(0x11, 18),
    )
    return talk


def teamspeak() -> Talk:
    """The first exchange with its puzzle, and a server that is asked in lines (the ts3protocol document of TSLib)."""
    talk = Talk()
    random = talk.chance.randbytes
    asked, given = random(4), random(16)

    def client(step: int, body: bytes) -> bytes:
        head = struct.pack(">HHBI", PUZZLE, 0, UNENCRYPTED, BUILD)
        return TEAMSPEAK + head + bytes([step]) + body

    def server(step: int, body: bytes) -> bytes:
        return TEAMSPEAK + struct.pack(">HB", PUZZLE, UNENCRYPTED) + bytes([step]) + body

    puzzle = random(64 + 64) + struct.pack(">I", 10000) + random(100)
    talk.exchange(
        Endpoint(HERE, 49987),
        Endpoint(THERE, 9987),
        client(0, struct.pack(">I", 1_700_000_000) + asked + bytes(8)),
        server(1, given + asked[::-1]),
        client(2, given + asked[::-1]),
        server(3, puzzle),
        client(4, puzzle + random(64) + b"clientinitiv alpha=example omega=example ot=1 ip"),
        random(8) + struct.pack(">HB", 0, 0x02) + random(300),
    )
    talk.connection(
        Endpoint(HERE, 40011),
        Endpoint(THERE, 10011),
        b"",
        b"TS3\n\rWelcome to the TeamSpeak 3 ServerQuery interface.\n\r",
        b"version\n",
        b"version=3.13.7 build=1655727713 platform=Linux\n\rerror id=0 msg=ok\n\r",
    )
    return talk
