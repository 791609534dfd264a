"""Sensors and plants."""

from __future__ import annotations

import struct

from peergate.lab.samples.office import session
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.simulator.machine import Endpoint


def mqtt() -> Talk:
    """A sensor connects and publishes (MQTT 3.1.1)."""

    def message(kind: int, body: bytes) -> bytes:
        return bytes([kind, len(body)]) + body

    connect = b"\0\x04MQTT\x04\x02\0\x3c\0\x06sensor"
    publish = b"\0\x09room/heat21.5"
    return session(
        41883, 1883, message(0x10, connect), message(0x20, b"\0\0"), message(0x30, publish)
    )


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
