"""Every sample by its name: folder, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.samples import (
    business,
    games,
    network,
    office,
    peers,
    things,
    tunnels,
    voice,
    web,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from peergate.lab.samples.talk import Talk

CASES: dict[str, Callable[[], Talk]] = {
    "amqp/hello": business.amqp,
    "bittorrent/hash-table": peers.dht,
    "bittorrent/peers": peers.bittorrent,
    "bittorrent/peers-over-utp": peers.micro,
    "coap/thing": things.coap,
    "dhcp/offer": network.dhcp,
    "dns/address": web.dns,
    "ftp/file": office.ftp,
    "h323/call": voice.h323,
    "http/page": web.http,
    "http2/page-and-call": web.http2,
    "iec104/start": things.iec104,
    "imap/mailbox": office.imap,
    "kerberos/log-on": office.kerberos,
    "ldap/log-on": office.ldap,
    "ldap/start-tls": office.start_tls,
    "mdns/search": network.mdns,
    "minecraft/world": games.minecraft,
    "modbus/registers": things.modbus,
    "mongodb/hello": business.mongodb,
    "mqtt/sensor": things.mqtt,
    "mysql/log-on": business.mysql,
    "nat-pmp/port": network.nat_pmp,
    "ntp/time": network.ntp,
    "oncrpc/folder": office.oncrpc,
    "opcua/machine": things.opcua,
    "openvpn/reset": tunnels.openvpn,
    "pop3/mailbox": office.pop3,
    "postgresql/log-on": business.postgresql,
    "profinet/device": things.profinet,
    "quic/rfc-9001": web.quic,
    "radius/user": network.radius,
    "raknet/search": games.raknet,
    "rdp/screen": office.rdp,
    "redis/value": business.redis,
    "rtp/sound": voice.rtp,
    "sip/call": voice.sip,
    "slp/printer": network.slp,
    "smb/version": office.smb,
    "smtp/message": office.smtp,
    "snmp/device": network.snmp,
    "source/server": games.source,
    "ssdp/search": network.ssdp,
    "ssh/offer": web.ssh,
    "stun/binding": voice.stun,
    "stun/relay": voice.turn,
    "syslog/note": network.syslog,
    "tds/opening": business.tds,
    "tftp/settings": network.tftp,
    "tls/hello": web.tls,
    "tox/nodes": peers.tox,
    "vnc/screen": office.vnc,
    "wireguard/handshake": tunnels.wireguard,
    "wsd/printer": network.wsd,
}
