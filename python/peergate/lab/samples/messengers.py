"""Messengers of before, whose servers others rebuilt: OSCAR, MSNP, YMSG and Gadu-Gadu."""

from __future__ import annotations

import struct

from peergate.lab.samples.office import session
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

SIGN_ON, DATA = 1, 2
YMSG_AUTHENTICATION, YMSG_ANSWER, YMSG_LIST, YMSG_MESSAGE = 0x57, 0x54, 0x55, 0x06
WELCOME, LOG_ON, LOGGED_ON, MESSAGE = 0x01, 0x31, 0x35, 0x2D


def oscar() -> Talk:
    """Both sides sign on, the server lists its services, the client the versions that it speaks (FLAP and SNAC)."""
    cookie = Talk().chance.randbytes(64)

    def frame(channel: int, number: int, body: bytes) -> bytes:
        return struct.pack(">BBHH", 0x2A, channel, number, len(body)) + body

    def service(family: int, kind: int, body: bytes) -> bytes:
        return struct.pack(">HHHI", family, kind, 0, kind) + body

    version = struct.pack(">I", 1)
    families = struct.pack(">6H", 1, 2, 3, 4, 9, 0x13)
    versions = struct.pack(">6H", 1, 4, 2, 1, 4, 1)
    return session(
        45190,
        5190,
        b"",
        frame(SIGN_ON, 1, version),
        frame(SIGN_ON, 1, version + struct.pack(">HH", 6, len(cookie)) + cookie),
        frame(DATA, 2, service(1, 3, families)),
        frame(DATA, 2, service(1, 0x17, versions)),
        frame(DATA, 3, service(1, 0x18, versions)),
    )


def msnp() -> Talk:
    """A log-on at a server, and a talk to which somebody is called at another (hypothetic.org's documentation)."""
    talk = Talk()

    def lines(*said: str) -> tuple[bytes, ...]:
        return tuple(f"{line}\r\n".encode() for line in said)

    talk.connection(
        Endpoint(HERE, 41863),
        Endpoint(THERE, 1863),
        *lines(
            "VER 1 MSNP12 MSNP11 CVR0",
            "VER 1 MSNP12 CVR0",
            "CVR 2 0x0409 winnt 5.1 i386 EXAMPLE 1.0.0 example ann@example.com",
            "CVR 2 1.0.0 1.0.0 1.0.0 http://example.com/ http://example.com/",
            "USR 3 TWN I ann@example.com",
            "USR 3 TWN S lc=1033,id=507",
        ),
    )
    talk.connection(
        Endpoint(HERE, 41864),
        Endpoint(THERE, 1863),
        *lines(
            "USR 1 ann@example.com 17262740.1050826919.32308",
            "USR 1 OK ann@example.com Ann",
            "CAL 2 bob@example.org",
            "CAL 2 RINGING 17262740",
        ),
    )
    return talk


def ymsg() -> Talk:
    """A challenge, its answer, a list of friends and a message (libyahoo2's documentation)."""
    number = Talk().chance.randbytes(4)

    def message(service: int, **pairs: str) -> bytes:
        words = (part.encode() for name, value in pairs.items() for part in (name[1:], value))
        body = b"".join(word + b"\xc0\x80" for word in words)
        return struct.pack(">4sHHHHI", b"YMSG", 16, 0, len(body), service, 0) + number + body

    return session(
        45050,
        5050,
        message(YMSG_AUTHENTICATION, _1="ann"),
        message(YMSG_AUTHENTICATION, _1="ann", _94="an example of a challenge", _13="2"),
        message(YMSG_ANSWER, _1="ann", _0="ann", _277="example", _278="example", _2="ann"),
        message(YMSG_LIST, _87="Friends:bob", _3="ann"),
        message(YMSG_MESSAGE, _1="ann", _5="bob", _14="hello"),
    )


def gadugadu() -> Talk:
    """The welcome with its seed, a log-on, and a message (libgadu's description, version 8)."""
    random = Talk().chance.randbytes

    def message(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<II", kind, len(body)) + body

    program = b"Example 1.0"
    proof = random(20).ljust(64, b"\0")
    log_on = struct.pack("<I2sB", 1234567, b"pl", 2) + proof
    log_on += struct.pack("<IIIIHIHBB", 2, 0, 7, 0, 0, 0, 0, 255, 0x64)
    log_on += struct.pack("<I", len(program)) + program + struct.pack("<I", 0)
    formatted, plain = b"<span>hello</span>\0", b"hello\0"
    offsets = 20 + len(formatted), 20 + len(formatted) + len(plain)
    said = struct.pack("<5I", 7654321, 1, 8, *offsets) + formatted + plain
    return session(
        48074,
        8074,
        b"",
        message(WELCOME, random(4)),
        message(LOG_ON, log_on),
        message(LOGGED_ON, struct.pack("<I", 1)),
        message(MESSAGE, said),
    )
