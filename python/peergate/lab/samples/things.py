"""Sensors and plants."""

from __future__ import annotations

import struct

from peergate.lab.samples.office import session
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint


def mqtt() -> Talk:
    """A sensor connects and publishes (MQTT 3.1.1)."""
    connect = b"\0\x04MQTT\x04\x02\0\x3c\0\x06sensor"
    publish = b"\0\x09room/heat21.5"
    return session(
        41883, 1883, published(0x10, connect), published(0x20, b"\0\0"), published(0x30, publish)
    )


def late_mqtt() -> Talk:
    """A sensor that publishes since long before anybody listened (MQTT 3.1.1 §3.3)."""
    talk = Talk()
    said = (published(0x30, b"\0\x09room/heat" + value) for value in (b"21.5", b"21.4", b"21.6"))
    talk.middle(Endpoint(HERE, 41884), Endpoint(THERE, 1883), b"".join(said))
    return talk


def published(kind: int, body: bytes) -> bytes:
    """A message of MQTT: its kind, its length, what it says."""
    return bytes([kind, len(body)]) + body


def coap() -> Talk:
    """A thing is asked what it offers (RFC 7252)."""
    talk = Talk()
    asked = bytes.fromhex("4101123407") + b"\xbb.well-known\x04core"
    answered = bytes.fromhex("6145123407") + b"\xc1\x28\xff</heat>;if=sensor"
    talk.exchange(Endpoint(HERE, 45683), Endpoint(THERE, 5683), asked, answered)
    return talk


def modbus() -> Talk:
    """Two registers are read (Modbus Messaging on TCP/IP)."""
    asked = struct.pack(">HHHBBHH", 7, 0, 6, 1, 3, 100, 2)
    return session(40502, 502, asked, struct.pack(">HHHBBBHH", 7, 0, 7, 1, 3, 4, 21, 5))


def opcua() -> Talk:
    """A machine is greeted, and greets (IEC 62541-6)."""
    address = b"opc.tcp://machine.example:4840"
    sizes = struct.pack("<5I", 0, 65536, 65536, 0, 0)
    hello = sizes + struct.pack("<I", len(address)) + address
    said = [b"HELF" + struct.pack("<I", len(hello) + 8) + hello]
    said.append(b"ACKF" + struct.pack("<I", len(sizes) + 8) + sizes)
    return session(44840, 4840, *said)


def iec104() -> Talk:
    """A connection to a station is started (IEC 60870-5-104)."""
    return session(42404, 2404, bytes.fromhex("680407000000"), bytes.fromhex("68040b000000"))


def profinet() -> Talk:
    """A controller connects to a device, which says who it is (IEC 61158-6-10 over C706 §12.5)."""
    talk = Talk()
    same = struct.pack("<HH8s", 0x6C97, 0x11D1, bytes.fromhex("827100a02442df7d"))
    device, controller = (struct.pack("<I", 0xDEA00000 + role) + same for role in (1, 2))
    activity = talk.chance.randbytes(16)

    def message(kind: int, interface: bytes, body: bytes) -> bytes:
        start = struct.pack("<BBBBBBBB", 4, kind, 0x20, 0, 0x10, 0, 0, 0) + bytes(16)
        counted = struct.pack("<IIIHHHHHBB", 0, 1, 0, 0, 0xFFFF, 0xFFFF, len(body), 0, 0, 0)
        return start + interface + activity + counted + body

    asked, answered = message(0, device, bytes(20)), message(2, device, bytes(20))
    back = message(0, controller, bytes(20))
    client, server = Endpoint(HERE, 49152), Endpoint(THERE, 34964)
    talk.exchange(client, server, asked, answered, back)
    return talk


def cnpip() -> Talk:
    """Two networks of a building's controllers exchange packets (ISO/IEC 14908-4)."""
    talk = Talk()

    def message(number: int) -> bytes:
        inside = talk.chance.randbytes(12)
        head = struct.pack(">HBBBBHIII", 20 + len(inside), 1, 1, 0, 0, 0, 77, number, 5000 + number)
        return head + inside

    talk.exchange(Endpoint(HERE, 1628), Endpoint(THERE, 1628), message(1), message(1), message(2))
    return talk


def egd() -> Talk:
    """A plant's values, sent ten times a second (GE GFK-2224)."""
    talk = Talk()
    for number in range(3):
        head = struct.pack("<BBH4sI", 13, 1, number, b"\xc0\0\x02\x0a", 5)
        clock = struct.pack("<II", 1_760_000_000, number * 100_000_000)
        values = struct.pack("<III", 1, 0x0101, 0) + struct.pack("<4H", 215, 214, 1, 0)
        talk.datagram(Endpoint(HERE, 18246), Endpoint(THERE, 18246), head + clock + values)
    return talk
