"""Databases and queues."""

from __future__ import annotations

import struct

from peergate.lab.samples.office import session
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.web import client_hello, sealed, server_hello
from peergate.lab.simulator.machine import Endpoint

# Version and whether it encrypts, as option, place and length; then their values.
TDS_OPTIONS = bytes.fromhex("00000b00060100110001ff") + bytes.fromhex("100000000000") + b"\x02"


def mysql() -> Talk:
    """The server greets, the client logs on (MySQL client/server protocol)."""

    def packet(number: int, body: bytes) -> bytes:
        return len(body).to_bytes(3, "little") + bytes([number]) + body

    greeting = b"\x0a8.0.36\0" + struct.pack(
        "<I8sBHBHHB10s", 7, b"saltsalt", 0, 0xF7FF, 45, 2, 0x8000, 21, b""
    )
    greeting += b"saltsaltsalt\0"
    log_on = struct.pack("<IIB23s", 0x0200, 1 << 24, 45, b"") + b"ann\0\0"
    done = b"\0\0\0\x02\0\0\0"
    return session(43306, 3306, b"", packet(0, greeting), packet(1, log_on), packet(2, done))


def postgresql() -> Talk:
    """A session in the clear, after encryption was refused (PostgreSQL protocol 3.0)."""
    words = b"user\0ann\0database\0books\0\0"
    start = struct.pack(">II", len(words) + 8, 3 << 16) + words
    ready = b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I"
    return session(45432, 5432, struct.pack(">II", 8, 80877103), b"N", start, ready)


def tds() -> Talk:
    """The packets that open a session (MS-TDS)."""
    return session(41433, 1433, tds_packet(18, 0, TDS_OPTIONS), tds_packet(4, 51, TDS_OPTIONS))


def encrypted_tds() -> Talk:
    """Options, and then TLS inside such packets (MS-TDS §2.2.6.5)."""
    talk = Talk()
    hello, number = client_hello(talk.chance, "books.example.com")
    talk.connection(
        Endpoint(HERE, 41434),
        Endpoint(THERE, 1433),
        tds_packet(18, 0, TDS_OPTIONS),
        tds_packet(4, 51, TDS_OPTIONS),
        tds_packet(18, 0, hello),
        tds_packet(18, 51, server_hello(talk.chance, number) + sealed(talk.chance, 600)),
    )
    return talk


def tds_packet(kind: int, process: int, inside: bytes) -> bytes:
    """The last packet of a message: kind, length, process, number."""
    return struct.pack(">BBHHBB", kind, 1, len(inside) + 8, process, 1, 0) + inside


def redis() -> Talk:
    """A value is kept and asked for (RESP)."""

    def command(*words: bytes) -> bytes:
        parts = (b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        return b"*%d\r\n" % len(words) + b"".join(parts)

    kept, asked = command(b"SET", b"colour", b"blue"), command(b"GET", b"colour")
    return session(46379, 6379, kept, b"+OK\r\n", asked, b"$4\r\nblue\r\n")


def mongodb() -> Talk:
    """A client asks who the server is (MongoDB wire protocol)."""

    def message(number: int, answers: int) -> bytes:
        text = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0"
        body = b"\0\0\0\0\0" + struct.pack("<I", len(text) + 4) + text
        return struct.pack("<4I", len(body) + 16, number, answers, 2013) + body

    return session(47017, 27017, message(1, 0), message(9, 1))


def amqp() -> Talk:
    """The header, and the server's first frame (AMQP 0-9-1)."""
    words = b"\0\x05PLAIN"
    start = struct.pack(">HHBB", 10, 10, 0, 9) + struct.pack(">I", 0)
    start += struct.pack(">I", 5) + words[2:] + struct.pack(">I", 5) + b"en_US"
    frame = struct.pack(">BHI", 1, 0, len(start)) + start + b"\xce"
    return session(45672, 5672, b"AMQP\0\0\x09\x01", frame)
