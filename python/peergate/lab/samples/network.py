"""What keeps a network running: time, addresses, and who is there: NTP, DHCP, mDNS, SLP, SSDP."""

from __future__ import annotations

import struct
from socket import inet_aton

from peergate.lab.samples.office import element
from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.web import labels
from peergate.lab.simulator.machine import Endpoint

# 2026-01-01, in seconds since 1900.
STAMP = 3_976_214_400 << 32
MDNS = Endpoint("224.0.0.251", 5353)
SSDP = Endpoint("239.255.255.250", 1900)


def ntp() -> Talk:
    """A question for the time, and the answer of a server of the second stratum (RFC 5905)."""
    talk = Talk()
    asked = struct.pack(">BBbbIII4Q", 0x23, 0, 6, -20, 0, 0, 0, 0, 0, 0, STAMP)
    answered = struct.pack(
        ">BBbbII4s4Q", 0x24, 2, 6, -23, 300, 500, inet_aton("192.0.2.1"), STAMP, STAMP, STAMP, STAMP
    )
    talk.exchange(Endpoint(HERE, 123), Endpoint(THERE, 123), asked, answered)
    return talk


def options(*pairs: tuple[int, bytes]) -> bytes:
    """Options of RFC 2132, with their end."""
    return b"".join(bytes([kind, len(value)]) + value for kind, value in pairs) + b"\xff"


def dhcp() -> Talk:
    """A host without an address looks for a server and is offered one (RFC 2131)."""
    talk = Talk()
    hardware = bytes.fromhex("020000000010")

    def message(op: int, yours: str, *pairs: tuple[int, bytes]) -> bytes:
        start = struct.pack(">4BIHH", op, 1, 6, 0, 0x3903F326, 0, 0x8000)
        addresses = bytes(4) + inet_aton(yours) + bytes(8)
        return (
            start + addresses + hardware.ljust(208, b"\0") + b"\x63\x82\x53\x63" + options(*pairs)
        )

    client, server = Endpoint("0.0.0.0", 68), Endpoint("192.0.2.1", 67)  # noqa: S104 - as the RFC says
    everybody = "255.255.255.255"
    found = message(1, "0.0.0.0", (53, b"\x01"), (12, b"desk"), (55, b"\x01\x03\x06"))  # noqa: S104 - as the RFC says
    offer = message(2, HERE, (53, b"\x02"), (54, inet_aton(server.address)), (51, bytes(3) + b"x"))
    talk.datagram(client, Endpoint(everybody, 67), found)
    talk.datagram(server, Endpoint(everybody, 68), offer)
    return talk


def mdns() -> Talk:
    """A printer is looked for (RFC 6762)."""
    talk = Talk()
    question = labels("_ipp._tcp.local") + struct.pack(">HH", 12, 1)
    talk.datagram(Endpoint(HERE, 5353), MDNS, struct.pack(">6H", 0, 0, 1, 0, 0, 0) + question)
    return talk


def slp() -> Talk:
    """A printer is looked for among all, and answers (RFC 2608)."""
    talk = Talk()

    def string(text: str) -> bytes:
        return struct.pack(">H", len(text)) + text.encode()

    def message(kind: int, flags: int, body: bytes) -> bytes:
        rest = struct.pack(">H3xH", flags, 7) + string("en") + body
        return struct.pack(">BB", 2, kind) + (5 + len(rest)).to_bytes(3, "big") + rest

    wanted = ("", "service:printer", "default", "", "")
    search = message(1, 0x2000, b"".join(map(string, wanted)))
    found = string("service:printer:lpr://192.0.2.11/queue")
    reply = message(2, 0, struct.pack(">HHBH", 0, 1, 0, 300) + found + b"\0")
    talk.datagram(Endpoint(HERE, 50004), Endpoint("239.255.255.253", 427), search)
    talk.datagram(Endpoint("192.0.2.11", 427), Endpoint(HERE, 50004), reply)
    return talk


def ssdp() -> Talk:
    """A gateway is looked for, and another device says that it is there (UPnP Device Architecture 1.1)."""
    talk = Talk()
    where = f"HOST: {SSDP.address}:{SSDP.port}\r\n"
    search = (
        f'M-SEARCH * HTTP/1.1\r\n{where}MAN: "ssdp:discover"\r\nMX: 2\r\n'
        "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
    )
    notice = (
        f"NOTIFY * HTTP/1.1\r\n{where}NT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n"
        "SERVER: Example/1.0 UPnP/1.1 Device/1.0\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"
    )
    talk.datagram(Endpoint(HERE, 50001), SSDP, search.encode())
    talk.datagram(Endpoint("192.0.2.11", 1900), SSDP, notice.encode())
    return talk


def snmp() -> Talk:
    """A device is asked what it is (RFC 3416)."""
    talk = Talk()
    name = element(0x06, bytes.fromhex("2b06010201010100"))

    def message(kind: int, value: bytes) -> bytes:
        bound = element(0x30, element(0x30, name, value))
        body = element(kind, b"\x02\x01\x07\x02\x01\x00\x02\x01\x00", bound)
        return element(0x30, b"\x02\x01\x01", element(0x04, b"public"), body)

    asked, told = message(0xA0, b"\x05\x00"), message(0xA2, element(0x04, b"A switch"))
    talk.exchange(Endpoint(HERE, 40161), Endpoint(THERE, 161), asked, told)
    return talk


def radius() -> Talk:
    """Somebody may use the network (RFC 2865)."""
    talk = Talk()

    def packet(code: int, *attributes: tuple[int, bytes]) -> bytes:
        filled = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)
        return struct.pack(">BBH", code, 7, len(filled) + 20) + talk.chance.randbytes(16) + filled

    asked = packet(1, (1, b"ann"), (2, bytes(16)), (4, inet_aton(HERE)))
    talk.exchange(Endpoint(HERE, 41812), Endpoint(THERE, 1812), asked, packet(2, (18, b"Welcome")))
    return talk


def syslog() -> Talk:
    """A note of a program that failed (RFC 5424)."""
    talk = Talk()
    note = b"<34>1 2026-01-01T00:00:00Z pc.example.com su - - - su failed for ann"
    talk.datagram(Endpoint(HERE, 40514), Endpoint(THERE, 514), note)
    return talk


def tftp() -> Talk:
    """A telephone asks for its settings; the answer comes from a port of its own (RFC 1350)."""
    talk = Talk()
    here = Endpoint(HERE, 40069)
    talk.datagram(here, Endpoint(THERE, 69), b"\0\x01phone.cfg\0octet\0")
    talk.exchange(Endpoint(THERE, 45069), here, b"\0\x03\0\x01ring=loud\n", b"\0\x04\0\x01")
    return talk


def nat_pmp() -> Talk:
    """A program asks the router for a port and gets it (RFC 6886)."""
    talk = Talk()
    asked = struct.pack(">BBHHHI", 0, 1, 0, 46881, 46881, 3600)
    given = struct.pack(">BBHIHHI", 0, 129, 0, 5000, 46881, 46881, 3600)
    talk.exchange(Endpoint(HERE, 40535), Endpoint(THERE, 5351), asked, given)
    return talk


def wsd() -> Talk:
    """A printer is looked for (WS-Discovery)."""
    talk = Talk()
    spaces = "xmlns:s='http://www.w3.org/2003/05/soap-envelope'"
    spaces += " xmlns:d='http://schemas.xmlsoap.org/ws/2005/04/discovery'"
    probe = f"<?xml version='1.0'?><s:Envelope {spaces}><s:Body><d:Probe/></s:Body></s:Envelope>"
    talk.datagram(Endpoint(HERE, 43702), Endpoint("239.255.255.250", 3702), probe.encode())
    return talk


def lisp() -> Talk:
    """A router asks where an address lives, and is told (RFC 9301 §5.2, §5.4)."""
    talk = Talk()

    def address(*parts: int) -> bytes:
        return struct.pack(">H", 1) + bytes(parts)

    number, wanted = talk.chance.randbytes(8), address(10, 2, 0, 0)
    question = b"\x10\0\0\x01" + number + address(10, 0, 0, 1) + address(192, 0, 2, 10)
    place = struct.pack(">BBBBH", 1, 100, 255, 0, 5) + address(198, 51, 100, 20)
    record = struct.pack(">IBBHH", 1440, 1, 16, 0x1000, 0) + wanted + place
    asked, told = question + b"\0\x10" + wanted, b"\x20\0\0\x01" + number + record
    talk.exchange(Endpoint(HERE, 44342), Endpoint(THERE, 4342), asked, told)
    return talk
