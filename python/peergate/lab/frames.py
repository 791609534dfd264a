"""Ethernet frames with IPv4 and UDP or TCP, and the capture files that hold them."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

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


class Flag(IntFlag):
    """TCP flags."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


def udp(source: Endpoint, destination: Endpoint, payload: bytes, number: int) -> bytes:
    """A UDP datagram in a frame; `number` is the identification of its IP packet."""
    header = struct.pack(">HHHH", source.port, destination.port, 8 + len(payload), 0)
    segment = header + payload
    # A sum of zero would mean that there is none (RFC 768).
    total = transport_sum(source, destination, UDP, segment) or 0xFFFF
    return frame(source, destination, UDP, segment[:6] + total.to_bytes(2) + payload, number)


@dataclass(frozen=True)
class Segment:
    """A TCP segment."""

    source: Endpoint
    destination: Endpoint
    flags: Flag
    sequence: int
    acknowledged: int
    payload: bytes = b""


def tcp(segment: Segment, number: int) -> bytes:
    """A TCP segment in a frame; `number` is the identification of its IP packet."""
    options = MAXIMUM_SEGMENT_OPTION if Flag.SYN in segment.flags else b""
    words = 5 + len(options) // 4
    start = struct.pack(
        ">HHIIBBH",
        segment.source.port,
        segment.destination.port,
        segment.sequence,
        segment.acknowledged,
        words << 4,
        segment.flags,
        WINDOW,
    )
    rest = bytes(2) + options + segment.payload
    ends = segment.source, segment.destination
    total = transport_sum(*ends, TCP, start + bytes(2) + rest)
    return frame(*ends, TCP, start + total.to_bytes(2) + rest, number)


def frame(
    source: Endpoint, destination: Endpoint, protocol: int, segment: bytes, number: int
) -> bytes:
    """An IPv4 packet in a frame."""
    addresses = socket.inet_aton(source.address) + socket.inet_aton(destination.address)
    start = struct.pack(
        ">BBHHHBB", 0x45, 0, 20 + len(segment), number, DO_NOT_FRAGMENT, HOPS, protocol
    )
    total = checksum(start + bytes(2) + addresses)
    ethernet = mac(destination.address) + mac(source.address) + ETHERTYPE_IPV4.to_bytes(2)
    return ethernet + start + total.to_bytes(2) + addresses + segment


def mac(address: str) -> bytes:
    """A locally administered hardware address that belongs to an IP address."""
    return b"\x02\x00" + socket.inet_aton(address)


def transport_sum(source: Endpoint, destination: Endpoint, protocol: int, segment: bytes) -> int:
    """The checksum of UDP and TCP, over the pseudo header too."""
    addresses = socket.inet_aton(source.address) + socket.inet_aton(destination.address)
    return checksum(addresses + struct.pack(">HH", protocol, len(segment)) + segment)


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_pcap(path: Path, frames: Iterable[tuple[float, bytes]]) -> None:
    """Writes frames with their times to a capture file."""
    with path.open("wb") as file:
        file.write(
            struct.pack(
                "<IHHiIII", PCAP_NANOSECONDS, 2, 4, 0, 0, PCAP_SNAP_LENGTH, LINKTYPE_ETHERNET
            )
        )
        for when, data in frames:
            seconds, nanoseconds = divmod(round(when * NANOSECONDS), NANOSECONDS)
            file.write(struct.pack("<IIII", seconds, nanoseconds, len(data), len(data)) + data)
