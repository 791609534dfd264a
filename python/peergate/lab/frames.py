"""Ethernet frames with IPv4 and UDP or TCP, and the capture files that hold them."""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from peergate.lab.simulator.machine import Endpoint

ETHERTYPE_IPV4 = 0x0800
TCP, UDP = 6, 17
HOPS = 64
WINDOW = 65535
# Kind 2, length 4: the largest segment that fits an Ethernet frame.
MAXIMUM_SEGMENT = 1460
MAXIMUM_SEGMENT_OPTION = struct.pack(">BBH", 2, 4, MAXIMUM_SEGMENT)
DO_NOT_FRAGMENT = 0x4000
PCAP_NANOSECONDS = 0xA1B23C4D
PCAP_SNAP_LENGTH = 262_144
LINKTYPE_ETHERNET = 1
NANOSECONDS = 1_000_000_000
IP_HEADER = struct.Struct(">BBHHHBBH")
UDP_HEADER = struct.Struct(">4H")
TCP_HEADER = struct.Struct(">HHIIBBHHH")
WORD = 0xFFFF
PCAP_RECORD = struct.Struct("<IIII")


class Flag:
    """TCP flags, as plain numbers: millions of segments are made of them."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


@lru_cache(maxsize=1 << 16)
def path(source: str, destination: str) -> tuple[bytes, bytes, int]:
    """What all frames from one address to another share: Ethernet header, IP addresses, their sum."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    ethernet = mac(destination) + mac(source) + ETHERTYPE_IPV4.to_bytes(2)
    return ethernet, addresses, int.from_bytes(addresses) % WORD


def udp(source: Endpoint, destination: Endpoint, payload: bytes, number: int) -> bytes:
    """A UDP datagram in a frame; `number` is the identification of its IP packet."""
    ethernet, addresses, shared = path(source[0], destination[0])
    length = 8 + len(payload)
    # The length counts twice, in the pseudo header too.
    total = shared + UDP + 2 * length + source[1] + destination[1] + word_sum(payload)
    # A sum of zero would mean that there is none (RFC 768), so the other zero stands for it.
    header = UDP_HEADER.pack(source[1], destination[1], length, WORD - total % WORD)
    return ethernet + ip_header(20 + length, number, UDP, shared) + addresses + header + payload


class Segment(NamedTuple):
    """A TCP segment."""

    source: Endpoint
    destination: Endpoint
    flags: int
    sequence: int
    acknowledged: int
    payload: bytes = b""


def tcp(segment: Segment, number: int) -> bytes:
    """A TCP segment in a frame; `number` is the identification of its IP packet."""
    ethernet, addresses, shared = path(segment.source[0], segment.destination[0])
    options = MAXIMUM_SEGMENT_OPTION if segment.flags & Flag.SYN else b""
    length = 20 + len(options) + len(segment.payload)
    header = TCP_HEADER.pack(
        segment.source[1],
        segment.destination[1],
        segment.sequence,
        segment.acknowledged,
        (20 + len(options)) << 2,
        segment.flags,
        WINDOW,
        0,
        0,
    )
    total = shared + TCP + length + word_sum(header + options) + word_sum(segment.payload)
    header = header[:16] + (WORD - (total % WORD or WORD)).to_bytes(2) + header[18:]
    return (
        ethernet
        + ip_header(20 + length, number, TCP, shared)
        + addresses
        + header
        + options
        + segment.payload
    )


def ip_header(length: int, number: int, protocol: int, shared: int) -> bytes:
    """An IPv4 header up to the addresses, whose sum is `shared`."""
    total = 0x4500 + length + number + DO_NOT_FRAGMENT + (HOPS << 8 | protocol) + shared
    left = WORD - (total % WORD or WORD)
    return IP_HEADER.pack(0x45, 0, length, number, DO_NOT_FRAGMENT, HOPS, protocol, left)


def mac(address: str) -> bytes:
    """A locally administered hardware address that belongs to an IP address."""
    return b"\x02\x00" + socket.inet_aton(address)


def word_sum(data: bytes) -> int:
    """The sum of the 16-bit words of `data`, modulo 2^16-1, as the Internet checksum adds (RFC 1071)."""
    # 2^16 is 1 modulo 2^16-1, so the bytes as one large number have the same remainder as the sum of their words.
    number = int.from_bytes(data)
    return (number << 8 if len(data) % 2 else number) % WORD


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of data that is not all zeros."""
    return WORD - (word_sum(data) or WORD)


class PcapWriter:
    """A capture file that is being written."""

    def __init__(self, file: IO[bytes], snap: int = PCAP_SNAP_LENGTH) -> None:
        self._file = file
        self._snap = snap
        file.write(struct.pack("<IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, snap, LINKTYPE_ETHERNET))

    def write(self, when: float, data: bytes) -> None:
        """Adds a frame, cut where it is longer than the capture keeps."""
        seconds = int(when)
        wire = len(data)
        kept = data if wire <= self._snap else data[: self._snap]
        record = PCAP_RECORD.pack(seconds, int((when - seconds) * NANOSECONDS), len(kept), wire)
        self._file.write(record + kept)


def write_pcap(path: Path, frames: Iterable[tuple[float, bytes]]) -> None:
    """Writes frames with their times to a capture file."""
    with path.open("wb") as file:
        writer = PcapWriter(file)
        for when, data in frames:
            writer.write(when, data)
