"""One user of Jami: Debian's jamid with an account of its own, asked over its message bus.

Runs inside a session bus (`dbus-run-session`) with a sound server.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import time

from peergate.lab.clients.report import report

DAEMON = "/usr/libexec/jamid"
BUS_NAME = "cx.ring.Ring"
MANAGERS = {"Configuration": "ConfigurationManager", "Call": "CallManager"}
ON_LINE = "REGISTERED"
POLL_SECONDS = 0.5
# An invitation travels over the distributed table.
MEET_SECONDS = 8.0
NOBODY_ELSE = {
    "Account.type": "RING",
    "Account.alias": "lab",
    "Account.displayName": "lab",
    "Account.upnpEnabled": "false",
    "Account.peerDiscovery": "false",
    "Account.accountDiscovery": "false",
    "Account.accountPublish": "false",
    "Account.proxyEnabled": "false",
    "Account.autoAnswer": "true",
    "Account.allowCallsFromUnknown": "true",
    "Account.videoEnabled": "false",
    "DHT.PublicInCalls": "true",
    "RingNS.uri": "",
    "STUN.enable": "false",
    "TURN.enable": "false",
}
AUDIO = (
    "[{'MEDIA_TYPE': 'MEDIA_TYPE_AUDIO', 'ENABLED': 'true', 'MUTED': 'false', "
    "'SOURCE': '', 'LABEL': 'audio_0'}]"
)


def main() -> None:
    """Gets on line; calls somebody, or waits to be called."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("node", help="address:port of a node of the distributed table")
    parser.add_argument("--call", help="the user to call")
    options = parser.parse_args()
    with subprocess.Popen([DAEMON, "-p", "-d", "-c"], stdout=subprocess.DEVNULL):
        user = User(options.node)
        report("started", address=user.address)
        user.wait_until_on_line()
        report("online")
        if options.call:
            user.call(options.call)
        user.watch()


class User:
    """An account of the daemon."""

    def __init__(self, node: str) -> None:
        self._account = ""
        # Whoever asks too early has the bus start a second daemon.
        subprocess.run(["gdbus", "wait", "--session", "--timeout", "30", BUS_NAME], check=True)
        wanted = {**NOBODY_ELSE, "Account.hostname": node}
        listed = ", ".join(f"'{name}': '{value}'" for name, value in wanted.items())
        while not self._account:
            # It is on the bus before it answers.
            self._account = quoted(asked("Configuration", "addAccount", f"{{{listed}}}"))
            time.sleep(POLL_SECONDS)

    @property
    def address(self) -> str:
        """By which others call it, once it has one."""
        while True:
            details = asked("Configuration", "getAccountDetails", self._account)
            found = re.search(r"'Account.username': '(\w{40})'", details)
            if found:
                return found[1]
            time.sleep(POLL_SECONDS)

    def wait_until_on_line(self) -> None:
        """Returns when the table has it."""
        while ON_LINE not in self._standing():
            time.sleep(POLL_SECONDS)

    def _standing(self) -> str:
        told = asked("Configuration", "getVolatileAccountDetails", self._account)
        found = re.search(r"'Account.registrationStatus': '(\w+)'", told)
        return found[1] if found else ""

    def call(self, other: str) -> None:
        """Meets somebody, then calls."""
        asked("Configuration", "addContact", self._account, other)
        time.sleep(MEET_SECONDS)
        call = quoted(asked("Call", "placeCallWithMedia", self._account, f"ring:{other}", AUDIO))
        report("calling", call=call)

    def watch(self) -> None:
        """Tells when somebody is heard, until the lab ends it."""
        told = False
        while True:
            calls = re.findall(r"'(\d+)'", asked("Call", "getCallList", self._account))
            for call in calls:
                details = asked("Call", "getCallDetails", self._account, call)
                if "'CALL_STATE': 'CURRENT'" in details and not told:
                    told = True
                    report("call-started")
            time.sleep(POLL_SECONDS)


def asked(manager: str, method: str, *arguments: str) -> str:
    """What the daemon answers; empty where it does not."""
    name = MANAGERS[manager]
    command = ["gdbus", "call", "--session", "--dest", BUS_NAME, "--object-path"]
    command += [f"/cx/ring/Ring/{name}", "--method", f"{BUS_NAME}.{name}.{method}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def quoted(answer: str) -> str:
    """The first word in an answer."""
    found = re.search(r"'([^']+)'", answer)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
