"""A Tox user: logs on, answers friends, and if told a friend writes to it and calls it.

Tells: started (address), online (connection), offline, friend-online, message (text), call-started, heard (frames so
far, every second of a call), call-ended (frames sent and received).
"""

from __future__ import annotations

import argparse
import math
import time
from ctypes import Array, c_int16
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peergate.lab.clients.report import report
from peergate.lab.clients.toxcore import CALL_FINISHED, Tox
from peergate.urgency import come_first

if TYPE_CHECKING:
    from collections.abc import Callable

AUDIO_KBIT = 48
AUDIO_RATE = 48_000
FRAME_SECONDS = 0.02
FRAME_SAMPLES = int(AUDIO_RATE * FRAME_SECONDS)
# A client asks its bootstrap nodes again while nobody has answered, as toxic and qTox do.
BOOTSTRAP_SECONDS = 5.0
GREETING = "hello"


@dataclass(frozen=True)
class Node:
    """A bootstrap node."""

    host: str
    port: int
    public_key: bytes

    @classmethod
    def read(cls, text: str) -> Node:
        """Reads `host:port:key`."""
        host, port, key = text.rsplit(":", 2)
        return cls(host, int(port), bytes.fromhex(key))


class User:
    """What a person with a Tox client does."""

    def __init__(self, nodes: list[Node], tox: Callable[[User], Tox], call_seconds: float) -> None:
        self._tox = tox(self)
        self._nodes = nodes
        self._call_seconds = call_seconds
        self._online = False
        self._bootstrapped = -math.inf
        self._call: Conversation | None = None
        # The one who asked for the friendship greets and calls; the other answers.
        self._asked = False
        self._greeted = False

    def run(self, friend: str | None) -> None:
        """Lives until it is killed."""
        report("started", address=self._tox.address)
        if friend:
            self._asked = True
            self._tox.add_friend(friend)
        while True:
            now = time.monotonic()
            if not self._online and now - self._bootstrapped > BOOTSTRAP_SECONDS:
                self._bootstrapped = now
                for node in self._nodes:
                    self._tox.bootstrap(node.host, node.port, node.public_key)
            self._tox.iterate()
            if self._call:
                self._call.talk(self._tox, now)
                if self._asked and self._call.seconds(now) > self._call_seconds:
                    self._tox.end_call(self._call.friend)
                    self._end_call()
            time.sleep(
                min(self._tox.interval, FRAME_SECONDS / 4) if self._call else self._tox.interval
            )

    def self_connection(self, connection: str) -> None:
        """Tells whether the log-on succeeded."""
        self._online = connection != "none"
        if self._online:
            report("online", connection=connection)
        else:
            report("offline")

    def friend_connection(self, friend: int, connection: str) -> None:
        """Greets a friend that comes on line."""
        if connection == "none":
            report("friend-offline")
            return
        report("friend-online", connection=connection)
        # A friend is reported once more when the connection moves from a relay to the direct path.
        if self._asked and not self._greeted:
            self._greeted = True
            self._tox.send_message(friend, GREETING)

    def friend_request(self, public_key: bytes) -> None:
        """Takes everybody for a friend."""
        self._tox.accept_friend(public_key)

    def friend_message(self, friend: int, text: str) -> None:
        """Answers a greeting with the same, and an answer with a call."""
        report("message", text=text)
        if not self._asked:
            self._tox.send_message(friend, text)
        elif self._call is None and self._call_seconds > 0:
            self._tox.start_call(friend, AUDIO_KBIT)

    def call(self, friend: int) -> None:
        """Takes every call."""
        self._tox.answer_call(friend, AUDIO_KBIT)
        self._start_call(friend)

    def call_state(self, friend: int, state: int) -> None:
        """Follows what the other side did."""
        if state & CALL_FINISHED:
            self._end_call()
        elif state and self._call is None:
            self._start_call(friend)

    def audio_frame(self, friend: int) -> None:
        """Counts what is heard."""
        if self._call and self._call.friend == friend:
            self._call.received += 1

    def _start_call(self, friend: int) -> None:
        self._call = Conversation(friend, time.monotonic())
        report("call-started")

    def _end_call(self) -> None:
        if self._call:
            report("call-ended", sent=self._call.sent, received=self._call.received)
            self._call = None


class Conversation:
    """A call that is up."""

    def __init__(self, friend: int, started: float) -> None:
        self.friend = friend
        self.sent = 0
        self.received = 0
        self._started = started
        self._frames = 0
        self._told = 0

    def seconds(self, now: float) -> float:
        """How long it lasts already."""
        return now - self._started

    def talk(self, tox: Tox, now: float) -> None:
        """Sends the frames that are due, and tells how many came."""
        if self.seconds(now) >= self._told + 1:
            self._told = int(self.seconds(now))
            report("heard", frames=self.received)
        while self.seconds(now) > self._frames * FRAME_SECONDS:
            self.sent += tox.send_audio(
                self.friend, speech(self._frames), FRAME_SAMPLES, AUDIO_RATE
            )
            self._frames += 1


def speech(frame: int) -> Array[c_int16]:
    """A frame that an encoder takes for a voice: a gliding tone that swells and fades a few times a second."""
    seconds = frame * FRAME_SECONDS
    pitch = 160 + 60 * math.sin(seconds)
    loudness = 9000 * (0.3 + abs(math.sin(4 * seconds)))
    angle = math.tau * pitch / AUDIO_RATE
    return (c_int16 * FRAME_SAMPLES)(
        *(int(loudness * math.sin(angle * at)) for at in range(FRAME_SAMPLES))
    )


def endpoint(text: str) -> tuple[str, int]:
    """Reads `host:port`."""
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main() -> None:
    """Reads the command line and lives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--node", action="append", type=Node.read, default=[], metavar="HOST:PORT:KEY"
    )
    parser.add_argument("--friend", metavar="ADDRESS", help="ask, greet and call this user")
    parser.add_argument(
        "--call", type=float, default=0, metavar="SECONDS", help="how long to call; 0 is not at all"
    )
    parser.add_argument("--ipv6", action="store_true", help="speak IPv6 too")
    parser.add_argument(
        "--socks", type=endpoint, metavar="HOST:PORT", help="by TCP through this SOCKS5 server"
    )
    given = parser.parse_args()
    # It has a processor of its own outside of the lab.
    come_first()
    User(given.node, lambda user: Tox(user, ipv6=given.ipv6, socks=given.socks), given.call).run(
        given.friend
    )


if __name__ == "__main__":
    main()
