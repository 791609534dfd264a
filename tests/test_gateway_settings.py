"""gateway.yaml: what it means, and what is said of mistakes in it."""

from pathlib import Path

import pytest

from peergate import gateway
from peergate.model import Fail, Mode, Refuse
from peergate.problems import DocumentError


def settings(tmp_path: Path, text: str) -> gateway.Settings:
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    return gateway.load(file)


def test_two_ports_are_enough(tmp_path: Path) -> None:
    read = settings(tmp_path, "lan: eth1\nwan: eth2\n")
    assert (read.mode, read.fail, read.refuse) == (Mode.WIRE, Fail.OPEN, Refuse.RESET)
    assert read.policy.name == "default.yaml"


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("default: allow\n")
    (tmp_path / "own").mkdir()
    read = settings(
        tmp_path, "lan: a\nwan: b\npolicy: p.yaml\neve: /var/log/eve.json\nsignatures: own\n"
    )
    assert read.policy == tmp_path / "p.yaml"
    assert read.eve == Path("/var/log/eve.json")
    assert read.signatures == (tmp_path / "own",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lan: eth1\n", '1: "wan" is missing'),
        ("lan: eth1\nwan: eth1\n", '2: "eth1" is the lan port already'),
        ("lan: a\nwan: b\nmode: wires\n", '3: unknown mode "wires"; did you mean "wire"?'),
        (
            "lan: a\nwan: b\nfail: open\nrefuze: reset\n",
            '4: unknown field "refuze"; did you mean "refuse"?',
        ),
        ("lan: a\nwan: b\nlocal: [10.0.0.0/33]\n", '3: "10.0.0.0/33" is no address prefix'),
        ("lan: a\nwan: b\ngroups:\n  staff: ten\n", '4: "ten" is no address prefix'),
        (
            "lan: a\nwan: b\ngroups:\n  stuff: 10.0.0.0/8\n",
            '4: unknown group "stuff"; did you mean "staff"?',
        ),
        ("lan: a\nwan: b\npolicy: gone.yaml\n", "3: there is no file "),
        ("lan: a\nwan: b\nsignatures: [gone]\n", "3: there is no file or folder "),
        ("lan: a\nwan: b\neve: gone/eve.json\n", "3: there is no folder "),
        ("lan: a\nwan: b\neve: .\n", "3: "),
        ("lan: a\nwan: b\nheartbeat_seconds: soon\n", '3: "heartbeat_seconds" takes a number'),
        ("lan: averylongportname\nwan: b\n", '1: "lan" takes at most 15 characters, not '),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        settings(tmp_path, text)
    assert len(caught.value.problems) == 1
    assert str(caught.value).partition("gateway.yaml:")[2].startswith(said)


def test_who_leaves_the_line_needs_no_policy_any_more(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("lan: a\nwan: b\npolicy: gone.yaml\n")
    assert gateway.load(file, to_leave=True).name == "gateway"
