"""Writes the first inputs of the fuzz targets from the sample captures: `python3 engine/fuzz/seeds.py`.

Without them a fuzzer has to find out by itself how an Ethernet frame looks.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "samples"
MOST_FRAMES = 40
MOST_BYTES = 8192
LONGEST_OF_DECODE = 255
TCP, UDP = 6, 17
UDP_HEADER = 8
TRANSPORTS = {TCP: 0, UDP: 1}
ANOTHER_CONVERSATION = b"\xff"


def frames(capture: bytes) -> Iterator[bytes]:
    """The frames of a pcap in this machine's order, which is how the samples are written."""
    at = 24
    while at + 16 <= len(capture):
        length = int.from_bytes(capture[at + 8 : at + 12], "little")
        yield capture[at + 16 : at + 16 + length]
        at += 16 + length


def for_decode(capture: list[bytes]) -> bytes:
    """Kind of link, bytes cut off, seconds, length, frame: the short ones."""
    return b"".join(
        bytes([0, 0, 0, len(one)]) + one for one in capture if len(one) <= LONGEST_OF_DECODE
    )


def for_pipeline(capture: list[bytes]) -> bytes:
    """Kind, step in time, length, frame."""
    return b"".join(struct.pack(">BBH", 0, 10, len(one)) + one for one in capture)


def payload(frame: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """Transport, both ports' bytes, and what it carries; for IPv4 over Ethernet."""
    if frame[12:14] != b"\x08\x00" or frame[23] not in TRANSPORTS:
        return None
    total = int.from_bytes(frame[16:18], "big")
    segment = frame[14 + (frame[14] & 15) * 4 : 14 + total]
    header = UDP_HEADER if frame[23] == UDP else (segment[12] >> 4) * 4
    return TRANSPORTS[frame[23]], segment[:2], segment[2:4], segment[header:]


def for_inspect(capture: list[bytes]) -> bytes:
    """Every flow as a conversation: transport, ports, then side, length, payload."""
    flows: dict[tuple[int, frozenset[bytes]], tuple[bytes, bytes]] = {}
    for seen in filter(None, map(payload, capture)):
        transport, source, destination, carried = seen
        if not carried:
            continue
        key = (transport, frozenset((source, destination)))
        client, talk = flows.get(key, (source, bytes([transport]) + source + destination))
        talk += struct.pack(">BH", source != client, len(carried)) + carried
        flows[key] = (client, talk)
    return ANOTHER_CONVERSATION.join(talk for _, talk in flows.values())


WRITERS: dict[str, Callable[[list[bytes]], bytes]] = {
    "decode": for_decode,
    "inspect": for_inspect,
    "pipeline": for_pipeline,
}


def main() -> None:
    """Writes a file for every target and sample, or piece of one."""
    for path in sorted(SAMPLES.glob("*/*.pcap")):
        capture = list(frames(path.read_bytes()))
        name = f"{path.parent.name}-{path.stem}"
        for target, write in WRITERS.items():
            folder = HERE / "corpus" / target
            folder.mkdir(parents=True, exist_ok=True)
            for start in range(0, min(len(capture), 400), MOST_FRAMES):
                seed = write(capture[start : start + MOST_FRAMES])[:MOST_BYTES]
                (folder / f"{name}-{start}").write_bytes(seed)
        whole = HERE / "corpus" / "capture"
        whole.mkdir(parents=True, exist_ok=True)
        (whole / name).write_bytes(path.read_bytes()[:MOST_BYTES])


if __name__ == "__main__":
    main()
