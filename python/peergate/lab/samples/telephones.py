"""Telephones and the exchanges that command them: SIP over TCP, MGCP, Megaco, SCCP and IAX2."""

from __future__ import annotations

import struct
from socket import inet_aton

from peergate.lab.samples.talk import ELSEWHERE, HERE, THERE, Talk
from peergate.lab.samples.voice import Dialogue, call, offer
from peergate.lab.simulator.machine import Endpoint

FULL, VOICE, SIGNAL, CONTROL = 0x8000, 2, 4, 6
NEW, ACKNOWLEDGED, HANGUP, ACCEPT = 1, 4, 5, 7
RINGING, ANSWERED, PCMU = 3, 4, 4


def sip() -> Talk:
    """A call that is set up over TCP, in messages that their length ends (RFC 3261 §18.3)."""
    talk = Talk()
    mine, yours = Endpoint(HERE, 40010), Endpoint(THERE, 50010)

    part = Dialogue(f"TCP {HERE}:45060", "ann", "<sip:bob@example.org>;tag=2", 2).part
    bob = "sip:bob@example.org;transport=tcp SIP/2.0"
    ringing = part("SIP/2.0 180 Ringing", "INVITE", 1)
    talk.connection(
        Endpoint(HERE, 45060),
        Endpoint(THERE, 5060),
        part(f"INVITE {bob}", "INVITE", 1, offer(mine)),
        ringing + part("SIP/2.0 200 OK", "INVITE", 1, offer(yours)),
        part(f"ACK {bob}", "ACK", 1),
    )
    call(talk, mine, yours)
    return talk


def mgcp() -> Talk:
    """A call agent has its gateway open a connection, names the other end, and closes it (RFC 3435)."""
    talk = Talk()
    agent, gateway = Endpoint(HERE, 2727), Endpoint(THERE, 2427)
    near, far = Endpoint(THERE, 50012), Endpoint(ELSEWHERE, 40012)

    def command(verb: str, number: int, rest: str) -> bytes:
        return f"{verb} {number} aaln/1@gateway.example MGCP 1.0\r\nC: A3C4\r\n{rest}".encode()

    talk.exchange(
        agent,
        gateway,
        command("CRCX", 1204, "L: p:20, a:PCMU\r\nM: recvonly\r\n"),
        f"200 1204 OK\r\nI: FDE234\r\n\r\n{offer(near)}".encode(),
        command("MDCX", 1205, f"I: FDE234\r\nM: sendrecv\r\n\r\n{offer(far)}"),
        b"200 1205 OK\r\n",
    )
    call(talk, far, near)
    talk.exchange(
        agent,
        gateway,
        command("DLCX", 1206, "I: FDE234\r\n"),
        b"250 1206 OK\r\nP: PS=25, OS=4000, PR=25, OR=4000, PL=0\r\n",
    )
    return talk


def megaco() -> Talk:
    """A controller has its gateway join a line and a stream, and names the other end (H.248.1 Annex B)."""
    talk = Talk()
    controller, gateway = Endpoint(HERE, 2944), Endpoint(THERE, 2944)
    near, far = Endpoint(THERE, 50014), Endpoint(ELSEWHERE, 40014)

    def message(sender: Endpoint, body: str) -> bytes:
        return f"MEGACO/1 [{sender.address}]:{sender.port}\r\n{body}\r\n".encode()

    wanted = "v=0\r\nc=IN IP4 $\r\nm=audio $ RTP/AVP 0\r\n"
    talk.exchange(
        controller,
        gateway,
        message(
            controller,
            "Transaction = 1 { Context = $ { Add = A0, Add = $ { Media {\r\n"
            f"LocalControl {{ Mode = ReceiveOnly }}, Local {{\r\n{wanted}}} }} }} }} }}",
        ),
        message(
            gateway,
            "Reply = 1 { Context = 7 { Add = A0, Add = RTP/1 { Media {\r\n"
            f"Local {{\r\n{offer(near)}}} }} }} }} }}",
        ),
        message(
            controller,
            "Transaction = 2 { Context = 7 { Modify = RTP/1 { Media {\r\n"
            f"LocalControl {{ Mode = SendReceive }}, Remote {{\r\n{offer(far)}}} }} }} }} }}",
        ),
        message(gateway, "Reply = 2 { Context = 7 { Modify = RTP/1 } }"),
    )
    call(talk, far, near)
    return talk


def sccp() -> Talk:
    """A Cisco telephone registers, is called, and opens its sound (as Wireshark's reader describes it)."""
    talk = Talk()
    mine, yours = Endpoint(HERE, 40016), Endpoint(ELSEWHERE, 50016)

    def message(kind: int, body: bytes = b"", version: int = 0) -> bytes:
        return struct.pack("<III", 4 + len(body), version, kind) + body

    def place(end: Endpoint) -> bytes:
        return inet_aton(end.address) + struct.pack("<I", end.port)

    name = b"SEP001122334455".ljust(16, b"\0")
    # A user and a line, its address, the kind of telephone (7960), the most streams.
    registration = name + struct.pack("<II", 0, 1) + inet_aton(HERE) + struct.pack("<II", 7, 5)
    registered = struct.pack("<I6sHII", 30, b"M/D/Y", 0, 30, 5)
    # Two codings: PCMU of up to 40 frames a packet, and G.729.
    codings = struct.pack("<I", 2) + struct.pack("<II8s", 4, 40, b"")
    codings += struct.pack("<II8s", 11, 60, b"")
    sound = struct.pack("<5I", 1, 33, 20, 4, 0)
    stream = struct.pack("<II", 1, 33) + place(yours) + struct.pack("<III", 20, 4, 0)
    talk.connection(
        Endpoint(HERE, 42000),
        Endpoint(THERE, 2000),
        message(0x01, registration),
        message(0x81, registered) + message(0x9B),
        message(0x10, codings),
        message(0x105, sound),
        message(0x22, struct.pack("<I", 0) + place(mine) + struct.pack("<I", 33)),
        message(0x8A, stream),
    )
    call(talk, mine, yours)
    return talk


def iax() -> Talk:
    """A call between two exchanges: new, accepted, ringing, answered, sound, over (RFC 5456)."""
    talk = Talk()
    client, server = Endpoint(HERE, 4569), Endpoint(THERE, 4569)
    numbers, sent = {client: 4, server: 7}, {client: 0, server: 0}

    def element(kind: int, value: bytes) -> bytes:
        return bytes([kind, len(value)]) + value

    def full(source: Endpoint, kind: int, what: int, rest: bytes = b"") -> None:
        other = server if source == client else client
        known = numbers[other] if len(talk.frames) else 0
        clock = len(talk.frames) * 20
        head = struct.pack(">HHI", FULL | numbers[source], known, clock)
        counters = bytes([sent[source], sent[other], kind, what])
        # An acknowledgement has no number of its own (§7.3).
        sent[source] += (kind, what) != (CONTROL, ACKNOWLEDGED)
        talk.datagram(source, other, head + counters + rest)

    def mini(source: Endpoint) -> None:
        other = server if source == client else client
        head = struct.pack(">HH", numbers[source], len(talk.frames) * 20)
        talk.datagram(source, other, head + talk.chance.randbytes(160))

    coding = element(9, struct.pack(">I", PCMU))
    caller = element(2, b"100") + element(4, b"Ann Example")
    full(client, CONTROL, NEW, element(11, b"\0\2") + element(1, b"200") + caller + coding)
    full(server, CONTROL, ACCEPT, coding)
    full(client, CONTROL, ACKNOWLEDGED)
    full(server, SIGNAL, RINGING)
    full(client, CONTROL, ACKNOWLEDGED)
    full(server, SIGNAL, ANSWERED)
    full(client, CONTROL, ACKNOWLEDGED)
    for source in (client, server):
        full(source, VOICE, PCMU, talk.chance.randbytes(160))
    for _ in range(25):
        mini(client)
        mini(server)
    full(client, CONTROL, HANGUP, element(22, b"Over"))
    full(server, CONTROL, ACKNOWLEDGED)
    return talk
