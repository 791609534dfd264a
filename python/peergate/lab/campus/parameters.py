"""What a campus is made of: the fields that `peergate lab generate --parameters` takes, and their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from peergate import document
from peergate.document import Section

if TYPE_CHECKING:
    from pathlib import Path

Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=10_000)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Evasions(Section):
    """What clients do so as not to be recognised."""

    padding: Annotated[
        int, Field(ge=0, le=800, description="bytes added to a datagram at most")
    ] = 0
    jitter: Annotated[
        float, Field(ge=0, le=0.2, description="seconds by which packets of a call are late, mean")
    ] = 0.0
    port_hopping: Annotated[
        Seconds, Field(description="seconds after which a call moves to another port; 0: never")
    ] = 0.0
    fake_tls: Annotated[
        bool, Field(description="supernodes are reached on 443 behind a TLS hello")
    ] = False
    rtp_like: Annotated[
        bool, Field(description="voice behind an RTP header, without STUN before it")
    ] = False


class Program(Section):
    """One peer-to-peer program: how many use it, and what they do with it."""

    share: Annotated[Share, Field(description="of the hosts run it")] = 0.03
    behind_nat: Annotated[Share, Field(description="of them are reached by nobody first")] = 0.7
    without_udp: Annotated[Share, Field(description="of them get no UDP through")] = 0.08
    gathers: Annotated[
        Share,
        Field(description="of the clients gather small writes over TCP, as Nagle's rule does"),
    ] = 0.5
    nodes: Annotated[int, Field(ge=3, le=100_000, description="supernodes on the Internet")] = 300
    known_nodes: Annotated[
        int, Field(ge=3, le=500, description="addresses that a client keeps of them")
    ] = 200
    supernodes: Annotated[
        Share, Field(description="of those who can be reached become supernodes; one at least")
    ] = 0.05
    strangers: Annotated[
        Rate, Field(description="clients on the Internet that ask such a supernode, a minute")
    ] = 25.0
    calls: Annotated[Rate, Field(description="calls that a client makes, an hour")] = 4.0
    call_seconds: Annotated[Seconds, Field(description="length of a call, mean")] = 60.0
    relayed: Annotated[Share, Field(description="of the calls go through a node")] = 0.3
    relays_at_home: Annotated[
        Rate, Field(description="calls of strangers through a supernode of the campus, an hour")
    ] = 12.0
    files: Annotated[Rate, Field(description="files that a client sends, an hour")] = 0.3
    file_kbytes: Annotated[int, Field(ge=1, le=1_000_000, description="size of a file, mean")] = 350
    lan_relays: Annotated[
        Count, Field(description="calls of a campus client through another campus client")
    ] = 1
    evasions: Annotated[
        Evasions, Field(description="what its clients do so as not to be recognised")
    ] = Evasions()
    evasive_share: Annotated[Share, Field(description="of the clients use the evasions")] = 1.0


class Traffic(Section):
    """Everything else: flows that a host begins in an hour, on average."""

    web: Annotated[Rate, Field(description="pages over TLS")] = 40.0
    dns: Annotated[Rate, Field(description="questions")] = 60.0
    ntp: Annotated[Rate, Field(description="questions for the time")] = 4.0
    quic: Annotated[Rate, Field(description="downloads over QUIC")] = 6.0
    game: Annotated[Rate, Field(description="games with 20 to 60 small updates a second")] = 0.05
    wireguard: Annotated[Rate, Field(description="WireGuard carrying pages")] = 0.2
    openvpn: Annotated[Rate, Field(description="OpenVPN over UDP carrying pages")] = 0.1
    tunnelled_call: Annotated[Rate, Field(description="WireGuard carrying a voice call")] = 0.05
    openvpn_call: Annotated[Rate, Field(description="OpenVPN carrying a voice call")] = 0.05
    srt: Annotated[Rate, Field(description="video by SRT, acknowledged every 10 ms")] = 0.03
    transport_stream: Annotated[Rate, Field(description="MPEG-TS over UDP, one way")] = 0.03
    rtmp: Annotated[Rate, Field(description="a camera that publishes by RTMP")] = 0.03
    remote_desktop: Annotated[Rate, Field(description="remote desktops over TCP")] = 0.1
    remote_desktop_udp: Annotated[Rate, Field(description="the same over UDP")] = 0.05
    shell: Annotated[Rate, Field(description="SSH with somebody typing")] = 0.2
    telemetry: Annotated[Rate, Field(description="sensors that report at a fixed pace")] = 0.5
    streamed_game: Annotated[Rate, Field(description="games over TCP")] = 0.05
    queries: Annotated[Rate, Field(description="programs that ask a database over and over")] = 0.1
    terminal: Annotated[Rate, Field(description="a screen of text that renews itself")] = 0.1
    sync: Annotated[Rate, Field(description="cloud folders")] = 1.0
    chat: Annotated[Rate, Field(description="messengers over TLS")] = 1.0
    rtp: Annotated[Rate, Field(description="calls in plain RTP: calls, not other")] = 0.1
    streamed_call: Annotated[
        Rate, Field(description="calls over TCP of an unknown program, a segment a frame")
    ] = 0.05
    video_call: Annotated[
        Rate, Field(description="calls of an unknown program in which a camera is turned on")
    ] = 0.02
    screen_call: Annotated[Rate, Field(description="the same, in which a screen is shown")] = 0.02
    muted_call: Annotated[Rate, Field(description="the same, in which one side is muted")] = 0.02
    held_call: Annotated[Rate, Field(description="the same, which are put on hold")] = 0.02
    webrtc: Annotated[Rate, Field(description="STUN and RTP: calls, not other")] = 0.1
    screen_share: Annotated[
        Rate, Field(description="STUN and RTP of a screen in a flow of its own: a call, not other")
    ] = 0.05
    bittorrent: Annotated[Rate, Field(description="µTP downloads: p2p, not other")] = 0.1


class Proxies(Section):
    """Programs that lend a desktop's line to strangers, as bandwidth-sharing proxies do."""

    share: Annotated[Share, Field(description="of the hosts run one; one at least if not 0")] = (
        0.001
    )
    sessions: Annotated[Rate, Field(description="sessions of strangers, an hour each")] = 20.0
    session_kbytes: Annotated[
        int, Field(ge=1, le=1_000_000, description="bytes of a session, mean")
    ] = 600


class Parameters(Section):
    """A campus."""

    network: Annotated[str, Field(description="addresses of the campus, an IPv4 prefix")] = (
        "198.18.0.0/15"
    )
    named: Annotated[
        Program, Field(description="the Skype of 2006: formats that Peergate knows")
    ] = Program()
    unnamed: Annotated[
        Program,
        Field(description="a program of which every byte is random: known by behaviour alone"),
    ] = Program(evasions=Evasions(padding=24, jitter=0.004))
    proxies: Annotated[Proxies, Field(description="programs that lend a line to strangers")] = (
        Proxies()
    )
    traffic: Annotated[Traffic, Field(description="everything else")] = Traffic()
    loss: Annotated[Share, Field(description="of the datagrams get lost on the way in")] = 0.002
    snap: Annotated[
        int, Field(ge=96, le=262_144, description="bytes of a frame that the capture keeps")
    ] = 262_144


def load(path: Path | None) -> Parameters:
    """The parameters in a file, or the defaults. Raises DocumentError with every mistake in it."""
    if path is None:
        return Parameters()
    tree, lines = document.read(path)
    return document.validate(Parameters, tree, lines, path)
