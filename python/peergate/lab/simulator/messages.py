"""The datagrams and fixed messages of a Skype-class network: classic layouts, arbitrary ciphertext.

Every datagram begins with an identifier of two bytes and a function byte, of which bits 4 to 6 are noise.
"""

from __future__ import annotations

import hashlib
import socket
import struct
import zlib
from enum import IntEnum
from typing import TYPE_CHECKING

from peergate.lab.simulator.disguise import PLAIN

if TYPE_CHECKING:
    from random import Random

    from peergate.lab.simulator.disguise import Disguise

HEADER_BYTES = 3
FUNCTION_MASK = 0x8F
NACK_BYTES = 11
# Identifier, function, initialisation vector, checksum: a payload of seven bytes makes the usual probe of 18.
OBFUSCATED_HEADER_BYTES = 11
ACCEPT_BYTES = 18
REJECT_BYTES = (26, 51, 53)
PROBE_BYTES = (18, 18, 18, 26, 30, 31)
SEARCH_BYTES = 47
ANNOUNCE_BYTES = 346
FRAGMENT_BYTES = 1355
LAST_FRAGMENT = 0x80
# Identifiers count by two in two of three cases.
IDENTIFIER_STEPS = (2, 2, 2, 2, 2, 2, 4, 6, 1)

LOGIN_HELLO = bytes.fromhex("1603010000")
LOGIN_HELLO_ANSWER = bytes.fromhex("1703010000")
LOGIN_REQUEST_START = bytes.fromhex("16030100cd4103000980400408c001")
LOGIN_RECORD = bytes.fromhex("17030100")
LOGIN_REQUEST_BYTES = 260
LOGIN_RECORD_OFFSET = 210
LOGIN_ANSWER_BYTES = 222

# A ClientHello in SSLv2 framing and its answer, both always the same: what the 443 fall-back shows instead of TLS.
FAKE_TLS_HELLO = bytes.fromhex(
    "8046010301002d0000001000000500000400000a0000090000640000620000080000030000060100800700c003008006004002008004008"
    "0"
)
FAKE_TLS_CHALLENGE_BYTES = 16
FAKE_TLS_ANSWER = bytes.fromhex(
    "160301004a020000460301401be48602ade029e17774e544b9c99cb431315e02dd779d154a9609ba5da870201ca0e4f64c6351ae2f8e4ee1"
    "e6766a0a88d5d8c55cae98c5e481f22a69bf90580005"
    "00"
)
VERSION_REQUEST = (
    b"GET /ui/0/2.5.0.154/en/getlatestversion?ver=2.5.0.154&uhash=%s HTTP/1.1\r\n"
    b"User-Agent: Skype\xe2\x84\xa2 2.5\r\nHost: ui.skype.com\r\nCache-Control: no-cache\r\n\r\n"
)


# A request to be put through to the one who names the same meeting: marker and number, masked as ciphertext is.
MEET_BYTES = 30
MEET_MARK = b"meet"
RTP_VERSION = 0x80
RTP_KIND = 0x60
RTP_TICKS = 960


class Function(IntEnum):
    """What a datagram is for."""

    OBFUSCATED = 0x02
    RESEND = 0x03
    REFUSED = 0x05
    NACK = 0x07
    DATA = 0x0D
    FRAGMENT = 0x0F


FUNCTIONS = {int(each): each for each in Function}


def function(payload: bytes) -> Function | None:
    """What a datagram is for, if it is one of ours."""
    return FUNCTIONS.get(payload[2] & FUNCTION_MASK) if len(payload) >= HEADER_BYTES else None


def identifier(payload: bytes) -> int:
    """The identifier of a datagram."""
    return int.from_bytes(payload[:2])


def masked(data: bytes, key: bytes) -> bytes:
    """Data under a keystream of its own, and back."""
    stream = hashlib.blake2s(key, digest_size=len(data)).digest() if data else b""
    return bytes(one ^ other for one, other in zip(data, stream, strict=True))


class Writer:
    """Writes and reads datagrams; all that looks random comes from the chance it is given."""

    function = staticmethod(function)
    identifier = staticmethod(identifier)

    def __init__(self, chance: Random, disguise: Disguise = PLAIN) -> None:
        self._chance = chance
        self._disguise = disguise
        self._next = chance.getrandbits(16)
        self._spoken = chance.getrandbits(15)
        self._source = chance.randbytes(4)

    def new_identifier(self) -> int:
        """Identifiers of new requests count by two, now and then by more."""
        self._next = (self._next + self._chance.choice(IDENTIFIER_STEPS)) & 0xFFFF
        return self._next

    def probe(self) -> bytes:
        """The question whether a node is there."""
        return self.request(self._chance.choice(PROBE_BYTES))

    def request(self, size: int) -> bytes:
        """An obfuscated request: the only datagram whose noise bits are always zero."""
        return self._obfuscated(
            self.new_identifier(), Function.OBFUSCATED, self._disguise.pad(self._chance, size)
        )

    @staticmethod
    def accepts(answer: bytes) -> bool:
        """Whether a node that was asked has room."""
        return len(answer) == ACCEPT_BYTES

    def welcome(self, *, accepts: bool) -> bytes:
        """The answer of a node that has room, or has none."""
        return self.answer(ACCEPT_BYTES if accepts else self._chance.choice(REJECT_BYTES))

    def meet(self, meeting: int) -> bytes:
        """Asks a relay to be put through."""
        request = self.request(MEET_BYTES)
        clear = MEET_MARK + meeting.to_bytes(4)
        start = OBFUSCATED_HEADER_BYTES
        return request[:start] + masked(clear, request[3:7]) + request[start + len(clear) :]

    @staticmethod
    def meeting(request: bytes) -> int | None:
        """The meeting that a request names."""
        start = OBFUSCATED_HEADER_BYTES
        clear = masked(request[start : start + 8], request[3:7])
        return int.from_bytes(clear[4:]) if clear[:4] == MEET_MARK else None

    def answer(self, size: int) -> bytes:
        """An obfuscated answer; it has an identifier of its own, not that of the request."""
        return self._obfuscated(
            self._chance.getrandbits(16), self._noisy(Function.OBFUSCATED), size
        )

    def nack(self, request: bytes, seen_from: str) -> bytes:
        """Asks for a request again, and tells the asker its public address."""
        return self._short(Function.NACK, request, seen_from)

    def refused(self, request: bytes, seen_from: str) -> bytes:
        """Says that a request was not understood, and the asker's public address."""
        return self._short(Function.REFUSED, request, seen_from)

    def resend(self, request: bytes, nack: bytes, to: str) -> bytes:
        """A request again, five bytes longer, after a NACK."""
        header = request[:2] + bytes([self._noisy(Function.RESEND), 0x01])
        return header + nack[7:11] + socket.inet_aton(to) + request[7:]

    def fragments(self, request: bytes, count: int) -> list[bytes]:
        """A long answer in pieces."""
        pieces = []
        for index in range(count):
            last = index == count - 1
            head = self._chance.randbytes(2) + bytes([self._noisy(Function.FRAGMENT)]) + request[:2]
            head += bytes([index | (LAST_FRAGMENT if last else 0), 0x02])
            size = self._chance.randrange(400, 1200) if last else FRAGMENT_BYTES
            pieces.append(head + self._chance.randbytes(size - len(head)))
        return pieces

    def data(self, size: int) -> bytes:
        """Voice, or whatever else is under way between two clients."""
        noise = self._chance.randbytes(max(size, HEADER_BYTES))
        return noise[:2] + bytes([Function.DATA | noise[2] & 0x70]) + noise[3:]

    def voice(self, size: int) -> bytes:
        """A packet of a voice, in its disguise."""
        size = self._disguise.pad(self._chance, size)
        return self._as_rtp(size) if self._disguise.rtp_like else self.data(size)

    def _as_rtp(self, size: int) -> bytes:
        self._spoken += 1
        header = struct.pack(
            ">BBHI4s",
            RTP_VERSION,
            RTP_KIND,
            self._spoken & 0xFFFF,
            self._spoken * RTP_TICKS & 0xFFFF_FFFF,
            self._source,
        )
        return header + self._chance.randbytes(size)

    def fake_tls_hello(self) -> bytes:
        """The opening of the 443 fall-back."""
        return FAKE_TLS_HELLO + self._chance.randbytes(FAKE_TLS_CHALLENGE_BYTES)

    def version_request(self) -> bytes:
        """The question for a newer version, in clear."""
        return VERSION_REQUEST % self._chance.randbytes(16).hex().encode()

    def login_request(self) -> bytes:
        """The third message of a log-in: two records, of which the second looks like TLS data."""
        body = self._chance.randbytes(LOGIN_RECORD_OFFSET - len(LOGIN_REQUEST_START))
        rest = LOGIN_REQUEST_BYTES - LOGIN_RECORD_OFFSET - len(LOGIN_RECORD) - 1
        return (
            LOGIN_REQUEST_START + body + LOGIN_RECORD + bytes([rest]) + self._chance.randbytes(rest)
        )

    def login_answer(self) -> bytes:
        """The fourth message of a log-in."""
        rest = LOGIN_ANSWER_BYTES - len(LOGIN_RECORD) - 1
        return LOGIN_RECORD + bytes([rest]) + self._chance.randbytes(rest)

    def _obfuscated(self, number: int, function_byte: int, size: int) -> bytes:
        data = self._chance.randbytes(size - OBFUSCATED_HEADER_BYTES)
        header = number.to_bytes(2) + bytes([function_byte]) + self._chance.randbytes(4)
        return header + zlib.crc32(data).to_bytes(4) + data

    def _short(self, what: Function, request: bytes, seen_from: str) -> bytes:
        head = request[:2] + bytes([self._noisy(what)])
        return head + socket.inet_aton(seen_from) + self._chance.randbytes(4)

    def _noisy(self, what: Function) -> int:
        return what | self._chance.getrandbits(3) << 4
