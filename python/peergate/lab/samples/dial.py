"""Tunnels that others stand at the end of: SOCKS, IPsec, L2TP and PPTP."""

from __future__ import annotations

import struct
from socket import inet_aton

from peergate.lab.samples.talk import ELSEWHERE, HERE, THERE, Talk
from peergate.lab.samples.web import tls_inside
from peergate.lab.simulator.machine import Endpoint

SA, KEY_EXCHANGE, NONCE, ENCRYPTED = 33, 34, 40, 46
INIT, AUTHENTICATE = 34, 35
COOKIE = 0x1A2B3C4D


def socks() -> Talk:
    """A page through a proxy that wants a password (RFC 1928, RFC 1929), and TLS through one of version 4."""
    talk = Talk()
    name = b"www.example.com"
    page = b"<!doctype html><title>Example</title>"
    talk.connection(
        Endpoint(HERE, 41080),
        Endpoint(THERE, 1080),
        bytes([5, 2, 0, 2]),
        bytes([5, 2]),
        b"\x01\x03ann\x06secret",
        bytes([1, 0]),
        bytes([5, 1, 0, 3, len(name)]) + name + struct.pack(">H", 80),
        bytes([5, 0, 0, 1]) + inet_aton(THERE) + struct.pack(">H", 50080),
        b"GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Example/1.0\r\n\r\n" % name,
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
        + page,
    )
    talk.connection(
        Endpoint(HERE, 41081),
        Endpoint(THERE, 1080),
        struct.pack(">BBH", 4, 1, 443) + inet_aton(ELSEWHERE) + b"ann\0",
        b"\0\x5a" + bytes(6),
        *tls_inside(talk.chance),
    )
    return talk


def ipsec() -> Talk:
    """Keys are agreed on, an address translator is found between, data follows (RFC 7296, RFC 3948)."""
    talk = Talk()
    random = talk.chance.randbytes
    one, two = random(8), random(8)

    def transform(more: int, kind: int, number: int, extra: bytes = b"") -> bytes:
        return struct.pack(">BBHBBH", more, 0, 8 + len(extra), kind, 0, number) + extra

    # AES-CBC of 256 bits, HMAC-SHA-256 for keys and seals, Curve25519 (IANA's numbers).
    offer = transform(3, 1, 12, b"\x80\x0e\x01\x00") + transform(3, 2, 5)
    offer += transform(3, 3, 12) + transform(0, 4, 31)
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(offer), 1, 1, 0, 4) + offer

    def payload(following: int, body: bytes) -> bytes:
        return struct.pack(">BBH", following, 0, 4 + len(body)) + body

    def message(responds: bool, exchange: int, first: int, body: bytes) -> bytes:
        number = exchange - INIT
        responder = bytes(8) if exchange == INIT and not responds else two
        flags = 0x20 if responds else 0x08
        head = struct.pack(">BBBBII", first, 0x20, exchange, flags, number, 28 + len(body))
        return one + responder + head + body

    def key() -> bytes:
        share = struct.pack(">HH", 31, 0) + random(32)
        return payload(KEY_EXCHANGE, proposal) + payload(NONCE, share) + payload(0, random(32))

    talk.exchange(
        Endpoint(HERE, 500),
        Endpoint(THERE, 500),
        message(False, INIT, SA, key()),
        message(True, INIT, SA, key()),
    )

    def sealed_message(responds: bool, first: int) -> bytes:
        """Behind the four zeros that tell keys from data."""
        return bytes(4) + message(responds, AUTHENTICATE, ENCRYPTED, payload(first, random(224)))

    def data(index: bytes, number: int) -> bytes:
        return index + struct.pack(">I", number) + random(112)

    mine, yours = b"\xc1" + random(3), b"\xc2" + random(3)
    flow = [data((yours, mine)[turn % 2], turn // 2 + 1) for turn in range(4)]
    talk.exchange(
        Endpoint(HERE, 4500),
        Endpoint(THERE, 4500),
        sealed_message(False, 35),
        sealed_message(True, 36),
        *flow,
    )
    return talk


def l2tp() -> Talk:
    """A line is asked for, a call on it, and PPP begins inside (RFC 2661)."""
    talk = Talk()
    tunnels, calls = (0, 21, 22), (0, 31, 32)

    def attribute(kind: int, value: bytes) -> bytes:
        return struct.pack(">HHH", 0x8000 | 6 + len(value), 0, kind) + value

    def short(kind: int, number: int) -> bytes:
        return attribute(kind, struct.pack(">H", number))

    def control(to: tuple[int, int], counters: tuple[int, int], *attributes: bytes) -> bytes:
        body = b"".join(attributes)
        place = tunnels[to[0]], calls[to[1]]
        return struct.pack(">6H", 0xC802, 12 + len(body), *place, *counters) + body

    def hosts(kind: int, name: bytes, tunnel: int) -> tuple[bytes, ...]:
        framing = attribute(3, struct.pack(">I", 3))
        named = attribute(7, name)
        return short(0, kind), short(2, 0x0100), framing, named, short(9, tunnels[tunnel])

    def inside(tunnel: int, message: bytes) -> bytes:
        head = struct.pack(">HHH", 2, tunnels[tunnel], calls[tunnel])
        return head + b"\xff\x03\xc0\x21" + message

    serial = attribute(15, struct.pack(">I", 1))
    rate = attribute(24, struct.pack(">I", 100_000_000))
    talk.exchange(
        Endpoint(HERE, 1701),
        Endpoint(THERE, 1701),
        control((0, 0), (0, 0), *hosts(1, b"ann", 1)),
        control((1, 0), (0, 1), *hosts(2, b"lns.example", 2)),
        control((2, 0), (1, 1), short(0, 3)),
        control((1, 0), (1, 2)),
        control((2, 0), (2, 1), short(0, 10), short(14, calls[1]), serial),
        control((1, 1), (1, 3), short(0, 11), short(14, calls[2])),
        control((2, 2), (3, 2), short(0, 12), rate, attribute(19, struct.pack(">I", 1))),
        control((1, 0), (2, 4)),
        inside(2, b"\x01\x01\x00\x08\x01\x04\x05\x78"),
        inside(1, b"\x02\x01\x00\x08\x01\x04\x05\x78"),
    )
    return talk


def pptp() -> Talk:
    """Both sides say who they are, and a call is set up (RFC 2637)."""
    talk = Talk()

    def message(kind: int, body: bytes) -> bytes:
        return struct.pack(">HHIHH", 12 + len(body), 1, COOKIE, kind, 0) + body

    def who(result: int, name: bytes) -> bytes:
        start = struct.pack(">HBBIIHH", 0x0100, result, 0, 3, 3, 0, 1)
        return start + name.ljust(64, b"\0") + b"Example".ljust(64, b"\0")

    speeds = struct.pack(">HHIIIIHHHH", 41, 1, 300, 100_000_000, 3, 3, 64, 0, 0, 0)
    agreed = struct.pack(">HHBBHIHHI", 42, 41, 1, 0, 0, 100_000_000, 64, 0, 0)
    talk.connection(
        Endpoint(HERE, 41723),
        Endpoint(THERE, 1723),
        message(1, who(0, b"ann")),
        message(2, who(1, b"pns.example")),
        message(7, speeds + bytes(128)),
        message(8, agreed),
    )
    return talk
