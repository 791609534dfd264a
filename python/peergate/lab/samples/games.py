"""Play: a search for servers, a question to one, a world that is entered."""

from __future__ import annotations

import struct

from peergate.lab.samples.office import session
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint

RAKNET = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")


def raknet() -> Talk:
    """A server is looked for, answers, and is connected to (RakNet's source)."""
    talk = Talk()
    words = b"MCPE;Our house;100;2.0.15;0;20"
    search = b"\x01" + struct.pack(">Q", 5) + RAKNET + struct.pack(">Q", 9)
    found = b"\x1c" + struct.pack(">QQ", 5, 7) + RAKNET + struct.pack(">H", len(words)) + words
    opens = b"\x05" + RAKNET + b"\x0b" + bytes(400)
    opened = b"\x06" + RAKNET + struct.pack(">QBH", 7, 0, 446)
    talk.exchange(Endpoint(HERE, 49132), Endpoint(THERE, 19132), search, found, opens, opened)
    return talk


def source() -> Talk:
    """A server is asked how it is (Valve, Server queries)."""
    talk = Talk()
    full = b"\xff" * 4
    words = b"\0".join((b"Our house", b"de_dust2", b"cstrike", b"Counter-Strike"))
    answer = full + b"I\x11" + words + b"\0" + struct.pack("<H7B", 10, 3, 16, 0, 100, 108, 0, 1)
    question = full + b"TSource Engine Query\0"
    talk.exchange(Endpoint(HERE, 47015), Endpoint(THERE, 27015), question, answer + b"1.0\0")
    return talk


def minecraft() -> Talk:
    """A world is asked how it is (minecraft.wiki)."""
    name = b"mc.example.org"
    shake = b"\0\xff\x05" + bytes([len(name)]) + name + struct.pack(">HB", 25565, 1)
    told = b'{"version":{"name":"1.21"}}'
    answer = bytes([len(told) + 2, 0, len(told)]) + told
    return session(45565, 25565, bytes([len(shake)]) + shake + b"\x01\0", answer)


def late_raknet() -> Talk:
    """A connection to a server that was up before anybody listened (RakNet's source)."""
    talk = Talk()

    def sent(number: int) -> bytes:
        inside = talk.chance.randbytes(40)
        # Reliable and in order: a number for each, and a channel.
        flags_and_bits = struct.pack(">BH", 3 << 5, len(inside) * 8)
        numbers = (
            (number + 900).to_bytes(3, "little") + (number + 700).to_bytes(3, "little") + b"\0"
        )
        return b"\x84" + number.to_bytes(3, "little") + flags_and_bits + numbers + inside

    def came(number: int) -> bytes:
        return b"\xc0\0\x01\x01" + number.to_bytes(3, "little")

    client, server = Endpoint(HERE, 49133), Endpoint(THERE, 19132)
    talk.exchange(
        client, server, sent(1203), came(1203), sent(1204), came(1204), sent(1205), came(1205)
    )
    return talk
