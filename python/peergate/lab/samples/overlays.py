"""Private networks of machines that find each other: Tailscale, ZeroTier, Nebula and tinc."""

from __future__ import annotations

import struct

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.tunnels import handshake
from peergate.lab.simulator.machine import Endpoint

DISCO = b"TS\xf0\x9f\x92\xac"
NONCE, SEAL = 24, 16
# What is sealed in a ping and in its pong: kind, version, transaction, and a node's key or an address with its port.
PING, PONG = 2 + 12 + 32, 2 + 12 + 16 + 2
HELLO, PROTOCOL, CURVE25519 = 1, 11, 0
SEALED_ONLY, SALSA = 0, 1 << 3
HANDSHAKE, MESSAGE = 0x10, 0x11


def tailscale() -> Talk:
    """Two machines ping each other in both directions, then WireGuard takes the way (disco of Tailscale's source)."""
    talk = Talk()
    random = talk.chance.randbytes
    mine, yours = DISCO + random(32), DISCO + random(32)

    def sealed(sender: bytes, length: int) -> bytes:
        return sender + random(NONCE + SEAL + length)

    talk.exchange(
        Endpoint(HERE, 41641),
        Endpoint(THERE, 41641),
        sealed(mine, PING),
        sealed(yours, PONG),
        sealed(mine, PONG),
        sealed(yours, PING),
        *handshake(talk.chance),
    )
    return talk


def zerotier() -> Talk:
    """A machine greets a root and is answered, then they talk (`Packet.hpp` of ZeroTier's source)."""
    talk = Talk()
    random = talk.chance.randbytes
    mine, yours = random(5), random(5)

    def packet(destination: bytes, source: bytes, cipher: int, rest: bytes) -> bytes:
        return random(8) + destination + source + bytes([cipher]) + random(8) + rest

    # The clock in milliseconds, which a sample's is at zero; then who greets: address, kind of key, keys, no secret.
    clock = struct.pack(">BBBBHQ", HELLO, PROTOCOL, 1, 12, 2, 0)
    identity = mine + bytes([CURVE25519]) + random(64) + b"\0"
    talk.exchange(
        Endpoint(HERE, 9993),
        Endpoint(THERE, 9993),
        packet(yours, mine, SEALED_ONLY, clock + identity + b"\x04\xcb\0\x71\x1e\x27\x09"),
        packet(mine, yours, SALSA, random(70)),
        packet(yours, mine, SALSA, random(45)),
        packet(mine, yours, SALSA, random(210)),
    )
    return talk


def nebula() -> Talk:
    """Two messages of the handshake and four of data (`header.go` of Nebula's source)."""
    talk = Talk()
    random = talk.chance.randbytes
    mine, yours = random(4), random(4)

    def packet(kind: int, index: bytes, number: int, length: int) -> bytes:
        return struct.pack(">BBH4sQ", kind, 0, 0, index, number) + random(length)

    talk.exchange(
        Endpoint(HERE, 44242),
        Endpoint(THERE, 4242),
        packet(HANDSHAKE, bytes(4), 1, 300),
        packet(HANDSHAKE, mine, 2, 340),
        packet(MESSAGE, yours, 3, 100),
        packet(MESSAGE, mine, 3, 100),
        packet(MESSAGE, yours, 4, 68),
        packet(MESSAGE, mine, 4, 68),
    )
    return talk


def tinc() -> Talk:
    """Two nodes name themselves and give each other keys, then pass on what others send (tinc's manual)."""
    talk = Talk()
    random = talk.chance.randbytes

    def key() -> bytes:
        """Cipher, digest, length of the seal, compression (OpenSSL's numbers), and the key in hexadecimal."""
        return b"1 94 64 0 0 " + random(256).hex().upper().encode() + b"\n"

    talk.connection(
        Endpoint(HERE, 40655),
        Endpoint(THERE, 655),
        b"0 ann 17\n",
        b"0 bob 17\n" + key(),
        key(),
        random(110),
        random(60),
    )
    talk.exchange(Endpoint(HERE, 655), Endpoint(THERE, 655), *(random(124) for _ in range(4)))
    return talk
