"""HTTP/3 on aioquic: a server of random bytes, and with --get a client that fetches them again and again.

Tells: ready (server); fetched (status, bytes, seconds), failed (why).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from typing import TYPE_CHECKING, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol, QuicStreamHandler
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration

from peergate.lab.clients.dns import lookup
from peergate.lab.clients.report import report

if TYPE_CHECKING:
    from aioquic.h3.events import H3Event
    from aioquic.quic.connection import QuicConnection
    from aioquic.quic.events import QuicEvent

PORT = 443
PAUSE_SECONDS = 1.0
LIMIT_SECONDS = 10.0
BODY_BYTES = 60_000


class Speaker(QuicConnectionProtocol):
    """One end of an HTTP/3 connection."""

    def __init__(
        self, quic: QuicConnection, stream_handler: QuicStreamHandler | None = None
    ) -> None:
        super().__init__(quic, stream_handler)
        self.http = H3Connection(quic)

    def quic_event_received(self, event: QuicEvent) -> None:
        """Lets HTTP/3 read what QUIC brought."""
        for told in self.http.handle_event(event):
            self.heard(told)
        self.transmit()

    def heard(self, event: H3Event) -> None:
        """Reacts to an HTTP event."""
        raise NotImplementedError


class Server(Speaker):
    """Answers every request with the same amount of bytes."""

    def heard(self, event: H3Event) -> None:
        """Answers once the request is whole."""
        if isinstance(event, HeadersReceived) and event.stream_ended:
            headers = [(b":status", b"200"), (b"content-length", str(BODY_BYTES).encode())]
            self.http.send_headers(event.stream_id, headers)
            self.http.send_data(event.stream_id, os.urandom(BODY_BYTES), end_stream=True)


class Client(Speaker):
    """Fetches one page at a time."""

    def __init__(
        self, quic: QuicConnection, stream_handler: QuicStreamHandler | None = None
    ) -> None:
        super().__init__(quic, stream_handler)
        self._status = 0
        self._bytes = 0
        self._whole = asyncio.Event()

    async def get(self, name: str, path: str) -> tuple[int, int]:
        """Status and length of a page."""
        self._whole.clear()
        self._bytes = 0
        request = {":method": "GET", ":scheme": "https", ":authority": name, ":path": path}
        headers = [(key.encode(), value.encode()) for key, value in request.items()]
        self.http.send_headers(self._quic.get_next_available_stream_id(), headers, end_stream=True)
        self.transmit()
        await self._whole.wait()
        return self._status, self._bytes

    def heard(self, event: H3Event) -> None:
        """Gathers the answer."""
        if isinstance(event, HeadersReceived):
            self._status = int(dict(event.headers)[b":status"])
        if isinstance(event, DataReceived):
            self._bytes += len(event.data)
        if getattr(event, "stream_ended", False):
            self._whole.set()


async def answer(address: str, certificate: str, key: str) -> None:
    """Serves until it is killed."""
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    await serve(address, PORT, configuration=configuration, create_protocol=Server)
    report("ready")
    await asyncio.Event().wait()


async def fetch(name: str, server: str, authority: str) -> None:
    """Fetches a page over a fresh connection, as a first visit would."""
    start = time.monotonic()
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, server_name=name, cafile=authority)
    address = await asyncio.to_thread(lookup, name, server)
    async with connect(
        address, PORT, configuration=configuration, create_protocol=Client
    ) as client:
        status, size = await cast("Client", client).get(name, "/")
        report("fetched", status=status, bytes=size, seconds=time.monotonic() - start)


async def visit(name: str, server: str, authority: str) -> None:
    """Fetches until it is killed."""
    while True:
        try:
            await asyncio.wait_for(fetch(name, server, authority), LIMIT_SECONDS)
        except OSError as error:
            report("failed", why=str(error) or type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="address to serve, or address of the name server to ask")
    parser.add_argument("--certificate", required=True, help="to show, or to trust")
    parser.add_argument("--key", help="of the certificate")
    parser.add_argument("--get", metavar="NAME")
    given = parser.parse_args()
    if given.get:
        asyncio.run(visit(given.get, given.server, given.certificate))
    else:
        asyncio.run(answer(given.server, given.certificate, given.key))


if __name__ == "__main__":
    main()
