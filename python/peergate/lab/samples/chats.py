"""Messages: IRC, XMPP and Telegram."""

from __future__ import annotations

import struct
from socket import inet_aton

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from peergate.lab.samples.talk import ELSEWHERE, HERE, THERE, Talk
from peergate.lab.samples.web import tls_inside
from peergate.lab.simulator.machine import Endpoint

REQUEST_KEY, KEY_ANSWER, VECTOR = 0xBE7E8EF1, 0x05162463, 0x1CB5C415
ABRIDGED = b"\xef"


def irc() -> Talk:
    """A log-on, a room, and a file that somebody offers and sends directly (RFC 2812, DCC)."""
    talk = Talk()
    direct = Endpoint(ELSEWHERE, 5000)
    file = b"An example of a file.\n" * 40
    number = int.from_bytes(inet_aton(direct.address))
    offer = f"\x01DCC SEND example.txt {number} {direct.port} {len(file)}\x01"
    said = (
        "CAP LS 302\r\nNICK ann\r\nUSER ann 0 * :Ann Example\r\n",
        (
            ":irc.example.net NOTICE * :*** Looking up your hostname\r\n"
            ":irc.example.net CAP * LS :multi-prefix\r\n"
        ),
        "CAP END\r\n",
        (
            ":irc.example.net 001 ann :Welcome to the Example network, ann\r\n"
            ":irc.example.net 005 ann CHANTYPES=# NETWORK=Example :are supported by this server\r\n"
        ),
        "JOIN #room\r\n",
        ":ann!ann@192.0.2.10 JOIN #room\r\n:irc.example.net 353 ann = #room :ann bob\r\n",
        "PRIVMSG #room :hello\r\n",
        f":bob!bob@example.org PRIVMSG ann :{offer}\r\n",
    )
    server = Endpoint(THERE, 6667)
    talk.connection(Endpoint(HERE, 46667), server, *(words.encode() for words in said))
    received = struct.pack(">I", len(file))
    talk.connection(Endpoint(HERE, 45000), direct, b"", file, received)
    return talk


def xmpp() -> Talk:
    """A client and its server agree on TLS (RFC 6120 §5.4)."""
    talk = Talk()
    names = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'"
    tls = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
    opening = "<?xml version='1.0'?><stream:stream"
    said = (
        f"{opening} to='example.com' {names}>",
        (
            f"{opening} from='example.com' id='1' {names}>"
            f"<stream:features><starttls {tls}><required/></starttls></stream:features>"
        ),
        f"<starttls {tls}/>",
        f"<proceed {tls}/>",
    )
    talk.connection(
        Endpoint(HERE, 45222),
        Endpoint(THERE, 5222),
        *(words.encode() for words in said),
        *tls_inside(talk.chance, "example.com"),
    )
    return talk


def abridged(message: bytes) -> bytes:
    """A message behind its length in words of four bytes (MTProto transports, abridged)."""
    return bytes([len(message) // 4]) + message


def opening(talk: Talk) -> tuple[bytes, ...]:
    """A client and a server begin to agree on a key, then go on with one that they have (MTProto 2.0)."""
    random = talk.chance.randbytes
    nonce = random(16)

    def plain(body: bytes) -> bytes:
        return abridged(bytes(8) + random(8) + struct.pack("<I", len(body)) + body)

    product = b"\x08" + random(8) + bytes(3)
    prints = struct.pack("<II", VECTOR, 1) + random(8)
    answer = struct.pack("<I", KEY_ANSWER) + nonce + random(16) + product + prints
    return (
        plain(struct.pack("<I", REQUEST_KEY) + nonce),
        plain(answer),
        abridged(random(8 + 16 + 96)),
        abridged(random(8 + 16 + 160)),
    )


def telegram() -> Talk:
    """The abridged transport, as it is (core.telegram.org/mtproto/mtproto-transports)."""
    talk = Talk()
    first, *rest = opening(talk)
    ends = Endpoint(HERE, 40444), Endpoint(THERE, 443)
    talk.connection(*ends, ABRIDGED + first, *rest)
    return talk


def obfuscated() -> Talk:
    """The same made to look like chance, with the key that lies open in its first 64 bytes (the same page)."""
    talk = Talk()
    start = talk.chance.randbytes(64)
    forth, back = (
        Cipher(algorithms.AES(key[:32]), modes.CTR(key[32:])).encryptor()
        for key in (start[8:56], start[55:7:-1])
    )
    mark = ABRIDGED * 4
    hidden = forth.update(start[:56] + mark + start[60:])
    messages = [
        (forth, back)[turn % 2].update(message) for turn, message in enumerate(opening(talk))
    ]
    messages[0] = start[:56] + hidden[56:] + messages[0]
    talk.connection(Endpoint(HERE, 40445), Endpoint(THERE, 443), *messages)
    return talk
