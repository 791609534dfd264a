"""Every sample by its name: folder, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peergate.lab.samples import network, peers, tunnels, voice, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from peergate.lab.samples.talk import Talk

CASES: dict[str, Callable[[], Talk]] = {
    "bittorrent/peers": peers.bittorrent,
    "bittorrent/hash-table": peers.dht,
    "bittorrent/peers-over-utp": peers.micro,
    "dhcp/offer": network.dhcp,
    "dns/address": web.dns,
    "http/page": web.http,
    "mdns/search": network.mdns,
    "ntp/time": network.ntp,
    "openvpn/reset": tunnels.openvpn,
    "quic/rfc-9001": web.quic,
    "rtp/sound": voice.rtp,
    "sip/call": voice.sip,
    "ssdp/search": network.ssdp,
    "ssh/offer": web.ssh,
    "stun/binding": voice.stun,
    "stun/relay": voice.turn,
    "tls/hello": web.tls,
    "tox/nodes": peers.tox,
    "wireguard/handshake": tunnels.wireguard,
}
