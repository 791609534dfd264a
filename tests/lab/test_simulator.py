"""The Skype-class simulator without a network: formats, conversations, and what a client does when."""

from __future__ import annotations

import itertools
from random import Random
from typing import TYPE_CHECKING

import pytest

from peergate.lab.simulator import messages
from peergate.lab.simulator.cast import LOGIN_PORT, supernodes
from peergate.lab.simulator.client import BURST_NODES, Client, Settings
from peergate.lab.simulator.machine import (
    Connect,
    Endpoint,
    Happened,
    Send,
    SendDatagram,
    Talk,
)
from peergate.lab.simulator.messages import Function, Writer
from peergate.lab.simulator.servers import Manner, Supernode
from peergate.lab.simulator.stream import CLIENT, OPENER_BYTES, SUPERNODE, Conversation, Kind

if TYPE_CHECKING:
    from peergate.lab.simulator.machine import Action

CLIENT_AT = Endpoint("198.18.10.11", 35990)
LOGIN_AT = Endpoint("203.0.113.88", LOGIN_PORT)
NODES = tuple(role.at for role in supernodes(tuple(f"192.0.2.{n}" for n in range(1, 31)), seed=1))


@pytest.fixture
def writer() -> Writer:
    return Writer(Random(1))


def new_client(seed: int = 1) -> Client:
    return Client(Settings(NODES, LOGIN_AT, rounds=1), Random(seed))


def live(client: Client, until: float) -> list[tuple[float, Action]]:
    """What a client does that nobody answers."""
    done = [(0.0, action) for action in client.start(0.0)]
    while client.due is not None and client.due <= until:
        now = client.due
        done += [(now, action) for action in client.tick(now)]
    return done


def test_a_nack_echoes_the_identifier_and_tells_the_public_address(writer: Writer) -> None:
    request = writer.request(18)
    nack = writer.nack(request, "198.18.10.11")
    assert len(nack) == 11
    assert nack[:2] == request[:2]
    assert nack[2] & 0x8F == 0x07
    assert nack[3:7] == bytes([198, 18, 10, 11])


def test_a_resend_is_five_bytes_longer_and_repeats_nack_address_and_checksum(
    writer: Writer,
) -> None:
    request = writer.request(18)
    nack = writer.nack(request, "198.18.10.11")
    resend = writer.resend(request, nack, "192.0.2.1")
    assert len(resend) == 23
    assert resend[:2] == request[:2]
    assert resend[2] & 0x8F == 0x03
    assert resend[3:12] == b"\x01" + nack[7:11] + bytes([192, 0, 2, 1])
    assert resend[12:16] == request[7:11]


def test_requests_have_no_noise_and_identifiers_that_mostly_count_by_two(writer: Writer) -> None:
    requests = [writer.request(18) for _ in range(300)]
    assert {request[2] for request in requests} == {0x02}
    numbers = [messages.identifier(request) for request in requests]
    steps = [(after - before) & 0xFFFF for before, after in itertools.pairwise(numbers)]
    assert steps.count(2) > 150


def test_fragments_name_the_request_and_mark_the_last(writer: Writer) -> None:
    request = writer.request(messages.SEARCH_BYTES)
    pieces = writer.fragments(request, 9)
    assert {len(piece) for piece in pieces[:-1]} == {1355}
    assert all(piece[3:5] == request[:2] and piece[6] == 0x02 for piece in pieces)
    assert [piece[5] for piece in pieces] == [*range(8), 0x88]


def test_fixed_messages_have_their_known_sizes(writer: Writer) -> None:
    assert len(messages.FAKE_TLS_HELLO) == 56
    assert len(writer.fake_tls_hello()) == 72
    assert len(messages.FAKE_TLS_ANSWER) == 79
    assert len(writer.login_request()) == 260
    assert len(writer.login_answer()) == 222


def talk(chance: Random, *, welcome: bool) -> list[tuple[int, bytes]]:
    """A whole conversation as (role, bytes sent at once)."""
    sides = {role: Conversation(chance, role) for role in (CLIENT, SUPERNODE)}
    said = [(CLIENT, sides[CLIENT].open())]
    while said[-1][1]:
        speaker, data = said[-1]
        listener = SUPERNODE if speaker == CLIENT else CLIENT
        said.append((listener, sides[listener].feed(data, welcome=welcome)))
    return said[:-1]


def test_a_supernode_conversation_has_the_sizes_seen_on_the_wire() -> None:
    assert [len(data) for _, data in talk(Random(1), welcome=True)] == [14, 73, 25, 587, 16, 274]
    assert [len(data) for _, data in talk(Random(1), welcome=False)] == [14, 73, 25, 339]


@pytest.mark.parametrize("role", [CLIENT, SUPERNODE])
def test_the_keystream_is_used_twice(role: int) -> None:
    for seed in range(20):
        data = b"".join(said for who, said in talk(Random(seed), welcome=True) if who == role)
        frame = 25 if role == CLIENT else 59
        assert (data[OPENER_BYTES] ^ data[4]) >> 1 == frame - 1


def test_a_conversation_survives_any_cut_of_its_bytes() -> None:
    client, node = Conversation(Random(1), CLIENT), Conversation(Random(2), SUPERNODE)
    to_node, to_client = client.open(), b""
    while to_node or to_client:
        if to_node:
            to_client += node.feed(to_node[:1])
            to_node = to_node[1:]
        else:
            to_node += client.feed(to_client[:1])
            to_client = to_client[1:]
    assert client.verdict is Kind.ACCEPTED


def test_a_log_on_asks_many_nodes_within_two_seconds() -> None:
    probes = [(t, a) for t, a in live(new_client(), 4.9) if isinstance(a, SendDatagram)]
    assert len({probe.to for _, probe in probes}) == BURST_NODES
    assert max(t for t, _ in probes) <= 2.0
    assert {len(probe.payload) for _, probe in probes} <= set(messages.PROBE_BYTES)


def test_where_udp_is_silent_a_client_tries_tcp_on_the_nodes_port_then_80_then_443() -> None:
    done = live(new_client(), 60.0)
    ports = [action.to.port for t, action in done if isinstance(action, Connect) and t > 0]
    own = {node.port for node in NODES}
    assert set(ports[:3]) <= own
    assert ports[3:] == [80] * 3 + [443] * 3
    assert done[-1][1] == Happened("log-on-failed")


def test_a_client_answers_a_nack_of_the_node_it_asked_and_of_nobody_else(writer: Writer) -> None:
    client = new_client()
    probe = next(a for _, a in live(client, 2.0) if isinstance(a, SendDatagram))
    nack = writer.nack(probe.payload, CLIENT_AT.address)
    assert not list(client.datagram(2.0, Endpoint("192.0.2.99", 1), nack))
    (resend,) = client.datagram(2.0, probe.to, nack)
    assert isinstance(resend, SendDatagram)
    assert messages.function(resend.payload) is Function.RESEND


def test_a_full_probe_ends_with_an_accepting_answer(writer: Writer) -> None:
    node = Supernode(Manner(accepts=True, nacks=True), Random(3))
    request = writer.request(18)
    (nack,) = node.datagram(0.0, CLIENT_AT, request)
    assert isinstance(nack, SendDatagram)
    resend = writer.resend(request, nack.payload, "192.0.2.1")
    (answer,) = node.datagram(0.1, CLIENT_AT, resend)
    assert isinstance(answer, SendDatagram)
    assert len(answer.payload) == 18


def test_an_accepting_node_gets_a_tcp_connection_on_the_same_port(writer: Writer) -> None:
    client = new_client()
    live(client, 2.0)
    (action,) = client.datagram(2.0, NODES[0], writer.answer(18))
    assert isinstance(action, Connect)
    assert action.to == NODES[0]
    (opener,) = client.connected(2.1, action.stream)
    assert isinstance(opener, Send)
    assert len(opener.data) == OPENER_BYTES


def test_a_call_is_doubled_at_first_and_then_has_the_published_sizes_and_gaps() -> None:
    peer = Endpoint("198.51.100.77", 35990)
    (talk,) = (a for a in new_client().call(0.0, peer, 40.0) if isinstance(a, Talk))
    assert talk.to == peer
    words = list(itertools.islice(talk.words, 1200))
    times = list(itertools.accumulate(gap for gap, _ in words))
    assert all(0.027 <= gap <= 0.040 for gap, _ in words)
    assert times[-1] > 35
    sizes = [(when, size) for when, (_, size) in zip(times, words, strict=True)]
    assert len(talk.say(150)) == 150
    assert all(230 <= size <= 380 for when, size in sizes if when < 25)
    assert all(115 <= size <= 190 for when, size in sizes if when > 25)


def test_a_call_ends_when_the_other_side_falls_silent() -> None:
    client = new_client()
    list(client.call(0.0, Endpoint("198.51.100.77", 35990), 60.0))
    events = []
    while client.due is not None and client.due < 10.0:
        now = client.due
        events += [(now, a.event) for a in client.tick(now) if isinstance(a, Happened)]
    ((when, event),) = events
    assert event == "call-ended"
    assert 3.0 < when <= 3.5


def test_the_same_seed_does_the_same_and_another_does_not() -> None:
    assert live(new_client(7), 30.0) == live(new_client(7), 30.0)
    assert live(new_client(7), 30.0) != live(new_client(8), 30.0)
