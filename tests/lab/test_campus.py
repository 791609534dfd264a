"""Captures of a campus: the same for every seed, their truth is what is in them, and every evasion shows."""

from __future__ import annotations

import csv
import struct
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from peergate.lab.campus import memory
from peergate.lab.campus.generate import Order, generate
from peergate.lab.campus.parameters import Evasions, Parameters, Program, Proxies, Traffic, load
from peergate.lab.campus.score import Reading, Score, read, score
from peergate.lab.campus.truth import beside
from peergate.lab.frames import checksum
from peergate.problems import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET = Traffic(**dict.fromkeys(Traffic.model_fields, 0.0))
BUSY = Program(share=0.2, nodes=60, calls=40.0, call_seconds=20.0, files=4.0, relays_at_home=60.0)
NOBODY = Program(share=0.0)
NO_PROXIES = Proxies(share=0.0)
HOSTS = 60


def made(path: Path, parameters: Parameters, *, seed: int = 1, minutes: float = 2.0) -> Path:
    generate(Order(HOSTS, minutes, seed, parameters), path, lambda _packets, _when: None)
    return path


def frames(path: Path) -> Iterator[tuple[float, bytes]]:
    data = path.read_bytes()
    at = 24
    while at < len(data):
        seconds, nanoseconds, kept, _ = struct.unpack_from("<IIII", data, at)
        yield seconds + nanoseconds / 1e9, data[at + 16 : at + 16 + kept]
        at += 16 + kept


def table(path: Path, kind: str) -> list[dict[str, str]]:
    with beside(path, kind).open(newline="") as file:
        return list(csv.DictReader(file))


def flow_of(frame: bytes) -> tuple[str, frozenset[tuple[str, int]]]:
    ends = []
    for side in (0, 1):
        address = ".".join(map(str, frame[26 + 4 * side : 30 + 4 * side]))
        ends.append((address, int.from_bytes(frame[34 + 2 * side : 36 + 2 * side])))
    return "tcp" if frame[23] == 6 else "udp", frozenset(ends)


def payload(frame: bytes) -> bytes:
    return frame[42:] if frame[23] == 17 else frame[34 + (frame[46] >> 4) * 4 :]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("campus") / "both.pcap"
    # So many sessions that one falls into the few minutes.
    return made(path, Parameters(named=BUSY, unnamed=BUSY, proxies=Proxies(sessions=300.0)))


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    parameters = Parameters(named=BUSY, unnamed=BUSY)
    files = [
        made(tmp_path / f"{number}.pcap", parameters, seed=seed, minutes=0.5)
        for number, seed in enumerate((7, 7, 8))
    ]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert table(files[0], "calls") == table(files[1], "calls")


def test_frames_are_in_order_and_their_checksums_right(both: Path) -> None:
    before = 0.0
    for when, frame in frames(both):
        assert when >= before
        before = when
        assert checksum(frame[14:34]) == 0
        segment = frame[34:]
        pseudo = frame[26:34] + struct.pack(">HH", frame[23], len(segment))
        assert checksum(pseudo + segment) == 0


def test_every_flow_of_the_capture_is_in_the_truth_with_its_packets(both: Path) -> None:
    seen = Counter(flow_of(frame) for _, frame in frames(both))
    rows = table(both, "truth")
    noted: Counter[tuple[str, frozenset[tuple[str, int]]]] = Counter()
    for row in rows:
        ends = frozenset({(row["ip_a"], int(row["port_a"])), (row["ip_b"], int(row["port_b"]))})
        noted[row["proto"], ends] += int(row["packets"])
    still_open = set(seen) - set(noted)
    assert not set(noted) - set(seen)
    assert all(noted[flow] == seen[flow] for flow in noted)
    # What goes on when the capture ends has no row yet, and is ordinary.
    assert len(still_open) < len(noted) / 10


def test_calls_go_all_ways_and_supernodes_and_relays_are_noted(both: Path) -> None:
    calls = table(both, "calls")
    assert {"direct", "relayed", "relaying"} <= {call["leg"] for call in calls}
    assert {"udp", "tcp"} <= {call["proto"] for call in calls}
    assert {"", "skype"} <= {call["app"] for call in calls}
    roles = table(both, "roles")
    assert {("supernode", ""), ("relay", "call"), ("relay", "proxy")} <= {
        (role["role"], role["what"]) for role in roles
    }
    for role in roles:
        if role["role"] == "relay":
            assert role["one_end"] != role["other_end"]


def test_a_call_through_a_neighbour_has_both_ends_on_the_campus(both: Path) -> None:
    relays = [role for role in table(both, "roles") if role["what"] == "call"]
    assert any(role["one_end"].startswith("198.18.") for role in relays)


def only(program: Program, tmp_path: Path) -> Path:
    parameters = Parameters(named=NOBODY, unnamed=program, traffic=QUIET, proxies=NO_PROXIES)
    return made(tmp_path / "only.pcap", parameters)


def spoken(path: Path) -> list[bytes]:
    """The payloads of all calls over UDP."""
    flows = {
        (
            "udp",
            frozenset(
                {(c["local_ip"], int(c["local_port"])), (c["remote_ip"], int(c["remote_port"]))}
            ),
        )
        for c in table(path, "calls")
        if c["proto"] == "udp" and c["activity"] == "call"
    }
    return [payload(frame) for _, frame in frames(path) if flow_of(frame) in flows]


def test_no_byte_of_the_unnamed_program_can_be_foretold(tmp_path: Path) -> None:
    said = [data for data in spoken(only(BUSY, tmp_path)) if len(data) >= 16]
    assert len(said) > 2000
    for place in range(16):
        usual = Counter(data[place] for data in said).most_common(1)[0][1]
        assert usual < len(said) * 3 / 256 + 20


def test_padding_makes_packets_longer(tmp_path: Path) -> None:
    plain = spoken(only(BUSY, tmp_path))
    padded = spoken(only(BUSY.model_copy(update={"evasions": Evasions(padding=300)}), tmp_path))
    assert sum(map(len, padded)) / len(padded) > sum(map(len, plain)) / len(plain) + 80


def test_a_call_that_hops_has_many_flows(tmp_path: Path) -> None:
    hopping = BUSY.model_copy(update={"evasions": Evasions(port_hopping=4.0)})
    assert len(table(only(hopping, tmp_path), "calls")) > 3 * len(
        table(only(BUSY, tmp_path), "calls")
    )


def test_a_disguise_as_rtp_shows_its_header(tmp_path: Path) -> None:
    said = spoken(only(BUSY.model_copy(update={"evasions": Evasions(rtp_like=True)}), tmp_path))
    assert sum(data[0] == 0x80 for data in said) > len(said) * 0.8


def test_fake_tls_begins_with_the_hello_that_never_changes(tmp_path: Path) -> None:
    fake = Parameters(
        named=BUSY.model_copy(update={"evasions": Evasions(fake_tls=True)}),
        unnamed=NOBODY,
        traffic=QUIET,
        proxies=NO_PROXIES,
    )
    path = made(tmp_path / "fake.pcap", fake)
    hellos = [
        payload(frame)
        for _, frame in frames(path)
        if frame[23] == 6 and frame[36:38] == b"\x01\xbb"
    ]
    assert sum(data.startswith(b"\x80\x46\x01\x03\x01") for data in hellos) > 5


def test_jitter_takes_the_rhythm_away(tmp_path: Path) -> None:
    def spread(evasions: Evasions) -> float:
        path = only(BUSY.model_copy(update={"evasions": evasions}), tmp_path)
        last: dict[object, float] = {}
        gaps = []
        for when, frame in frames(path):
            if frame[23] == 17 and len(frame) > 100:
                way = frame[26:38]
                gaps.append(when - last.get(way, when))
                last[way] = when
        usual = sorted(gap for gap in gaps if 0 < gap < 0.2)
        return usual[len(usual) * 9 // 10] - usual[len(usual) // 10]

    assert spread(Evasions(jitter=0.02)) > spread(Evasions()) + 0.01


def test_a_reading_that_says_nothing_finds_nothing_and_accuses_nobody(both: Path) -> None:
    told = score(both, Reading())
    assert all(tally.found == 0 and tally.accused == 0 for tally in told.calls.values())
    assert told.roles["supernode"].there >= 1
    assert told.roles["relay"].found == 0


def test_a_mistake_in_the_parameters_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "campus.yaml"
    path.write_text("named:\n  share: 2\ntrafic:\n  web: 1\n")
    with pytest.raises(DocumentError) as told:
        load(path)
    words = str(told.value)
    assert "campus.yaml:2: " in words
    assert 'campus.yaml:3: unknown field "trafic"; did you mean "traffic"?' in words


def heard(path: Path, traffic: dict[str, float], *, minutes: float = 3.0) -> Score:
    """What Peergate makes of a campus with nothing else on it."""
    parameters = Parameters(
        named=NOBODY,
        unnamed=NOBODY,
        proxies=NO_PROXIES,
        traffic=QUIET.model_copy(update=traffic),
    )
    capture = made(path / "heard.pcap", parameters, minutes=minutes)
    return score(capture, read(capture))


def test_what_changes_in_a_call_is_told_within_five_seconds(tmp_path: Path) -> None:
    kinds = {"video_call": 2.0, "screen_call": 2.0, "muted_call": 2.0, "held_call": 2.0}
    told = heard(tmp_path, kinds)
    assert told.turns.there > 5
    assert told.turns.missed == told.activities.missed == []


def test_a_screen_in_a_flow_of_its_own_is_told(tmp_path: Path) -> None:
    told = heard(tmp_path, {"screen_share": 3.0, "quic": 3.0, "srt": 3.0, "bittorrent": 2.0})
    assert told.activities.there > 5
    assert told.activities.missed == []
    assert told.false_calls.innocent > 10
    assert told.false_calls.wronged == []


def test_clients_that_get_on_line_are_seen_to_and_who_begins_other_things_is_not(
    tmp_path: Path,
) -> None:
    others = ("web", "dns", "quic", "game", "bittorrent")
    parameters = Parameters(
        named=NOBODY,
        unnamed=BUSY,
        proxies=NO_PROXIES,
        traffic=QUIET.model_copy(update=dict.fromkeys(others, 20.0)),
    )
    capture = made(tmp_path / "log-ons.pcap", parameters)
    told = score(capture, read(capture, ["--no-signatures"])).log_ons
    # Some get no datagram through, and some begin with the capture.
    assert told.there >= 10
    assert told.found >= told.there * 0.7
    assert told.innocent > 100
    assert told.wronged == []


def test_a_call_inside_a_tunnel_is_a_tunnel_in_which_somebody_calls(tmp_path: Path) -> None:
    told = heard(tmp_path, {"tunnelled_call": 6.0, "openvpn_call": 6.0})
    assert told.categories["tunnel"].there > 5
    assert told.categories["tunnel"].missed == told.activities.missed == []


def test_calls_over_tcp_are_found_and_what_keeps_time_beside_them_is_not(tmp_path: Path) -> None:
    kinds = ("streamed_game", "queries", "terminal", "remote_desktop", "shell")
    told = heard(tmp_path, {"streamed_call": 6.0, **dict.fromkeys(kinds, 3.0)})
    assert told.calls["unnamed direct tcp"].there > 5
    assert told.calls["unnamed direct tcp"].recall == 1.0
    assert told.false_calls.innocent > 20
    assert told.false_calls.wronged == []


def test_the_reader_of_a_campus_is_weighed() -> None:
    weighed = memory.weigh(Order(40, 2.0, 1, memory.HOUR), lambda _packets, _when: None)
    assert weighed.flows > 40
    assert weighed.packets > 2 * weighed.flows
    # An interpreter with the signatures, and less than any machine has.
    assert 20_000_000 < weighed.peak_bytes < 200_000_000


def test_a_program_that_gathers_writes_fewer_segments(tmp_path: Path) -> None:
    def segments(gathers: float) -> int:
        program = BUSY.model_copy(update={"without_udp": 1.0, "gathers": gathers})
        said = [frame for _, frame in frames(only(program, tmp_path)) if frame[23] == 6]
        return sum(len(payload(frame)) > 0 for frame in said)

    assert segments(1.0) * 2 < segments(0.0)
