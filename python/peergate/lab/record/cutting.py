"""Flows of a capture, and a small sample of it: the first packets of its flows."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.frames import ETHERTYPE_IPV4, TCP, UDP, PcapWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_HEADER_BYTES = 24
RECORD = struct.Struct("<IIII")
NANOSECOND_MAGIC = b"\x4d\x3c\xb2\xa1"
PACKETS_OF_A_FLOW = 24
NAMES = {TCP: "tcp", UDP: "udp"}


@dataclass(frozen=True)
class Ends:
    """A flow by who sent its first packet."""

    protocol: str
    source: tuple[str, int]
    destination: tuple[str, int]

    def turned(self) -> Ends:
        """The same from the other side."""
        return Ends(self.protocol, self.destination, self.source)


def packets(path: Path) -> Iterator[tuple[float, bytes]]:
    """Times and frames of a pcap file of the link."""
    with path.open("rb") as file:
        unit = 1e-9 if file.read(FILE_HEADER_BYTES).startswith(NANOSECOND_MAGIC) else 1e-6
        while head := file.read(RECORD.size):
            seconds, part, kept, _ = RECORD.unpack(head)
            yield seconds + part * unit, file.read(kept)


def ends_of(frame: bytes) -> Ends | None:
    """The flow that a frame belongs to; none if it is neither UDP nor TCP over IPv4."""
    if int.from_bytes(frame[12:14]) != ETHERTYPE_IPV4 or frame[23] not in NAMES:
        return None
    if int.from_bytes(frame[20:22]) & 0x1FFF:
        return None
    start = 14 + (frame[14] & 0x0F) * 4
    ports = struct.unpack_from(">HH", frame, start)
    one, other = (".".join(map(str, frame[at : at + 4])) for at in (26, 30))
    return Ends(NAMES[frame[23]], (one, ports[0]), (other, ports[1]))


def flows(path: Path) -> dict[Ends, int]:
    """Packets of every flow."""
    counted: dict[Ends, int] = {}
    for _, frame in packets(path):
        ends = ends_of(frame)
        if ends is None:
            continue
        key = ends if ends in counted or ends.turned() not in counted else ends.turned()
        counted[key] = counted.get(key, 0) + 1
    return counted


def cut(source: Path, target: Path, wanted: set[Ends]) -> int:
    """Writes the first packets of these flows; says how many."""
    counted: dict[Ends, int] = {}
    with target.open("wb") as file:
        writer = PcapWriter(file)
        for when, frame in packets(source):
            ends = ends_of(frame)
            key = ends.turned() if ends and ends.turned() in wanted else ends
            if key is None or key not in wanted or counted.get(key, 0) >= PACKETS_OF_A_FLOW:
                continue
            counted[key] = counted.get(key, 0) + 1
            writer.write(when, frame)
    return sum(counted.values())
