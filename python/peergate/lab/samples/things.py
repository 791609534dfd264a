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
