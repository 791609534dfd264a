"""Names, pages and what secures them: DNS, HTTP, TLS, QUIC, SSH."""

from __future__ import annotations

import struct
from socket import inet_aton
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from peergate.lab.samples.talk import ELSEWHERE, HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

if TYPE_CHECKING:
    from random import Random

NAME = "www.example.com"
IN_A = struct.pack(">HH", 1, 1)
# RFC 9001 appendix A.2: the keys that follow from the connection's identifier, and the first CRYPTO frame.
QUIC_KEY = bytes.fromhex("1f369613dd76d5467730efcbe3b1a22d")
QUIC_IV = bytes.fromhex("fa044b2f42a3fd3b46fb255c")
QUIC_HEADER_KEY = bytes.fromhex("9f50449e04a0e810283a1e9933adedd2")
QUIC_HEADER = bytes.fromhex("c300000001088394c8f03e5157080000449e00000002")
QUIC_HELLO = bytes.fromhex(
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000"
    "0413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017"
    "001800100007000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559f"
    "edba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408"
    "050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff080110"
    "0104800075300901100f088394c8f03e51570806048000ffff"
)
QUIC_PLAIN = 1162


def labels(name: str) -> bytes:
    """A name as RFC 1035 §3.1 writes it."""
    words = name.encode().split(b".")
    return b"".join(bytes([len(word)]) + word for word in words) + b"\0"


def dns() -> Talk:
    """A question for an address and its answer (RFC 1035)."""
    talk = Talk()
    question = labels(NAME) + IN_A
    asked = struct.pack(">6H", 0x1234, 0x0100, 1, 0, 0, 0) + question
    record = b"\xc0\x0c" + IN_A + struct.pack(">IH", 300, 4) + inet_aton(THERE)
    answered = struct.pack(">6H", 0x1234, 0x8180, 1, 1, 0, 0) + question + record
    talk.exchange(Endpoint(HERE, 40053), Endpoint(ELSEWHERE, 53), asked, answered)
    return talk


def http() -> Talk:
    """A page that is asked for and comes (RFC 9112)."""
    talk = Talk()
    asked = (
        f"GET /index.html HTTP/1.1\r\nHost: {NAME}\r\nUser-Agent: Example/1.0\r\n"
        "Accept: text/html\r\n\r\n"
    )
    page = "<!doctype html><title>Example</title>"
    answered = (
        f"HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/html\r\n"
        f"Content-Length: {len(page)}\r\n\r\n{page}"
    )
    talk.connection(Endpoint(HERE, 40080), Endpoint(THERE, 80), asked.encode(), answered.encode())
    return talk


def long(data: bytes) -> bytes:
    """Bytes behind their two-byte length."""
    return struct.pack(">H", len(data)) + data


def extension(kind: int, value: bytes) -> bytes:
    """An extension of a hello."""
    return struct.pack(">H", kind) + long(value)


def client_hello(chance: Random, name: str = NAME) -> tuple[bytes, bytes]:
    """The first record of a TLS 1.3 client, and its session identifier (RFC 8446 §4.1.2)."""
    offered = b"".join(
        (
            extension(0, long(b"\0" + long(name.encode()))),
            extension(10, long(b"\x00\x1d\x00\x17")),
            extension(13, long(b"\x04\x03\x08\x04")),
            extension(16, long(b"\x02h2\x08http/1.1")),
            extension(43, b"\x04\x03\x04\x03\x03"),
            extension(51, long(b"\x00\x1d" + long(chance.randbytes(32)))),
        )
    )
    session = b"\x20" + chance.randbytes(32)
    ciphers = long(b"\x13\x01\x13\x02\xc0\x2b\xc0\x2f")
    hello = b"\x03\x03" + chance.randbytes(32) + session + ciphers + b"\x01\x00" + long(offered)
    return b"\x16\x03\x01" + long(b"\x01" + len(hello).to_bytes(3) + hello), session


def server_hello(chance: Random, session: bytes) -> bytes:
    """The first record of its server (RFC 8446 §4.1.3)."""
    chosen = extension(43, b"\x03\x04") + extension(51, b"\x00\x1d" + long(chance.randbytes(32)))
    answer = b"\x03\x03" + chance.randbytes(32) + session + b"\x13\x01\x00" + long(chosen)
    return b"\x16\x03\x03" + long(b"\x02" + len(answer).to_bytes(3) + answer)


def tls_inside(chance: Random, name: str = NAME) -> tuple[bytes, bytes, bytes]:
    """TLS that begins inside another protocol: the client's hello, the server's with sealed records, the client's."""
    hello, session = client_hello(chance, name)
    return hello, server_hello(chance, session) + sealed(chance, 700), sealed(chance, 90)


def tls() -> Talk:
    """The hellos of TLS 1.3, and sealed records (RFC 8446)."""
    talk = Talk()
    hello, session = client_hello(talk.chance)
    answer = server_hello(talk.chance, session)
    talk.connection(
        Endpoint(HERE, 40443),
        Endpoint(THERE, 443),
        hello,
        answer + sealed(talk.chance, 600),
        b"\x14\x03\x03\x00\x01\x01" + sealed(talk.chance, 53),
        sealed(talk.chance, 200),
    )
    return talk


def sealed(chance: Random, length: int) -> bytes:
    """A record that nobody else can read."""
    return b"\x17\x03\x03" + long(chance.randbytes(length))


def quic() -> Talk:
    """The first datagram of RFC 9001 appendix A.2, sealed as there, and two that are encrypted for good."""
    talk = Talk()
    number = int.from_bytes(QUIC_HEADER[-4:])
    nonce = (int.from_bytes(QUIC_IV) ^ number).to_bytes(12)
    text = AESGCM(QUIC_KEY).encrypt(nonce, QUIC_HELLO.ljust(QUIC_PLAIN, b"\0"), QUIC_HEADER)
    # Initials are masked with a sample of themselves (RFC 9001 §5.4); nothing here is kept secret by it.
    cipher = Cipher(algorithms.AES(QUIC_HEADER_KEY), modes.ECB()).encryptor()  # noqa: S305 - as RFC 9001 says
    mask = cipher.update(text[:16])
    header = bytearray(QUIC_HEADER)
    header[0] ^= mask[0] & 0x0F
    for place in range(4):
        header[-4 + place] ^= mask[1 + place]
    short = [b"\x43" + talk.chance.randbytes(80) for _ in range(2)]
    talk.exchange(Endpoint(HERE, 41443), Endpoint(THERE, 443), bytes(header) + text, *short)
    return talk


def ssh() -> Talk:
    """The programs' names, and the offer of methods (RFC 4253)."""
    talk = Talk()
    lists = [b"curve25519-sha256", b"ssh-ed25519", *[b"aes256-ctr"] * 2, *[b"hmac-sha2-256"] * 2]
    lists += [b"none", b"none", b"", b""]
    offer = b"\x14" + talk.chance.randbytes(16)
    offer += b"".join(struct.pack(">I", len(words)) + words for words in lists) + bytes(5)
    padding = 8 - (len(offer) + 5) % 8 + 8
    packet = struct.pack(">IB", len(offer) + padding + 1, padding) + offer + bytes(padding)
    talk.connection(
        Endpoint(HERE, 40022),
        Endpoint(THERE, 22),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        packet,
        packet,
    )
    return talk


def http2() -> Talk:
    """A page over HTTP/2 in the clear, and a procedure that is called so (RFC 9113, gRPC over HTTP2)."""

    def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
        return len(body).to_bytes(3) + struct.pack(">BBI", kind, flags, stream) + body

    def field(name: bytes, value: bytes) -> bytes:
        """A field whose name the static table has, its value as it is (RFC 7541 §6.2.2)."""
        return name + bytes([len(value)]) + value

    talk = Talk()
    server = Endpoint(THERE, 50051)
    settings = frame(4, 0, 0, b"\0\x03\0\0\0\x64")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings
    get, post, done = b"\x82", b"\x83", b"\x88"
    host = b"\x86" + field(b"\x01", NAME.encode())
    page = frame(1, 4, 1, done) + frame(0, 1, 1, b"<!doctype html><title>Example</title>")
    asked = frame(1, 5, 1, get + b"\x84" + host)
    talk.connection(Endpoint(HERE, 40050), server, preface, settings, asked, page)
    kind = field(b"\x0f\x10", b"application/grpc")
    call = frame(1, 4, 1, post + field(b"\x04", b"/greet.Greeter/Hello") + host + kind)
    call += frame(0, 1, 1, b"\0\0\0\0\x05\n\x03ann")
    answer = frame(1, 4, 1, done + kind) + frame(0, 0, 1, b"\0\0\0\0\x05\n\x03hey")
    talk.connection(Endpoint(HERE, 40051), server, preface, settings, call, answer)
    return talk
