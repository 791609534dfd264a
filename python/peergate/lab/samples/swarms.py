"""Networks of peers: libp2p, Soulseek, Direct Connect, Syncthing and Bitcoin."""

from __future__ import annotations

import hashlib
import struct
from itertools import pairwise
from socket import inet_aton

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.web import tls_inside
from peergate.lab.simulator.machine import Endpoint

BITCOIN, NODE_VERSION = bytes.fromhex("f9beb4d9"), 70016
ANNOUNCEMENT, RELAY = 0x2EA7D90B, 0x9E79BC40
JOIN_SESSION, RESPONSE = 3, 4
# What a key of Direct Connect must not hold, since commands and their parts end with it.
ESCAPED = (0, 5, 36, 96, 124, 126)


def libp2p() -> Talk:
    """Two peers agree on Noise, and shake hands in it (multistream-select 1.0.0)."""
    talk = Talk()
    random = talk.chance.randbytes
    agreed = b"\x13/multistream/1.0.0\n\x07/noise\n"

    def framed(length: int) -> bytes:
        return struct.pack(">H", length) + random(length)

    talk.connection(
        Endpoint(HERE, 44001),
        Endpoint(THERE, 4001),
        agreed,
        agreed,
        framed(32),
        framed(200),
        framed(168),
        framed(90),
    )
    return talk


def soulseek() -> Talk:
    """A user logs in and looks for something, then calls a peer for a list (Nicotine+'s protocol documentation)."""
    talk = Talk()

    def text(words: bytes) -> bytes:
        return struct.pack("<I", len(words)) + words

    def number(value: int) -> bytes:
        return struct.pack("<I", value)

    def message(code: int, *parts: bytes) -> bytes:
        return text(number(code) + b"".join(parts))

    proof = hashlib.md5(b"annsecret", usedforsecurity=False).hexdigest().encode()
    talk.connection(
        Endpoint(HERE, 42242),
        Endpoint(THERE, 2242),
        message(1, text(b"ann"), text(b"secret"), number(160), text(proof), number(1)),
        message(1, b"\x01", text(b"Welcome to the example"), inet_aton(HERE)[::-1], text(proof)),
        message(2, number(2234)) + message(26, number(7), text(b"example song")),
        message(64, number(1), text(b"room")),
    )
    talk.connection(
        Endpoint(HERE, 42234),
        Endpoint(THERE, 2234),
        text(b"\x01" + text(b"ann") + text(b"P") + number(0)),
        b"",
        message(4),
        message(5, talk.chance.randbytes(300)),
    )
    return talk


def key(lock: bytes) -> bytes:
    """The answer to a lock: neighbours mixed, halves of bytes exchanged (NMDC, `$Key`)."""
    first = lock[0] ^ lock[-1] ^ lock[-2] ^ 5
    mixed = [first, *(one ^ other for one, other in pairwise(lock))]
    turned = ((byte << 4 | byte >> 4) & 0xFF for byte in mixed)
    return b"".join(
        b"/%%DCN%03d%%/" % byte if byte in ESCAPED else bytes([byte]) for byte in turned
    )


def direct_connect() -> Talk:
    """A user enters a hub of each form, and is answered a search directly (NMDC and ADC, dcbase.org)."""
    talk = Talk()
    lock = b"EXTENDEDPROTOCOLABCABCABC"
    talk.connection(
        Endpoint(HERE, 40411),
        Endpoint(THERE, 411),
        b"",
        b"$Lock %s Pk=ExampleHub1.0|" % lock,
        b"$Supports NoGetINFO NoHello UserIP2 |$Key %s|$ValidateNick ann|" % key(lock),
        b"$Supports NoGetINFO NoHello |$HubName Example|$Hello ann|",
        b"$Version 1,0091|$MyINFO $ALL ann <Example V:1.0,M:A,H:1/0/0,S:3>$ $\x01$$1000$|"
        b"$GetNickList|",
    )
    identifier = b"A" * 38 + b"Q"
    talk.connection(
        Endpoint(HERE, 40412),
        Endpoint(THERE, 1511),
        b"HSUP ADBASE ADTIGR\n",
        b"ISUP ADBASE ADTIGR\nISID AAAB\nIINF CT32 NIExample VEExample\\s1.0\n",
        b"BINF AAAB ID%s NIann SL3 SS1000 SF7 I4192.0.2.10\n" % identifier,
    )
    result = b"$SR bob music\\example.ogg\x051000 3/3\x05Example (198.51.100.20:411)|"
    talk.datagram(Endpoint(THERE, 40413), Endpoint(HERE, 412), result)
    return talk


def syncthing() -> Talk:
    """Two devices announce themselves, and one reaches another through a relay (Syncthing's specifications)."""
    talk = Talk()
    everyone = Endpoint("192.0.2.255", 21027)

    def announcement(address: bytes) -> bytes:
        device = b"\x0a\x20" + talk.chance.randbytes(32)
        instance = b"\x18" + bytes([talk.chance.randrange(128)])
        return (
            struct.pack(">I", ANNOUNCEMENT)
            + device
            + bytes([0x12, len(address)])
            + address
            + instance
        )

    for host in (HERE, "192.0.2.11"):
        talk.datagram(Endpoint(host, 21027), everyone, announcement(b"tcp://0.0.0.0:22000"))

    def opaque(data: bytes) -> bytes:
        """Bytes as XDR writes them (RFC 4506 §4.10)."""
        return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)

    def message(kind: int, body: bytes) -> bytes:
        return struct.pack(">III", RELAY, kind, len(body)) + body

    talk.connection(
        Endpoint(HERE, 42067),
        Endpoint(THERE, 22067),
        message(JOIN_SESSION, opaque(talk.chance.randbytes(8))),
        message(RESPONSE, struct.pack(">I", 0) + opaque(b"success")),
        *tls_inside(talk.chance, "syncthing"),
    )
    return talk


def bitcoin() -> Talk:
    """Two nodes tell their versions, and that they are still there (bitcoin.org, developer reference)."""
    talk = Talk()

    def message(command: bytes, body: bytes = b"") -> bytes:
        check = hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
        return BITCOIN + struct.pack("<12sI", command, len(body)) + check + body

    def place(end: Endpoint) -> bytes:
        mapped = bytes(10) + b"\xff\xff" + inet_aton(end.address)
        return struct.pack("<Q", 1) + mapped + struct.pack(">H", end.port)

    def version(receiver: Endpoint, sender: Endpoint) -> bytes:
        start = struct.pack("<IQQ", NODE_VERSION, 1, 1_700_000_000)
        agent = b"/Example:1.0/"
        rest = (
            talk.chance.randbytes(8) + bytes([len(agent)]) + agent + struct.pack("<IB", 800_000, 1)
        )
        return message(b"version", start + place(receiver) + place(sender) + rest)

    client, server = Endpoint(HERE, 48333), Endpoint(THERE, 8333)
    alive = talk.chance.randbytes(8)
    talk.connection(
        client,
        server,
        version(server, client),
        version(client, server) + message(b"verack"),
        message(b"verack") + message(b"ping", alive),
        message(b"pong", alive),
    )
    return talk
