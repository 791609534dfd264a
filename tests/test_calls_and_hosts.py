"""Calls and roles of hosts: as a library, on the command line, and read back from EVE lines."""

import json
import struct
from pathlib import Path

import pytest

import peergate
from frames import DNS_QUERY, pcap, udp
from peergate import gateway
from peergate.problems import DocumentError
from test_command_line import peergate as run

PHONE, OTHER = ("10.10.0.7", 4000), ("198.51.100.9", 5000)
PEER = ("10.10.0.9", 33445)
RESOLVER = ("192.0.2.53", 53)


def rtp(number: int, source: int) -> bytes:
    return struct.pack("!BBHII", 0x80, 8, number, 160 * number, source) + b"\xd5" * 160


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A call of twenty seconds, of which one packet in ten is lost on its way out; then a host that calls strangers."""
    frames = [udp(RESOLVER, ("10.10.0.8", 53), DNS_QUERY)]
    for number in range(1000):
        lost = number % 10 == 3
        frames += [
            udp(RESOLVER, ("10.10.0.8", 53), b"") if lost else udp(PHONE, OTHER, rtp(number, 1))
        ]
        frames += [udp(OTHER, PHONE, rtp(number, 2))]
    for number in range(60):
        stranger = (f"203.0.113.{number}", 20_000 + number * 131)
        frames += [
            udp(PEER, stranger, bytes([0x6E, number, 0x91, 0x17, 0x44])),
            udp(stranger, PEER, bytes([0xD3, 0x2C, number, 0x08])),
        ]
    return pcap(tmp_path / "busy.pcap", frames)


def test_a_call_has_parties_and_a_quality_of_each_direction(busy: Path) -> None:
    capture = peergate.read(busy)
    flows = list(capture)
    (call,) = capture.calls
    assert (call.src_ip, call.src_port, call.dest_ip, call.dest_port) == (*PHONE, *OTHER)
    assert (call.state, call.codec, call.video) == ("end", "PCMA", False)
    assert call.seconds == pytest.approx(20, abs=1)
    assert {leg.flow_id for leg in call.legs} <= {flow.flow_id for flow in flows}
    assert call.sent
    assert call.received
    assert call.sent.loss == pytest.approx(0.1, abs=0.01)
    assert call.received.loss == 0
    assert call.sent.mos
    assert call.received.mos
    assert call.sent.mos < call.received.mos
    assert (call.sent.estimated, call.sent.mos_codec) == (False, "PCMA")
    assert repr(call) == f"<Call {call.src_ip} ⇄ {call.dest_ip}: {call.app}>"


@pytest.fixture
def signalled_call(tmp_path: Path) -> Path:
    """Two seconds of sound that SIP announced."""

    def signalled(start: str, at: tuple[str, int]) -> bytes:
        body = f"c=IN IP4 {at[0]}\r\nm=audio {at[1]} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        users = "From: <sip:ann@office.example>;tag=1\r\nTo: <sip:bob@home.example>\r\n"
        return f"{start}\r\n{users}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    phone, other = (PHONE[0], 5060), (OTHER[0], 5060)
    frames = [
        udp(phone, other, signalled("INVITE sip:bob@home.example SIP/2.0", PHONE)),
        udp(other, phone, signalled("SIP/2.0 200 OK", OTHER)),
    ]
    for number in range(200):
        frames += [udp(PHONE, OTHER, rtp(number, 1)), udp(OTHER, PHONE, rtp(number, 2))]
    return pcap(tmp_path / "sip.pcap", frames)


def test_announced_media_say_who_announced_them_and_what_they_show(signalled_call: Path) -> None:
    media = next(flow for flow in peergate.read(signalled_call) if flow.src_port == PHONE[1])
    by = f"SIP, packet 2 of {PHONE[0]}:5060 → {OTHER[0]}:5060"
    assert media.facts["announced.by"] == by
    announced = [piece.what for piece in media.evidence if piece.packet == 0]
    assert announced == [f"another flow announced this one: {by} (PCMA)"]
    assert {piece.detector for piece in media.evidence} == {"learned", "rtp"}


def test_a_call_names_its_users_where_sip_does(signalled_call: Path) -> None:
    capture = peergate.read(signalled_call)
    list(capture)
    (call,) = capture.calls
    assert (call.user, call.dest_user) == ("ann@office.example", "bob@home.example")


def test_a_hosts_role_has_evidence_and_a_cost(busy: Path) -> None:
    capture = peergate.read(busy)
    of_the_port = [flow for flow in capture if flow.src_ip == PEER[0]]
    (host,) = capture.hosts
    assert (host.ip, host.role, host.port, host.state) == (PEER[0], "peer", PEER[1], "lost")
    assert any("60 strangers" in what for what, weight in host.evidence if weight > 0)
    assert repr(host) == f"<Host {PEER[0]}: peer>"
    assert host.packets == 120
    assert {(flow.app, flow.category, flow.role) for flow in of_the_port} == {
        ("unknown", "p2p", "peer")
    }


def test_roles_are_found_without_names(busy: Path) -> None:
    capture = peergate.read(busy, names=False)
    assert list(capture.batches())
    assert [host.role for host in capture.hosts] == ["peer"]


def test_only_hosts_of_the_named_network_are_looked_at(busy: Path) -> None:
    capture = peergate.read(busy, local=["172.16.0.0/12"])
    assert all(flow.category != "p2p" for flow in capture)
    assert capture.hosts == []
    with pytest.raises(ValueError, match="students"):
        peergate.read(busy, local=["students"])


def test_tables_list_calls_and_roles(busy: Path) -> None:
    read = run("read", busy).stdout
    assert [title for title in ("Calls", "Roles", "PCMA") if title not in read] == []
    calls = run("calls", "--why", busy)
    assert calls.returncode == 0, calls.stderr
    assert "10.10.0.7:4000" in calls.stdout
    assert "% lost, jitter " in calls.stdout
    hosts = run("hosts", "--why", busy)
    assert hosts.returncode == 0, hosts.stderr
    assert [
        word
        for word in ("10.10.0.9:33445", "peer", "strangers", "Cost")
        if word not in hosts.stdout
    ] == []


@pytest.mark.parametrize(("command", "kind"), [("calls", "call"), ("hosts", "host")])
def test_lines_of_calls_and_hosts_are_those_of_eve_as_they_stood_last(
    command: str, kind: str, busy: Path, tmp_path: Path
) -> None:
    all_told = run("read", "--json", busy).stdout.splitlines()
    of_kind = [line for line in all_told if json.loads(line)["event_type"] == kind]
    assert len(of_kind) > 1
    assert run(command, "--json", busy).stdout.splitlines() == of_kind[-1:]
    eve = tmp_path / "eve.json"
    eve.write_text("\n".join(all_told))
    assert run(command, "--json", "--eve", eve).stdout.splitlines() == of_kind[-1:]


def test_rows_that_a_table_lacks_are_counted(busy: Path) -> None:
    shown = run("read", "--limit", "1", busy).stdout
    assert "smaller flows left out: 61 (--limit 0 shows all)" in shown
    assert "hosts left out: 64 (--limit 0 shows all)" in shown
    assert "left out" not in run("read", "--limit", "0", busy).stdout


def test_what_only_a_capture_can_answer_is_not_asked_of_what_a_gateway_wrote(
    tmp_path: Path,
) -> None:
    (tmp_path / "eve.json").touch()
    done = run("hosts", "--eve", tmp_path / "eve.json", "--local", "10.0.0.0/8")
    assert (done.returncode, "--limit go with it" in done.stderr) == (2, True)


def test_what_a_gateway_wrote_tells_the_same(busy: Path, tmp_path: Path) -> None:
    eve = tmp_path / "eve.json"
    eve.write_text(run("read", "--json", busy).stdout + "{not a line\n")
    kinds = [json.loads(line)["event_type"] for line in eve.read_text().splitlines()[:-1]]
    assert {"flow", "call", "host"} <= set(kinds)
    for command in ("calls", "hosts"):
        assert run(command, "--eve", eve).stdout == run(command, busy).stdout


def test_nothing_found_is_said_and_nothing_named_is_a_mistake(office: Path, tmp_path: Path) -> None:
    assert run("calls", office).stdout == "no calls\n"
    assert run("hosts", office).stdout == "no host plays a role for others\n"
    assert run("hosts").returncode == 2
    assert run("calls", office, "--eve", office).returncode == 2
    assert run("calls", tmp_path / "none.pcap").returncode == 1
    assert run("hosts", "--eve", tmp_path / "none.json").returncode == 1
    wrong = run("read", "--local", "nowhere", office)
    assert (wrong.returncode, "--local" in wrong.stderr) == (2, True)


def test_a_policy_excuses_hosts_and_says_why(busy: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "hosts:\n  - prefix: 10.10.0.9\n    role: peer\n    reason: the measuring station\n"
    )
    capture = peergate.read(busy, policy=policy)
    assert all(flow.category != "p2p" for flow in capture)
    assert capture.hosts == []


def test_a_mistake_in_an_excuse_is_named_with_its_line(office: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "hosts:\n  - prefix: 10.10.0.9/8\n    role: relais\n    reason: x\n  - prefix: 10.0.0.1\n    role: relay\n"
    )
    with pytest.raises(DocumentError) as caught:
        peergate.read(office, policy=policy)
    said = {problem.line: problem.message for problem in caught.value.problems}
    assert "10.10.0.9/8" in said[2]
    assert '"relay"' in said[3]
    assert "reason" in said[5]


def test_a_gateway_takes_a_threshold_for_alarms(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("lan: a\nwan: b\nalarm_megabytes: 50\n")
    assert gateway.load(file).alarm_megabytes == 50
    file.write_text("lan: a\nwan: b\nalarm_megabytes: 0\n")
    with pytest.raises(DocumentError):
        gateway.load(file)
