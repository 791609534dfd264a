"""The command line, run as a person runs it."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from frames import DNS_QUERY, pcap, udp
from peergate import policy

PEERGATE = str(Path(sys.executable).with_name("peergate"))

# A program that does nothing but have a loop: what a person is used to. With pydantic we would take thrice as long.
YARDSTICK = (sys.executable, "-c", "import asyncio, email.message, json")


def peergate(
    *arguments: object, stdin: bytes | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [PEERGATE, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def test_flows_hosts_and_apps_are_shown(office: Path) -> None:
    done = peergate("read", office)
    assert done.returncode == 0, done.stderr
    assert "10.10.0.7:40000" in done.stdout
    assert [title for title in ("Flows", "Hosts", "Apps") if title not in done.stdout] == []
    assert "2 flows · 5 packets" in done.stdout


def test_addresses_are_shown_letter_by_letter(tmp_path: Path) -> None:
    frame = udp(("fd00:100::1", 40000), ("fe80:a:b::2", 6881), bytes([200, 17, 93, 9] * 9))
    shown = peergate("read", "--why", pcap(tmp_path / "six.pcap", [frame])).stdout
    assert "[fd00:100::1]:40000  [fe80:a:b::2]:6881 " in shown
    assert "UDP [fd00:100::1]:40000 → [fe80:a:b::2]:6881" in shown


def test_a_reader_of_a_few_words_that_stops_early_is_no_error() -> None:
    command = [PEERGATE, "signatures", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as listing:
        assert listing.stdout
        assert listing.stderr
        listing.stdout.close()
        assert listing.stderr.read() == b""
    assert listing.returncode == -signal.SIGPIPE


def test_who_waits_for_a_silent_pipe_can_break_off(office: Path) -> None:
    with subprocess.Popen([PEERGATE, "read", "-"], stdin=subprocess.PIPE) as waiting:
        assert waiting.stdin
        waiting.stdin.write(office.read_bytes()[:50])
        waiting.stdin.flush()
        while fcntl.ioctl(waiting.stdin, termios.FIONREAD, bytes(4)) != bytes(4):
            time.sleep(0.02)
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(timeout=10) == -signal.SIGINT


@pytest.mark.parametrize("option", ["--json", "--why"])
def test_output_that_finds_no_room_is_told_in_a_line(option: str, office: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [PEERGATE, "read", option, str(office)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = b"peergate: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_why_shows_the_evidence(office: Path) -> None:
    done = peergate("read", "--why", office)
    assert " dB  packet 1 " in done.stdout
    assert "nothing was recognised" in done.stdout


def test_json_prints_eve_lines(office: Path) -> None:
    done = peergate("read", "--json", office)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event_type"] for line in lines] == ["flow", "flow"]
    for line in lines:
        assert {
            "timestamp", "flow_id", "proto", "src_ip", "src_port", "dest_ip", "dest_port", "app_proto", "community_id",
        } <= set(line)  # fmt: skip
        assert {
            "pkts_toserver", "pkts_toclient", "bytes_toserver", "bytes_toclient", "start", "end", "age", "state",
            "reason",
        } == set(line["flow"])  # fmt: skip
        assert {
            "app", "protocol", "category", "activity", "role", "confidence", "action", "evidence", "alternatives",
        } <= set(line["peergate"])  # fmt: skip


def test_standard_input_is_a_capture_too(office: Path) -> None:
    done = peergate("read", "--json", "-", stdin=office.read_bytes())
    assert done.stdout == peergate("read", "--json", office).stdout


def test_the_option_of_other_tools_names_a_capture_too(office: Path) -> None:
    assert (
        peergate("read", "--json", "-r", office).stdout == peergate("read", "--json", office).stdout
    )


def test_a_capture_that_is_cut_short_is_read_as_far_as_it_goes(office: Path) -> None:
    office.write_bytes(office.read_bytes()[:-5])
    done = peergate("read", "--json", office)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert f"{office}: byte 386: " in done.stderr


def test_where_nothing_can_be_read_the_status_is_one(tmp_path: Path, office: Path) -> None:
    missing = tmp_path / "missing.pcap"
    done = peergate("read", missing)
    assert done.returncode == 1
    assert f"{missing}: " in done.stderr
    assert done.stderr.endswith("No such file or directory\n")
    beside = peergate("read", "--json", missing, office)
    assert beside.returncode == 0
    assert len(beside.stdout.splitlines()) == 2
    assert str(missing) in beside.stderr


@pytest.mark.parametrize("command", ["calls", "hosts"])
def test_one_capture_that_cannot_be_read_keeps_no_other_from_being_read(
    command: str, office: Path, tmp_path: Path
) -> None:
    office.write_bytes(office.read_bytes()[:-5])
    done = peergate(command, office, tmp_path / "missing.pcap")
    assert done.returncode == 0
    assert f"{office}: byte 386: " in done.stderr
    assert "missing.pcap: cannot read it" in done.stderr
    assert peergate(command, tmp_path / "missing.pcap").returncode == 1


def test_a_file_of_other_things_is_not_taken_for_lines_of_a_gateway(
    office: Path, tmp_path: Path
) -> None:
    done = peergate("calls", "--eve", office)
    assert (done.returncode, done.stderr) == (
        1,
        f"peergate: {office}: no line of it is one of EVE\n",
    )
    quiet = tmp_path / "eve.json"
    quiet.touch()
    assert peergate("calls", "--eve", quiet).stdout == "no calls\n"


def test_a_terminal_that_cannot_show_an_arrow_shows_all_else(office: Path) -> None:
    done = peergate("read", "--why", office, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10.10.0.7:40000 ? " in done.stdout


def test_the_version_is_told_by_option_and_by_command() -> None:
    assert peergate("--version").stdout == peergate("version").stdout


def test_a_campus_that_cannot_be_is_a_mistake_of_usage(tmp_path: Path) -> None:
    capture = tmp_path / "campus.pcap"
    assert peergate("lab", "generate", capture, "--hosts", "0").returncode == 2
    assert peergate("lab", "generate", capture, "--minutes", "nan").returncode == 2
    assert peergate("lab", "record", "skpe", capture).returncode == 2
    assert not capture.exists()


def test_an_unknown_link_type_is_named_by_its_number(tmp_path: Path) -> None:
    done = peergate("read", pcap(tmp_path / "odd.pcap", [b"123"], link=147))
    assert done.returncode == 1
    assert "147" in done.stderr


def test_nothing_to_read_is_a_mistake_of_usage() -> None:
    assert peergate("read").returncode == 2
    assert peergate("raed").returncode == 2


def test_a_policy_with_mistakes_stops_reading_with_all_of_them_named(
    office: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules:\n- {name: a, app: skyp, action: blok}\n")
    done = peergate("read", office, "--policy", policy)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f'{policy}:2: unknown action "blok"; did you mean "block"?',
        f'{policy}:2: unknown app "skyp"; did you mean "skype"?',
    ]
    assert peergate("policy", "check", policy).returncode == 1


def test_the_shipped_policy_knows_only_words_that_the_signatures_define() -> None:
    done = peergate("policy", "check", policy.DEFAULT)
    assert (done.returncode, done.stderr) == (0, "")


def test_explain_names_the_rule_and_why_the_others_do_not_match() -> None:
    done = peergate("policy", "explain", "--src", "10.10.0.5", "--app", "tox")
    assert done.stdout.splitlines()[-1] == 'block: rule "students make no P2P calls" decides'
    assert done.stdout.splitlines()[:3] == [
        '  10.10.0.5 is in group "students"',
        "  192.0.2.1 is in no group",
        '  rule "nobody uses BitTorrent" does not match: it is about other applications',
    ]
    named_otherwise = peergate("policy", "explain", "--src", "10.10.0.5", "--app", "icq")
    assert (
        named_otherwise.stdout
        == peergate("policy", "explain", "--src", "10.10.0.5", "--app", "oscar").stdout
    )
    staff = peergate("policy", "explain", "--src", "10.20.0.5", "--app", "tox")
    assert staff.stdout.splitlines()[-1] == 'allow: rule "default" decides'
    assert peergate("policy", "explain", "--src", "here", "--app", "tux").returncode == 2
    zoned = peergate("policy", "explain", "--src", "fe80::1%eth0")
    assert (zoned.returncode, zoned.stderr) == (2, '--src: "fe80::1%eth0" is no IP address\n')


def test_no_colour_reaches_a_pipe_or_a_terminal_that_wants_none(office: Path) -> None:
    assert "\x1b" not in peergate("read", office).stdout
    assert "\x1b" not in peergate("read", office, NO_COLOR="1", FORCE_COLOR="").stdout


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    frames = [
        udp(("10.0.0.1", 1024 + number), ("192.0.2.53", 53), DNS_QUERY) for number in range(3000)
    ]
    many = pcap(tmp_path / "many.pcap", frames)
    command = [PEERGATE, "read", "--json", many]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
        assert reading.stdout
        assert reading.stderr
        assert reading.stdout.readline()
        reading.stdout.close()
        assert reading.stderr.read() == b""
    assert reading.returncode == -signal.SIGPIPE


def test_gateway_settings_can_be_tested_without_privileges(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("lan: eth1\nwan: eth2\nmode: wyre\n")
    done = peergate("gateway", "-T", "-c", file)
    assert (done.returncode, done.stderr) == (
        2,
        f'{file}:3: unknown mode "wyre"; did you mean "wire"?\n',
    )
    file.write_text("lan: eth1\nwan: eth2\n")
    tested = peergate("gateway", "-T", "-c", file)
    assert tested.returncode == 0
    assert (
        "missing: port eth2: this machine has " in tested.stderr
        or Path("/sys/class/net/eth2").exists()
    )


def test_without_privileges_a_person_reads_how_to_get_them_and_what_works_without(
    tmp_path: Path,
) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("lan: lo\nwan: nosuchport\n")
    without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*without, PEERGATE, "gateway", "-c", file],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "missing: network administration: the bridge needs CAP_NET_ADMIN" in done.stderr
    assert "run as root" in done.stderr
    assert "peergate read and peergate policy work without" in done.stderr


@pytest.mark.parametrize(
    "command", ["read", "calls", "hosts", "gateway", "policy", "signatures", "lab"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = peergate(command, "--help")
    assert done.returncode == 0
    assert "Usage: peergate" in done.stdout


def test_reading_starts_at_once(office: Path) -> None:
    def cost(*command: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    # CPU time, the best of several, taken in turns: the machine may be busy with other things.
    turns = [(cost(PEERGATE, "read", "--json", str(office)), cost(*YARDSTICK)) for _ in range(7)]
    ours, yardstick = map(min, zip(*turns, strict=True))
    assert ours < 2 * yardstick
