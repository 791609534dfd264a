"""Signatures of one's own: what they would name in a capture, and what is said of mistakes in them."""

from pathlib import Path

import pytest

from frames import pcap, udp
from ours import GREETING, SIGNATURE
from peergate import policy, read, signatures, trial
from peergate.policy.compiled import compiled
from test_command_line import peergate

WEAK = SIGNATURE.replace("weight = 60", "weight = 22")
WIDE = SIGNATURE + '\n[[sign]]\nwhat = "every question"\nprotocol = "dns"\nweight = 90\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ours.toml"


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Two greetings of our messenger."""
    server = ("198.51.100.7", 9999)
    frames = [udp(("10.0.0.1", port), server, GREETING) for port in (4000, 4001)]
    return pcap(tmp_path / "ours.pcap", frames)


def warnings(file: Path, capture: Path, text: str) -> list[str]:
    file.write_text(text)
    return list(trial.run(file, capture).warnings())


def test_flows_are_named_with_what_they_were_without_the_file(file: Path, capture: Path) -> None:
    file.write_text(SIGNATURE)
    tried = trial.run(file, capture)
    assert [(each.flow.app, each.before) for each in tried.named] == [("ours", "unknown")] * 2
    assert list(tried.warnings()) == []
    done = peergate("signatures", "test", file, capture)
    assert done.returncode == 0, done.stderr
    assert "without the file" in done.stdout
    assert "+60.0 dB  packet 1     its greeting" in done.stdout


def test_weak_evidence_is_warned_of(file: Path, capture: Path) -> None:
    (said,) = warnings(file, capture, WEAK)
    assert said.startswith("flows named with a confidence below 0.8")


def test_flows_of_others_are_warned_of(file: Path, office: Path) -> None:
    (said,) = warnings(file, office, WIDE)
    assert said == "flows taken from other apps: 1 of dns; is the signature too wide?"


def test_a_file_that_names_nothing_says_so(file: Path, office: Path) -> None:
    file.write_text(SIGNATURE)
    done = peergate("signatures", "test", file, office)
    assert (done.returncode, done.stderr) == (1, "warning: no flow is taken for ours\n")


def test_a_mistake_is_named_with_its_line_and_the_nearest_right_word(
    file: Path, capture: Path
) -> None:
    file.write_text(SIGNATURE.replace("category", "categorie"))
    done = peergate("signatures", "test", file, capture)
    assert done.returncode == 2
    assert f'{file}:3: unknown field "categorie"; did you mean "category"?' in done.stderr


def test_a_capture_that_cannot_be_read_is_told_without_a_traceback(
    file: Path, tmp_path: Path
) -> None:
    file.write_text(SIGNATURE)
    done = peergate("signatures", "test", file, tmp_path / "none.pcap")
    assert done.returncode == 1
    assert done.stderr.startswith(f"peergate: {tmp_path / 'none.pcap'}: cannot read it")
    assert "Traceback" not in done.stderr


def test_a_sign_of_the_same_words_is_not_counted_twice(
    file: Path, tmp_path: Path, capture: Path
) -> None:
    file.write_text(SIGNATURE)
    again = tmp_path / "again.toml"
    again.write_text('app = "ours"\n' + SIGNATURE.partition("\n\n")[2])
    (flow, _) = read(capture, extra_signatures=[file, again])
    assert [evidence.weight_db for evidence in flow.evidence] == [60.0]


def test_policies_know_apps_by_their_other_names_too(tmp_path: Path) -> None:
    catalog = signatures.load()
    known = policy.words(catalog)
    alias = next(alias for app in catalog.apps for alias in app.aliases)
    file = tmp_path / "policy.yaml"
    file.write_text(f"rules: [{{name: no, app: {alias}, action: block}}]\n")
    written = policy.load(file, known)
    assert compiled(written, catalog).explain("10.0.0.1", "192.0.2.1", app=alias).action == "block"
    told = peergate("policy", "explain", "--policy", file, "--src", "10.0.0.1", "--app", alias)
    assert told.stdout.endswith('block: rule "no" decides\n')
