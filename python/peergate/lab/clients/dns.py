"""A name server of a few names, and what asks it.

As a program it is the server (tells: ready), or with --ask a client that looks a name up again and again
(tells: answered (address, seconds), failed (why)).
"""

from __future__ import annotations

import argparse
import socket
import time

from dnslib import AAAA, QTYPE, RR, A, DNSRecord
from dnslib.server import DNSHandler, DNSServer

from peergate.lab.clients.report import report

PORT = 53
ANSWER_SECONDS = 2.0
PAUSE_SECONDS = 0.5
TRIES = 2
LIFETIME = 60


class LookupFailedError(OSError):
    """Nobody answered, or there is no such name."""


def lookup(name: str, server: str, kind: str = "A") -> str:
    """The IPv4 address of a name (AAAA: IPv6), asked over UDP and, as resolvers do, asked twice."""
    question = DNSRecord.question(name, kind)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ANSWER_SECONDS)
        asking.connect((server, PORT))
        for _ in range(TRIES):
            asking.send(question.pack())
            try:
                answer = DNSRecord.parse(asking.recv(4096))
            except TimeoutError:
                continue
            if not answer.rr:
                raise LookupFailedError(f"no such name: {name}")
            return str(answer.rr[0].rdata)
    raise LookupFailedError(f"no answer from {server}")


class Names:
    """Knows a few names."""

    def __init__(self, names: dict[str, tuple[str, ...]]) -> None:
        self._names = names

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:  # noqa: ARG002 - dnslib's signature
        """Answers one question."""
        reply = request.reply()
        for address in self._names.get(str(request.q.qname).rstrip("."), ()):
            kind, data = (QTYPE.AAAA, AAAA) if ":" in address else (QTYPE.A, A)
            if request.q.qtype == kind:
                reply.add_answer(RR(request.q.qname, kind, rdata=data(address), ttl=LIFETIME))
        return reply


def serve(address: str, names: dict[str, tuple[str, ...]]) -> None:
    """Answers over UDP and TCP until it is killed."""
    for tcp in (False, True):
        server = DNSServer(Names(names), address=address, port=PORT, tcp=tcp, logger=Silence())
        server.start_thread()
    report("ready")
    while True:
        time.sleep(3600)


class Silence:
    """A logger for dnslib, which otherwise prints every packet."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def ask(name: str, server: str) -> None:
    """Looks a name up until it is killed."""
    while True:
        start = time.monotonic()
        try:
            address = lookup(name, server)
            report("answered", address=address, seconds=time.monotonic() - start)
        except LookupFailedError as error:
            report("failed", why=str(error))
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="address of the name server")
    parser.add_argument("--name", action="append", default=[], metavar="NAME=ADDRESS,...")
    parser.add_argument("--ask", metavar="NAME")
    given = parser.parse_args()
    if given.ask:
        ask(given.ask, given.server)
    entries = (entry.split("=") for entry in given.name)
    serve(given.server, {name: tuple(addresses.split(",")) for name, addresses in entries})


if __name__ == "__main__":
    main()
