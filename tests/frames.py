"""Builds small captures byte by byte, so that a test says all that it reads."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

START = 1_700_000_000
ETHERNET = 1
DNS_QUERY = bytes.fromhex("12340100000100000000000007657861 6d706c6503636f6d0000010001")


def udp(src: tuple[str, int], dest: tuple[str, int], payload: bytes) -> bytes:
    """An Ethernet frame with a datagram of IPv4 or IPv6. Checksums are left out, as network cards leave them."""
    datagram = struct.pack("!4H", src[1], dest[1], 8 + len(payload), 0) + payload
    addresses = ip_address(src[0]).packed + ip_address(dest[0]).packed
    if ip_address(src[0]).version == 6:
        header = struct.pack("!IHBB", 6 << 28, len(datagram), 17, 64) + addresses
        return bytes(12) + b"\x86\xdd" + header + datagram
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0) + addresses
    return bytes(12) + b"\x08\x00" + header + datagram


def pcap(path: Path, frames: Iterable[bytes], *, link: int = ETHERNET) -> Path:
    """Writes a capture with a frame every ten milliseconds."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for number, frame in enumerate(frames):
            seconds, hundredths = divmod(number, 100)
            length = len(frame)
            file.write(
                struct.pack("<4I", START + seconds, hundredths * 10_000, length, length) + frame
            )
    return path
