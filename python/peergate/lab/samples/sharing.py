"""Files among peers: eDonkey with Kad, Gnutella, and OpenNap."""

from __future__ import annotations

import struct
from socket import inet_aton

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

EDONKEY, KAD = 0xE3, 0xE4
HELLO, HELLO_ANSWER, FILE, FILE_ANSWER = 0x01, 0x4C, 0x58, 0x59
SEARCH, NODES, PING, PONG = 0x21, 0x29, 0x60, 0x61
NAME, VERSION, DATAGRAM_PORTS = 0x01, 0x11, 0xF9


def edonkey() -> Talk:
    """Two users greet each other and one asks for a file; their programs look for others in Kad (eMule's protocol)."""
    talk = Talk()
    random = talk.chance.randbytes

    def message(code: int, body: bytes) -> bytes:
        return struct.pack("<BIB", EDONKEY, len(body) + 1, code) + body

    def user(end: Endpoint, name: bytes) -> bytes:
        """Identifier with eMule's two marks, address, tags, and the server, which is none."""
        identifier = bytearray(random(16))
        identifier[5], identifier[14] = 0x0E, 0x6F
        tags = struct.pack("<BHBH", 2, 1, NAME, len(name)) + name
        tags += struct.pack("<BHBI", 3, 1, VERSION, 0x3C)
        tags += struct.pack("<BHBI", 3, 1, DATAGRAM_PORTS, 4672 << 16 | 4672)
        place = inet_aton(end.address) + struct.pack("<HI", end.port, 3)
        return bytes(identifier) + place + tags + bytes(6)

    client, server, file = Endpoint(HERE, 44662), Endpoint(THERE, 4662), random(16)
    talk.connection(
        client,
        server,
        message(HELLO, b"\x10" + user(Endpoint(HERE, 4662), b"ann")),
        message(HELLO_ANSWER, user(server, b"bob")),
        message(FILE, file),
        message(FILE_ANSWER, file + struct.pack("<H", 11) + b"example.iso"),
    )
    nodes = b"".join(random(16 + 4 + 2 + 2) + b"\x08" for _ in range(2))
    target = random(16)
    talk.exchange(
        Endpoint(HERE, 4672),
        Endpoint(THERE, 4672),
        bytes([KAD, SEARCH, 2]) + target + random(16),
        bytes([KAD, NODES]) + target + b"\x02" + nodes,
        bytes([KAD, PING]),
        struct.pack("<BBH", KAD, PONG, 4672),
    )
    return talk


def gnutella() -> Talk:
    """Two peers connect and ping, once more in datagrams, and one fetches a file (Gnutella protocol 0.6)."""
    talk = Talk()
    random = talk.chance.randbytes
    client, server = Endpoint(HERE, 46346), Endpoint(THERE, 6346)

    def message(identifier: bytes, kind: int, body: bytes = b"") -> bytes:
        return identifier + struct.pack("<BBBI", kind, 1, 0, len(body)) + body

    def ping() -> tuple[bytes, bytes]:
        identifier = random(8) + b"\xff" + random(6) + b"\0"
        place = struct.pack("<H", server.port) + inet_aton(server.address)
        return message(identifier, 0), message(identifier, 1, place + struct.pack("<II", 7, 90000))

    agreed = b"GNUTELLA/0.6 200 OK\r\n"
    program = b"User-Agent: Example/1.0\r\nX-Ultrapeer: False\r\n\r\n"
    asked, answered = ping()
    talk.connection(
        client,
        server,
        b"GNUTELLA CONNECT/0.6\r\n" + program,
        agreed + program,
        agreed + b"\r\n" + asked,
        answered,
    )
    talk.exchange(Endpoint(HERE, 6346), server, *ping())
    file = b"An example of a file.\n" * 20
    talk.connection(
        Endpoint(HERE, 46347),
        server,
        b"GET /uri-res/N2R?urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB HTTP/1.1\r\n"
        b"Host: 198.51.100.20:6346\r\nUser-Agent: Example/1.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: Example/1.0\r\nContent-Type: application/binary\r\n"
        b"Content-Length: %d\r\n\r\n" % len(file) + file,
    )
    return talk


def opennap() -> Talk:
    """A user logs in to a server of Napster's kind, and searches (drscholl's napster messages)."""
    talk = Talk()

    def message(kind: int, words: bytes) -> bytes:
        return struct.pack("<HH", len(words), kind) + words

    talk.connection(
        Endpoint(HERE, 48888),
        Endpoint(THERE, 8888),
        message(2, b'ann secret 6699 "Example v1.0" 7'),
        message(3, b"ann@example.com") + message(214, b"12 3456 78"),
        message(200, b'FILENAME CONTAINS "example song" MAX_RESULTS 100'),
        message(202, b""),
    )
    return talk
