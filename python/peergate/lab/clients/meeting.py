"""A page on which two browsers call each other, and the letter boxes by which they agree.

`python -m peergate.lab.clients.meeting ADDRESS` serves it: `/?me=caller` and `/?me=callee` are the two, `kind=` is
`audio`, `video` or `data`, and `turn=` a relay that alone may be used.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from peergate.lab.clients.report import report

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT = 8080
# Each writes to the other's box and asks for its own; the callee, when it is there, asks to be called.
PAGE = b"""<!doctype html><body><script>
const query = new URLSearchParams(location.search), me = query.get("me"), calls = me == "caller";
const other = calls ? "callee" : "caller", turn = query.get("turn"), kind = query.get("kind");
const post = (place, what) => fetch(place, {method: "POST", body: JSON.stringify(what)});
const send = what => post("/" + other, what);
const relays = turn ? [{urls: turn, username: "lab", credential: "lab"}] : [];
const call = new RTCPeerConnection({iceServers: relays, iceTransportPolicy: turn ? "relay" : "all"});
const early = [];
call.onicecandidate = ({candidate}) => candidate && send({candidate});
call.onconnectionstatechange = () => post("/told", {who: me, state: call.connectionState});
call.ontrack = ({track}) => {
  const player = document.createElement(track.kind);
  player.srcObject = new MediaStream([track]);
  player.autoplay = true;
  document.body.append(player);
};
const talk = words => setInterval(() => words.readyState == "open" && words.send("hello"), 2000);
async function read(letter) {
  if (letter.ready) await call.setLocalDescription();
  if (letter.words) {
    await call.setRemoteDescription(letter.words);
    if (!calls) await call.setLocalDescription();
    while (early.length) await call.addIceCandidate(early.shift());
  }
  if (letter.ready || (letter.words && !calls)) send({words: call.localDescription});
  if (letter.candidate && call.remoteDescription) await call.addIceCandidate(letter.candidate);
  else if (letter.candidate) early.push(letter.candidate);
}
async function main() {
  if (calls) talk(call.createDataChannel("words")); else call.ondatachannel = ({channel}) => talk(channel);
  if (kind != "data") {
    const media = await navigator.mediaDevices.getUserMedia({audio: true, video: kind == "video"});
    media.getTracks().forEach(track => call.addTrack(track, media));
  }
  if (!calls) send({ready: true});
  for (;; await new Promise(later => setTimeout(later, 400)))
    for (const letter of await (await fetch("/" + me)).json()) await read(letter);
}
main();
</script>"""


class Boxes(ThreadingHTTPServer):
    """The server, and what waits in each box."""

    def __init__(self, address: str) -> None:
        super().__init__((address, PORT), Request)
        self.boxes: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)


class Request(BaseHTTPRequestHandler):
    """One request: the page, the letters of a box, or a letter for one."""

    server: Boxes
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Gives the page, or empties a box."""
        place = urlsplit(self.path)
        box = place.path.strip("/")
        self.answer(PAGE if not box else json.dumps(self.server.boxes.pop(box, [])).encode())

    def do_POST(self) -> None:
        """Puts a letter into a box; what happened to a call is told."""
        letter = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        box = urlsplit(self.path).path.strip("/")
        if box == "told":
            report(letter["state"], who=letter["who"])
        else:
            self.server.boxes[box].append(letter)
        self.answer(b"{}")

    def answer(self, body: bytes) -> None:
        """A page or letters."""
        self.send_response(200)
        kind = "text/html" if body is PAGE else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing of single requests: what is printed are events."""


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    server = Boxes(parser.parse_args().address)
    report("ready")
    server.serve_forever()


if __name__ == "__main__":
    main()
