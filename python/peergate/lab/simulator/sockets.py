"""Runs machines on the sockets of this process."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from peergate.lab.clients.report import report
from peergate.lab.simulator.machine import (
    Close,
    Connect,
    Endpoint,
    Happened,
    Send,
    SendDatagram,
    Talk,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from peergate.lab.simulator.machine import Action, Actions, Machine

READ_BYTES = 65536
# Streams that others open are numbered from here, those that the machine opens from one.
FIRST_ACCEPTED = 1_000_000
# A machine that plans nothing is looked at again after this.
IDLE_SECONDS = 1.0


class Runner:
    """One machine at one address: a UDP port, and perhaps TCP ports to listen on."""

    def __init__(
        self,
        machine: Machine,
        at: Endpoint,
        listen: tuple[int, ...] = (),
        tell: Callable[..., None] = report,
    ) -> None:
        self._tell = tell
        self._machine = machine
        self._at = at
        self._listen = listen
        # By local port; the machine's own first.
        self._datagrams: dict[int, asyncio.DatagramTransport] = {}
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._next_accepted = FIRST_ACCEPTED
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Lives until it is cancelled."""
        await self._bind(self._at.port)
        for port in self._listen:
            await asyncio.start_server(self._server(port), self._at.address, port)
        self.perform(self._machine.start(now()))
        while True:
            due = self._machine.due
            wait = IDLE_SECONDS if due is None else due - now()
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), max(wait, 0))
            except TimeoutError:
                self.perform(self._machine.tick(now()))

    def perform(self, actions: Actions) -> None:
        """Does what the machine wants done."""
        for action in actions:
            self._do(action)
        self._wake.set()

    async def _bind(self, port: int) -> None:
        self._datagrams[port], _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Datagrams(
                lambda sender, data: self._machine.datagram(now(), sender, data), self.perform
            ),
            local_addr=(self._at.address, port),
        )

    async def _send_from(self, port: int, action: SendDatagram) -> None:
        try:
            await self._bind(port)
        except OSError:
            # Somebody else has that port; what is lost is one datagram.
            return
        self._do(action)

    async def _talk(self, talk: Talk) -> None:
        due = now()
        for gap, size in talk.words:
            due += gap
            await asyncio.sleep(due - now())
            if talk.over:
                return
            if talk.port and talk.port not in self._datagrams:
                await self._bind(talk.port)
            if isinstance(talk.to, int):
                self._do(Send(talk.to, talk.say(size)))
            else:
                self._do(SendDatagram(talk.to, talk.say(size), talk.port))

    def _do(self, action: Action) -> None:
        match action:
            case SendDatagram(to, payload, port) if (port or self._at.port) in self._datagrams:
                self._datagrams[port or self._at.port].sendto(payload, to)
            case SendDatagram(_, _, port):
                self._spawn(self._send_from(port, action))
            case Talk():
                self._spawn(self._talk(action))
            case Connect(stream, to):
                self._spawn(self._open(stream, to))
            case Send(stream, data) if stream in self._writers:
                self._writers[stream].write(data)
            case Close(stream) if stream in self._writers:
                self._writers.pop(stream).close()
            case Happened(event, details):
                self._tell(event, **details)
            case _:
                # To a connection that ended meanwhile.
                pass

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, stream: int, to: Endpoint) -> None:
        try:
            reader, writer = await asyncio.open_connection(*to, local_addr=(self._at.address, 0))
        except OSError:
            self.perform(self._machine.closed(now(), stream))
            return
        self._writers[stream] = writer
        self.perform(self._machine.connected(now(), stream))
        await self._read(stream, reader)

    def _server(
        self, port: int
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            stream = self._next_accepted
            self._next_accepted += 1
            self._writers[stream] = writer
            self.perform(self._machine.accepted(now(), stream, port))
            await self._read(stream, reader)

        return accept

    async def _read(self, stream: int, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(READ_BYTES):
                self.perform(self._machine.received(now(), stream, data))
        except OSError:
            pass
        if writer := self._writers.pop(stream, None):
            writer.close()
        self.perform(self._machine.closed(now(), stream))


class Datagrams(asyncio.DatagramProtocol):
    """The UDP port of a machine."""

    def __init__(
        self, arrived: Callable[[Endpoint, bytes], Actions], perform: Callable[[Actions], None]
    ) -> None:
        self._arrived = arrived
        self._perform = perform

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hands a payload to the machine."""
        self._perform(self._arrived(Endpoint(*addr[:2]), data))


def now() -> float:
    """The clock of all machines here."""
    return time.monotonic()
