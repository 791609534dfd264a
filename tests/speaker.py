"""A call of a program that nobody knows, from both of its ends, and what else a host does: run in a network namespace.

speaker.py answer ADDRESS               answers calls on 41000, names on 53 and pages on 80, until it is ended
speaker.py call FROM TO SECONDS PORT    calls, and prints when it heard something: first and last second
speaker.py ask FROM TO                  asks for a name and a page, and prints what it got
"""

from __future__ import annotations

import http.client
import random
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CALLS = 41_000
DNS = 53
WEB = 80
QUESTION = (
    bytes.fromhex("1234010000010000000000000377777707")
    + b"example"
    + bytes.fromhex("03636f6d0000010001")
)
ANSWER = bytes.fromhex("c00c000100010000003c0004c6336407")


def speech(dice: random.Random) -> tuple[float, bytes]:
    """The next frame: how long it is waited for, and bytes that mean nothing, as Skype's were."""
    return dice.uniform(0.027, 0.040), dice.randbytes(dice.randint(115, 190))


def speak(line: socket.socket, peer: tuple[str, int], seconds: float, seed: int) -> None:
    """Sends frames to the peer for so long."""
    dice = random.Random(seed)
    end = due = time.monotonic()
    end += seconds
    while due < end:
        wait, frame = speech(dice)
        due += wait
        time.sleep(max(0.0, due - time.monotonic()))
        line.sendto(frame, peer)


def call(own: str, peer: str, seconds: float, port: int) -> None:
    """Calls and listens, and prints in which second it heard the first and the last frame."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((own, port))
    line.settimeout(0.2)
    begin = time.monotonic()
    speaking = threading.Thread(target=speak, args=(line, (peer, CALLS), seconds, port))
    speaking.start()
    heard: list[float] = []
    while time.monotonic() < begin + seconds:
        try:
            line.recv(2048)
        except TimeoutError:
            continue
        heard.append(time.monotonic() - begin)
    speaking.join()
    print(f"{heard[0]:.2f} {heard[-1]:.2f}" if heard else "never", flush=True)


def answer_calls(address: str) -> None:
    """Speaks to whoever speaks, for as long as they do."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((address, CALLS))
    called: set[tuple[str, int]] = set()
    while True:
        _, caller = line.recvfrom(2048)
        if caller not in called:
            called.add(caller)
            threading.Thread(
                target=speak, args=(line, caller, 30.0, caller[1] + 1), daemon=True
            ).start()


def answer_names(address: str) -> None:
    """Gives every name the same address."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((address, DNS))
    while True:
        question, asker = line.recvfrom(2048)
        head = question[:2] + bytes.fromhex("81800001000100000000")
        line.sendto(head + question[12:] + ANSWER, asker)


class Page(BaseHTTPRequestHandler):
    """One page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a page")

    def log_message(self, *_said: object) -> None:
        pass


def answer(address: str) -> None:
    """Is everything that the others need."""
    for service in (answer_calls, answer_names):
        threading.Thread(target=service, args=(address,), daemon=True).start()
    ThreadingHTTPServer((address, WEB), Page).serve_forever()


def ask(own: str, server: str) -> None:
    """Asks for a name and a page."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind((own, 0))
    line.settimeout(3)
    line.sendto(QUESTION, (server, DNS))
    answered = line.recv(2048).endswith(ANSWER)
    web = http.client.HTTPConnection(server, WEB, timeout=3, source_address=(own, 0))
    web.request("GET", "/")
    print("name" if answered else "no name", web.getresponse().read().decode(), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["answer", address]:
            answer(address)
        case ["call", own, peer, seconds, port]:
            call(own, peer, float(seconds), int(port))
        case ["ask", own, server]:
            ask(own, server)
        case _:
            sys.exit(__doc__)
