"""Policy files: what they mean, and what is said of mistakes in them."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peergate import policy
from peergate.model import Action, Role, Words
from peergate.problems import DocumentError

WORDS = Words(
    apps=frozenset({"skype", "tox", "jami", "bittorrent", "unknown"}),
    categories=frozenset({"call", "chat", "p2p", "tunnel", "web"}),
    protocols=frozenset({"stun", "tls", "quic"}),
    activities=frozenset({"call", "log-on"}),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.yaml"


def mistakes(file: Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(DocumentError) as caught:
        policy.load(file, WORDS)
    return [str(problem).removeprefix(f"{file}:") for problem in caught.value.problems]


def test_the_shipped_policy_is_right() -> None:
    loaded = policy.load(policy.DEFAULT, WORDS)
    assert [rule.action for rule in loaded.rules] == [Action.BLOCK] * 4
    assert loaded.default is Action.ALLOW
    assert policy.warnings(loaded, policy.DEFAULT) == []


def test_one_word_stands_for_a_list_of_one(file: Path) -> None:
    file.write_text("groups: {a: 10.0.0.0/8}\nrules:\n- {name: r, app: tox, action: block}\n")
    loaded = policy.load(file, WORDS)
    assert loaded.groups == {"a": ("10.0.0.0/8",)}
    assert loaded.rules[0].app == ("tox",)


def test_an_unknown_word_gets_its_line_and_the_nearest_right_one(file: Path) -> None:
    text = """\
groups: {staff: 10.0.0.0/8}
rules:
  - name: first
    app:
      - tox
      - skyp
    action: block
  - name: second
    gruop: staff
    categorie: call
    action: blok
  - name: third
    src_group: staf
    category: [cal]
    protocol: stunn
    activity: login
    action: allow
"""
    assert mistakes(file, text) == [
        '6: unknown app "skyp"; did you mean "skype"?',
        '9: unknown field "gruop"; did you mean "group"?',
        '10: unknown field "categorie"; did you mean "category"?',
        '11: unknown action "blok"; did you mean "block"?',
        '13: unknown group "staf"; did you mean "staff"?',
        '14: unknown category "cal"; did you mean "call"?',
        '15: unknown protocol "stunn"; did you mean "stun"?',
        '16: unknown activity "login"; did you mean "log-on"?',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", " is empty"),
        ("rules: [", "1: expected the node content"),
        ("- a\n- b\n", "1: expected `field: value` lines at the top"),
        ("rules:\n- name: x\n", '2: "action" is missing'),
        (
            "groups:\n  a: 10.0.0.1/8\n",
            '2: "10.0.0.1/8" is no address prefix; did you mean 10.0.0.0/8?',
        ),
        ("groups:\n  5: 10.0.0.0/8\n", '2: "5" is not text'),
        ("rules:\n- {name: a, app: 5, action: block}\n", '2: "app" takes a word, not 5'),
        (
            "rules:\n- {name: a, app: [], action: block}\n",
            '2: "app" names nothing; leave it out',
        ),
        ("rules:\n- {name: a, group: x, action: block}\n", '2: unknown group "x"; none is named'),
        ("rules:\n\t- name: a\n", "2: found character '\\t' that cannot start any token: indent"),
        ("min_confidence: true\n", '1: "min_confidence" takes a number, not true'),
        ("default: false\n", '1: "default" takes one of allow, alert, block, not false'),
        ("default: !mine block\n", "1: could not determine a constructor for the tag '!mine'"),
        ("default: !!int block\n", " is not YAML: invalid literal"),
        ("%YAML 1.9\n---\ndefault: block\n", " is not YAML: version minor part"),
        ("rules: &a [*a]\n", "1: too many values, or nested too deep"),
        ("rules: " + "[" * 50 + "]" * 50, "1: too many values, or nested too deep"),
        ("rules: " + "[" * 1000, " is nested too deep"),
        ("#" * (1 << 20) + "#", " is larger than a mebibyte"),
        ("groups:\n  a: [10.0.0.0/8, ten]\n", '2: "ten" is no address prefix'),
        (
            "groups:\n  a: 10.0.0.0/8\n  b: [10.1.0.0/16, 10.0.0.0/8]\n",
            '3: 10.0.0.0/8 is in the group "a" already',
        ),
        ("min_confidence: 2\n", '1: "min_confidence" takes at most 1, not 2'),
        ("default: alow\n", '1: unknown default "alow"; did you mean "allow"?'),
        ("rules: 3\n", '1: "rules" takes a list, not 3'),
        ("rules: [3]\n", '1: "rules" takes `field: value` lines, not 3'),
        (
            "rules:\n- {name: a, action: allow, action: block}\n",
            '2: "action" is there already, on line 2',
        ),
        (
            "rules:\n- {name: a, action: allow}\n- {name: a, action: block}\n",
            '3: rule "a" has the name of the one on line 2',
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(file: Path, text: str, said: str) -> None:
    found = mistakes(file, text)
    assert len(found) == 1
    assert found[0].startswith(said), found


def test_few_lines_that_stand_for_billions_of_values_are_refused_at_once(file: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    assert mistakes(file, "\n".join(lines)) == ["1: too many values, or nested too deep"]


def test_what_is_written_once_may_be_used_twice(file: Path) -> None:
    file.write_text(
        "rules:\n- &one {name: a, app: tox, action: block}\n- {<<: *one, name: b, action: alert}\n"
    )
    loaded = policy.load(file, WORDS)
    assert [(rule.name, rule.app, rule.action) for rule in loaded.rules] == [
        ("a", ("tox",), Action.BLOCK),
        ("b", ("tox",), Action.ALERT),
    ]


def test_nothing_in_a_file_steers_the_terminal(file: Path) -> None:
    assert mistakes(file, 'default: "\\e[2J"\n') == [
        '1: unknown default "�[2J"; known: alert, allow, block'
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.yaml: cannot be read: No such file"):
        policy.load(tmp_path / "none.yaml", WORDS)


def test_a_rule_that_cannot_be_reached_is_pointed_out(file: Path) -> None:
    file.write_text("rules:\n- {name: all, action: allow}\n- {name: b, app: tox, action: block}\n")
    found = policy.warnings(policy.load(file, WORDS), file)
    assert [(problem.line, "never reached" in problem.message) for problem in found] == [(3, True)]


@given(st.text())
def test_any_text_is_a_policy_or_a_list_of_mistakes(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, errors="ignore")
    with contextlib.suppress(DocumentError):
        policy.load(file, WORDS)


def test_a_rule_may_ask_for_the_role_of_a_host(file: Path) -> None:
    file.write_text(
        "rules:\n- {name: relays, role: relay, action: block}\n- {name: b, action: allow}\n"
    )
    loaded = policy.load(file, WORDS)
    assert loaded.rules[0].role == (Role.RELAY,)
    assert policy.warnings(loaded, file) == []
    said = mistakes(file, "rules:\n- {name: relays, role: relais, action: block}\n")
    assert said == ['2: unknown role "relais"; did you mean "relay"?']
