"""A WebRTC voice call on aiortc: answers calls, or with --call calls.

The offer goes to the other side as an HTTP POST and comes back as its answer, as WHIP does (RFC 9725).
Tells: ready (answerer); connected, heard (frames of the other's voice so far), failed (why).
"""

from __future__ import annotations

import argparse
import asyncio
import fractions
import math
import time
import urllib.request
from array import array
from functools import partial

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from peergate.lab.clients.report import report

PORT = 8080
RATE = 48_000
FRAME_SECONDS = 0.02
FRAME_SAMPLES = int(RATE * FRAME_SECONDS)
REPORT_FRAMES = 50
LIMIT_SECONDS = 10.0


class Voice(MediaStreamTrack):
    """A tone that swells and fades, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames = 0
        self._start = time.monotonic()

    async def recv(self) -> AudioFrame:
        """The next frame, when it is due."""
        await asyncio.sleep(self._start + self._frames * FRAME_SECONDS - time.monotonic())
        first = self._frames * FRAME_SAMPLES
        samples = array("h", (self._sample(first + at) for at in range(FRAME_SAMPLES)))
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts = RATE, first
        frame.time_base = fractions.Fraction(1, RATE)
        self._frames += 1
        return frame

    @staticmethod
    def _sample(at: int) -> int:
        seconds = at / RATE
        return int(9000 * abs(math.sin(4 * seconds)) * math.sin(math.tau * 180 * seconds))


def new_call(relays: list[RTCIceServer]) -> RTCPeerConnection:
    """A call that tells when it is up and what it hears."""
    # Addresses in the lab are public: without a STUN server to ask, calls begin at once.
    call = RTCPeerConnection(RTCConfiguration(iceServers=relays))

    @call.on("connectionstatechange")
    def changed() -> None:
        if call.connectionState == "connected":
            report("connected")
        if call.connectionState == "failed":
            report("failed", why="no path between the two sides")

    @call.on("track")
    async def listen(track: MediaStreamTrack) -> None:
        frames = 0
        try:
            while True:
                await track.recv()
                frames += 1
                if frames % REPORT_FRAMES == 0:
                    report("heard", frames=frames)
        except MediaStreamError:
            report("heard", frames=frames)

    return call


async def answer(
    relays: list[RTCIceServer], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Takes one call: reads the offer, writes the answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:")[1].split()[0])
    offer = (await reader.readexactly(length)).decode()
    call = new_call(relays)
    await call.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    call.addTrack(Voice())
    await call.setLocalDescription(await call.createAnswer())
    body = call.localDescription.sdp.encode()
    writer.write(
        b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    await writer.drain()
    writer.close()


async def serve(address: str, relays: list[RTCIceServer]) -> None:
    """Takes calls until it is killed."""
    await asyncio.start_server(partial(answer, relays), address, PORT)
    report("ready")
    await asyncio.Event().wait()


def post(address: str, offer: str) -> str:
    """Sends the offer and returns the answer."""
    request = urllib.request.Request(
        f"http://{address}:{PORT}/call", offer.encode(), {"Content-Type": "application/sdp"}
    )
    with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as response:  # noqa: S310 - an address of the lab, over HTTP
        answered: bytes = response.read()
    return answered.decode()


async def start(address: str, relays: list[RTCIceServer]) -> None:
    """Calls and talks until it is killed."""
    call = new_call(relays)
    call.addTrack(Voice())
    await call.setLocalDescription(await call.createOffer())
    try:
        answered = await asyncio.to_thread(post, address, call.localDescription.sdp)
    except OSError as error:
        report("failed", why=str(error))
        return
    await call.setRemoteDescription(RTCSessionDescription(answered, "answer"))
    await asyncio.Event().wait()


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="to serve, or to call")
    parser.add_argument("--call", action="store_true")
    parser.add_argument("--turn", help="a relay, turn:ADDRESS:PORT")
    parser.add_argument("--user")
    parser.add_argument("--password")
    given = parser.parse_args()
    relay = RTCIceServer(given.turn, username=given.user, credential=given.password)
    live = start if given.call else serve
    asyncio.run(live(given.address, [relay] if given.turn else []))


if __name__ == "__main__":
    main()
