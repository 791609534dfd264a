"""Calls: STUN and TURN that open the way, SIP that rings, RTP that carries the sound."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from socket import inet_aton

from peergate.lab.samples.talk import ELSEWHERE, HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

COOKIE = 0x2112A442
FINGERPRINT = 0x5354554E
SAMPLES = 160


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute of RFC 8489 §14, padded."""
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def address(kind: int, end: Endpoint) -> bytes:
    """An address, masked with the cookie."""
    masked = int.from_bytes(inet_aton(end.address)) ^ COOKIE
    return attribute(kind, struct.pack(">BBHI", 0, 1, end.port ^ COOKIE >> 16, masked))


def message(kind: int, transaction: bytes, *attributes: bytes) -> bytes:
    """A message with its fingerprint."""
    body = b"".join(attributes)
    start = struct.pack(">HHI", kind, len(body) + 8, COOKIE) + transaction + body
    return start + attribute(0x8028, struct.pack(">I", zlib.crc32(start) ^ FINGERPRINT))


def stun() -> Talk:
    """A client asks how it is seen (RFC 8489)."""
    talk = Talk()
    transaction = talk.chance.randbytes(12)
    client = Endpoint(HERE, 43478)
    asked = message(0x0001, transaction, attribute(0x8022, b"Example/1.0"))
    answered = message(0x0101, transaction, address(0x0020, client))
    talk.exchange(client, Endpoint(THERE, 3478), asked, answered)
    return talk


def turn() -> Talk:
    """A client takes a relay's address, binds a channel and sends sound through it (RFC 8656)."""
    talk = Talk()
    one, two = talk.chance.randbytes(12), talk.chance.randbytes(12)
    client, relayed, peer = (
        Endpoint(HERE, 43479),
        Endpoint(THERE, 50000),
        Endpoint(ELSEWHERE, 40000),
    )
    channel = attribute(0x000C, b"\x40\x00\x00\x00")
    lasts = attribute(0x000D, struct.pack(">I", 600))
    talk.exchange(
        client,
        Endpoint(THERE, 3478),
        message(0x0003, one, attribute(0x0019, b"\x11\0\0\0")),
        message(0x0103, one, address(0x0016, relayed), address(0x0020, client), lasts),
        message(0x0009, two, channel, address(0x0012, peer)),
        message(0x0109, two),
        *[struct.pack(">HH", 0x4000, 172) + sound(talk, number, 0xCAFE) for number in range(12)],
    )
    return talk


def sound(talk: Talk, number: int, source: int) -> bytes:
    """Twenty milliseconds of PCMU (RFC 3550, RFC 3551)."""
    header = struct.pack(">BBHII", 0x80, 0, 100 + number, 8000 + number * SAMPLES, source)
    return header + talk.chance.randbytes(SAMPLES)


def call(talk: Talk, one: Endpoint, other: Endpoint) -> None:
    """Half a second of sound, both ways."""
    for number in range(25):
        talk.datagram(one, other, sound(talk, number, 0x1111_2222))
        talk.datagram(other, one, sound(talk, number, 0x3333_4444))


def rtp() -> Talk:
    """Sound that nobody announced."""
    talk = Talk()
    call(talk, Endpoint(HERE, 40000), Endpoint(THERE, 50000))
    return talk


def offer(end: Endpoint) -> str:
    """Sound at an end, in SDP (RFC 8866)."""
    return (
        f"v=0\r\no=- 1 1 IN IP4 {end.address}\r\ns=-\r\nc=IN IP4 {end.address}\r\nt=0 0\r\n"
        f"m=audio {end.port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    )


@dataclass(frozen=True)
class Dialogue:
    """One call in SIP: over what and from where, who calls whom, its number."""

    via: str
    caller: str
    callee: str
    number: int

    def part(self, first: str, method: str, number: int, body: str = "") -> bytes:
        """A message of it: its first line, the method, that one's number, and SDP where there is any."""
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{first}\r\nVia: SIP/2.0/{self.via};branch=z9hG4bK{number}\r\n"
            f"From: <sip:{self.caller}@example.com>;tag=1\r\nTo: {self.callee}\r\n"
            f"Call-ID: {self.number}@{HERE}\r\nCSeq: {number} {method}\r\nUser-Agent: Example/1.0\r\n"
            f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def sip() -> Talk:
    """A call is set up, carried and ended (RFC 3261)."""
    talk = Talk()
    caller, callee = Endpoint(HERE, 5060), Endpoint(THERE, 5060)
    mine, yours = Endpoint(HERE, 40002), Endpoint(THERE, 50002)

    part = Dialogue(f"UDP {HERE}:5060", "alice", "<sip:bob@example.org>", 1).part
    bob = "sip:bob@example.org SIP/2.0"
    talk.exchange(
        caller,
        callee,
        part(f"INVITE {bob}", "INVITE", 1, offer(mine)),
        part("SIP/2.0 200 OK", "INVITE", 1, offer(yours)),
        part(f"ACK {bob}", "ACK", 1),
    )
    call(talk, mine, yours)
    talk.exchange(caller, callee, part(f"BYE {bob}", "BYE", 2), part("SIP/2.0 200 OK", "BYE", 2))
    return talk


def h323() -> Talk:
    """H.225 sets a call up and names the place of H.245, which names that of the sound."""
    talk = Talk()
    mine, yours, control = Endpoint(HERE, 40004), Endpoint(THERE, 50004), Endpoint(THERE, 51232)

    def framed(message: bytes) -> bytes:
        return struct.pack(">BBH", 3, 0, len(message) + 4) + message

    def place(end: Endpoint) -> bytes:
        """An address as aligned PER leaves it: the bits of its choice, padding, whole bytes."""
        return b"\0" + inet_aton(end.address) + struct.pack(">H", end.port)

    def h225(number: int, kind: int, user: bytes) -> bytes:
        head = struct.pack(">BBHB", 8, 2, number, kind)
        return framed(head + struct.pack(">BHB", 0x7E, len(user) + 1, 5) + user)

    version = bytes.fromhex("060008914a0004")
    setup = bytes.fromhex("2000") + version + bytes.fromhex("22c00900003d")
    connect = bytes.fromhex("22c0") + version + place(control) + bytes.fromhex("22c00900003d")
    said = h225(1, 5, setup), h225(0x8001, 7, connect)
    talk.connection(Endpoint(HERE, 41720), Endpoint(THERE, 1720), *said)

    def channel(head: str, end: Endpoint) -> bytes:
        return framed(bytes.fromhex(head) + place(end) + place(Endpoint(end.address, end.port + 1)))

    talk.connection(
        Endpoint(HERE, 41232),
        control,
        framed(bytes.fromhex("0270010600088175000500")),
        framed(bytes.fromhex("0270020600088175000500")),
        channel("030000000c600d800a04000100", mine),
        channel("226000000500000100", yours),
    )
    call(talk, mine, yours)
    return talk


def ua_udp() -> Talk:
    """An Alcatel telephone connects, says what it is, and is kept on line."""
    talk = Talk()
    parameters = {0: b"\1", 1: b"\10", 2: b"\5\xdc", 5: b"\3", 6: b"\xb8"}
    offer = b"".join(bytes([kind, len(value)]) + value for kind, value in parameters.items())
    talk.exchange(
        Endpoint(HERE, 32512),
        Endpoint(THERE, 32640),
        b"\0" + offer,
        b"\1",
        struct.pack(">BHH", 7, 0, 0) + b"\3\0\x9f\x0d\1",
        struct.pack(">BHH", 7, 1, 0) + b"\2\0\x2a\4",
        b"\4",
        b"\5",
    )
    return talk


def unistim() -> Talk:
    """A Nortel telephone finds its call server, is asked what it is, and shows a title."""
    talk = Talk()
    title = b"Example".ljust(12)
    talk.exchange(
        Endpoint(HERE, 5000),
        Endpoint(THERE, 4100),
        bytes.fromhex("ffffffff 0202 ffffffff 9e0308"),
        bytes.fromhex("00000000 0001"),
        bytes.fromhex("00000001 0202 00000013 9a0a02") + b"0604DAS",
        bytes.fromhex("00000001 0201 17101902") + title,
        bytes.fromhex("00000001 0102 00000013"),
        bytes.fromhex("00000002 0201 1e05120078"),
    )
    return talk
