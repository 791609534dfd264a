"""What an office carries: mail, files, screens, directories."""

from __future__ import annotations

import struct

from peergate.lab.samples.talk import HERE, THERE, Talk
from peergate.lab.samples.web import client_hello, server_hello
from peergate.lab.simulator.machine import Endpoint


def element(tag: int, *contents: bytes) -> bytes:
    """An element of ASN.1 as BER writes it (X.690), of at most 127 bytes."""
    value = b"".join(contents)
    return bytes([tag, len(value)]) + value


def session(client: int, server: int, *messages: bytes) -> Talk:
    """A TCP connection from one port to another; an empty first message lets the server begin."""
    talk = Talk()
    talk.connection(Endpoint(HERE, client), Endpoint(THERE, server), *messages)
    return talk


def lines(client: int, server: int, *said: str) -> Talk:
    """The same in lines, the server's greeting first."""
    return session(client, server, b"", *(f"{line}\r\n".encode() for line in said))


def ftp() -> Talk:
    """A log-on, a data connection that the server offers, and a file in it (RFC 959)."""
    talk = lines(
        40021, 21, "220 Example FTP server", "USER anonymous", "331 Any password will do",
        "PASS guest@", "230 Welcome", "PASV", "227 Entering Passive Mode (198,51,100,20,200,21)",
        "RETR readme", "150 Here it comes", "NOOP", "226 That was it", "QUIT", "221 Goodbye",
    )  # fmt: skip
    talk.connection(Endpoint(HERE, 40020), Endpoint(THERE, 51221), b"", b"A file.\n" * 20)
    return talk


def smtp() -> Talk:
    """A message is brought (RFC 5321)."""
    return lines(
        40025, 25, "220 mx.example.com ESMTP", "EHLO mail.example.org",
        "250-mx.example.com\r\n250 SIZE 10000000", "MAIL FROM:<ann@example.org>", "250 Ok",
        "RCPT TO:<bob@example.com>", "250 Ok", "DATA", "354 Go on", "Subject: Hello\r\n\r\nBob\r\n.",
        "250 Taken", "QUIT", "221 Goodbye",
    )  # fmt: skip


def imap() -> Talk:
    """A mailbox is opened (RFC 9051)."""
    return lines(
        40143, 143, "* OK IMAP4rev2 ready", "a1 LOGIN ann secret", "a1 OK", "a2 SELECT INBOX",
        "* 3 EXISTS\r\na2 OK", "a3 LOGOUT", "* BYE\r\na3 OK",
    )  # fmt: skip


def pop3() -> Talk:
    """Mail is counted (RFC 1939)."""
    return lines(
        40110, 110, "+OK POP3 ready", "USER ann", "+OK", "PASS secret", "+OK 3 messages", "STAT",
        "+OK 3 900", "QUIT", "+OK",
    )  # fmt: skip


def smb() -> Talk:
    """The version is agreed on (MS-SMB2)."""

    def message(flags: int, body: bytes) -> bytes:
        header = b"\xfeSMB" + struct.pack("<HHIHHIIQQQ", 64, 0, 0, 0, 1, flags, 0, 0, 0xFEFF, 0)
        header += bytes(16)
        return struct.pack(">I", len(header) + len(body)) + header + body

    offered = struct.pack("<HHHHI16sQ", 36, 5, 1, 0, 1, bytes(16), 0)
    offered += struct.pack("<5H", 0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
    chosen = struct.pack(
        "<HHHH16s4IQQHHI", 65, 1, 0x0311, 0, bytes(16), 0, 65536, 65536, 65536, 0, 0, 128, 0, 0
    )
    return session(40445, 445, message(0, offered), message(1, chosen))


def rdp() -> Talk:
    """A screen is asked for with TLS, and the server agrees (MS-RDPBCGR)."""
    cookie = b"Cookie: mstshash=ann\r\n" + struct.pack("<BBHI", 1, 0, 8, 3)
    asked = struct.pack(">BBHHB", len(cookie) + 6, 0xE0, 0, 0, 0) + cookie
    agreed = struct.pack(">BBHHB", 14, 0xD0, 0, 0x1234, 0) + struct.pack("<BBHI", 2, 0, 8, 1)
    framed = [struct.pack(">BBH", 3, 0, len(part) + 4) + part for part in (asked, agreed)]
    return session(43389, 3389, *framed)


def vnc() -> Talk:
    """Both say their version, and the server what it wants (RFC 6143)."""
    return session(45900, 5900, b"", b"RFB 003.008\n", b"RFB 003.008\n", b"\x01\x02", b"\x02")


def ldap() -> Talk:
    """A log-on to a directory, and a question (RFC 4511)."""
    name = element(0x04, b"cn=ann,dc=example,dc=com")
    bind = element(0x60, b"\x02\x01\x03", name, element(0x80, b"secret"))
    done = element(0x61, b"\x0a\x01\x00\x04\x00\x04\x00")
    start = element(0x04, b"dc=example,dc=com")
    limits = b"\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00"
    search = element(0x63, start, limits, element(0x87, b"objectClass"), b"\x30\x00")
    end = element(0x65, b"\x0a\x01\x00\x04\x00\x04\x00")
    parts = enumerate((bind, done, search, end))
    said = (element(0x30, bytes([2, 1, place // 2 + 1]), part) for place, part in parts)
    return session(40389, 389, *said)


def start_tls() -> Talk:
    """A directory and who asks it agree on TLS (RFC 4511 §4.14)."""
    asked = element(0x77, element(0x80, b"1.3.6.1.4.1.1466.20037"))
    agreed = element(0x78, b"\x0a\x01\x00\x04\x00\x04\x00")
    said = [element(0x30, b"\x02\x01\x01", part) for part in (asked, agreed)]
    talk = Talk()
    hello, identifier = client_hello(talk.chance)
    answer = server_hello(talk.chance, identifier)
    talk.connection(Endpoint(HERE, 40390), Endpoint(THERE, 389), *said, hello, answer)
    return talk


def kerberos() -> Talk:
    """A log-on, and its refusal without proof (RFC 4120)."""

    def number(tag: int, value: int) -> bytes:
        return element(tag, bytes([2, 1, value]))

    def words(tag: int, text: bytes) -> bytes:
        return element(tag, element(0x1B, text))

    server = element(0x30, number(0xA0, 2), element(0xA1, element(0x30, element(0x1B, b"krbtgt"))))
    body = element(0xA0, b"\x03\x05\x00\x40\x00\x00\x10") + words(0xA2, b"EXAMPLE.COM")
    body += number(0xA7, 77) + element(0xA8, element(0x30, b"\x02\x01\x12"))
    asked = element(
        0x6A, element(0x30, number(0xA1, 5), number(0xA2, 10), element(0xA4, element(0x30, body)))
    )
    clock = element(0xA4, element(0x18, b"20260101000000Z")) + number(0xA5, 1)
    refused = number(0xA0, 5) + number(0xA1, 30) + clock + number(0xA6, 25)
    refused += words(0xA9, b"EXAMPLE.COM") + element(0xAA, server)
    talk = Talk()
    talk.exchange(
        Endpoint(HERE, 40088), Endpoint(THERE, 88), asked, element(0x7E, element(0x30, refused))
    )
    return talk


def oncrpc() -> Talk:
    """A shared folder's server is called to see whether it is there (RFC 5531, RFC 1813)."""

    def record(*words: int) -> bytes:
        return struct.pack(f">I{len(words)}I", 0x80000000 | 4 * len(words), *words)

    call = record(0x12345678, 0, 2, 100003, 3, 0, 0, 0, 0, 0)
    return session(40949, 2049, call, record(0x12345678, 1, 0, 0, 0, 0))
