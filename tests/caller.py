"""Connections from one port, again and again: run in a network namespace.

caller.py serve ADDRESS      prints what each connection sends, and answers
caller.py call FROM TO       connects three times from one port, and prints what came back each time
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING

from ours import GREETING

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVED = 8080
PORT = 40_000
# Twice the first wait for a SYN's answer, and room for a busy machine.
PATIENCE_SECONDS = 10.0
SILENCE_SECONDS = 1.0
# A socket that is closed with this tells the other host that it is gone.
AT_ONCE = struct.pack("ii", 1, 0)
ANSWER = b"heard"
PAGE = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


def serve(own: str) -> None:
    """Takes connections until it is ended."""
    with socket.create_server((own, SERVED)) as server:
        while True:
            line, _ = server.accept()
            threading.Thread(target=answer, args=(line,), daemon=True).start()


def answer(line: socket.socket) -> None:
    """Answers whatever comes."""
    try:
        while said := line.recv(4096):
            print("heard", said.hex(), flush=True)
            line.sendall(ANSWER)
    except OSError:
        pass


def connect(own: str, peer: str) -> socket.socket:
    """A connection from the one port."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    line.bind((own, PORT))
    line.settimeout(PATIENCE_SECONDS)
    line.connect((peer, SERVED))
    return line


def forge_syn(own: str, peer: str) -> None:
    """A SYN with other numbers into the open connection, as a program would send it that wants to be forgotten."""
    segment = struct.pack("!2H2I4H", PORT, SERVED, 0x1357_9BDF, 0, 0x5002, 65_535, 0, 0)
    both = socket.inet_aton(own) + socket.inet_aton(peer)
    words = struct.unpack(
        "!16H", both + struct.pack("!2H", socket.IPPROTO_TCP, len(segment)) + segment
    )
    total = sum(words)
    total = (total >> 16) + (total & 0xFFFF)
    segment = segment[:16] + struct.pack("!H", ~((total >> 16) + total) & 0xFFFF) + segment[18:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
        raw.sendto(segment, (peer, 0))


def answer_to(line: socket.socket, said: bytes) -> str:
    """What comes back."""
    line.settimeout(SILENCE_SECONDS)
    line.sendall(said)
    try:
        return "answer" if line.recv(4096) == ANSWER else "other"
    except TimeoutError:
        return "silence"


def greet(line: socket.socket) -> None:
    """Says who it is, and gives the verdict time: an answer on the same machine may be faster."""
    answer_to(line, GREETING)
    time.sleep(SILENCE_SECONDS)


def call(own: str, peer: str) -> Iterator[str]:
    """An unwanted connection that tries to be forgotten, then a page, then an unwanted one again."""
    with connect(own, peer) as line:
        greet(line)
        forge_syn(own, peer)
        yield answer_to(line, b"after a SYN that nobody takes")
    with connect(own, peer) as line:
        yield answer_to(line, PAGE)
        yield answer_to(line, PAGE)
    with connect(own, peer) as line:
        greet(line)
        yield answer_to(line, b"again")


if __name__ == "__main__":
    what, *ends = sys.argv[1:]
    if what == "serve":
        serve(*ends)
    print(*call(*ends))
