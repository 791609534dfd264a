"""Peergate as a library: flows with their evidence, and the same flows as Arrow."""

from pathlib import Path

import communityid
import duckdb
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

import peergate


def test_flows_are_read_one_by_one(office: Path) -> None:
    flows = {flow.dest_port: flow for flow in peergate.read(office)}
    assert set(flows) == {53, 6881}
    dns = flows[53]
    assert (dns.proto, dns.src_ip, dns.src_port, dns.dest_ip) == (
        "UDP",
        "10.10.0.7",
        40000,
        "192.0.2.53",
    )
    assert (dns.pkts_toserver, dns.pkts_toclient) == (1, 1)
    assert dns.protocol == "dns"
    assert dns.action == "allow"


def test_what_is_recognised_has_evidence_that_names_its_packet(office: Path) -> None:
    dns = next(flow for flow in peergate.read(office) if flow.dest_port == 53)
    assert dns.evidence
    assert all(
        evidence.what and evidence.detector and evidence.packet >= 1 for evidence in dns.evidence
    )
    assert 0.9 < dns.confidence <= 1


def test_not_knowing_is_an_answer(office: Path) -> None:
    other = next(flow for flow in peergate.read(office) if flow.dest_port == 6881)
    assert other.app == "unknown"


def test_a_policy_decides_the_action(office: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("""\
groups: {students: 10.10.0.0/16}
rules:
  - {name: no names for students, group: students, protocol: dns, action: block}
""")
    actions = {
        flow.dest_port: (flow.action, flow.rule) for flow in peergate.read(office, policy=policy)
    }
    assert actions == {53: ("block", "no names for students"), 6881: ("allow", "default")}


def test_arrow_reaches_polars_pyarrow_and_duckdb_alike(office: Path) -> None:
    frame = polars.DataFrame(peergate.read(office)).sort("dest_port")
    assert frame["dest_port"].to_list() == [53, 6881]
    flows = pyarrow.table(peergate.read(office))
    assert set(flows.column_names) == set(frame.columns)
    counted = duckdb.sql("select count(*), sum(pkts_toserver) from flows").fetchall()
    assert counted == [(2, 4)]


def test_arrow_tells_the_same_as_the_flows(office: Path) -> None:
    rows = polars.DataFrame(peergate.read(office)).to_dicts()
    for flow, row in zip(peergate.read(office), rows, strict=True):
        for column in (
            "flow_id",
            "community_id",
            "src_ip",
            "dest_port",
            "app",
            "category",
            "action",
        ):
            assert row[column] == getattr(flow, column)


def test_several_captures_are_read_each_by_itself(office: Path) -> None:
    dns = [flow for flow in peergate.read([office, office]) if flow.dest_port == 53]
    assert [flow.pkts_toserver for flow in dns] == [1, 1]
    assert len({flow.flow_id for flow in dns}) == 2


def test_a_capture_that_cannot_be_read_keeps_no_other_from_being_read(office: Path) -> None:
    capture = peergate.read([office.with_name("missing.pcap"), office])
    seen: list[peergate.Flow] = []
    with pytest.raises(peergate.CaptureError, match=r"missing\.pcap"):
        seen.extend(capture)
    assert len(seen) == 2


def test_a_file_that_is_no_capture_is_named(tmp_path: Path) -> None:
    text = tmp_path / "letter.pcap"
    text.write_text("Dear Sir or Madam, this is a letter and no capture at all.")
    with pytest.raises(peergate.CaptureError, match=r"letter\.pcap"):
        list(peergate.read(text))


@given(
    st.ip_addresses(v=4),
    st.ip_addresses(v=4),
    st.integers(0, 65535),
    st.integers(0, 65535),
    st.sampled_from([6, 17]),
)
def test_community_ids_are_those_of_the_reference(
    src: object, dest: object, src_port: int, dest_port: int, proto: int
) -> None:
    reference = communityid.CommunityID()
    expected = reference.calc(
        communityid.FlowTuple(proto, str(src), str(dest), src_port, dest_port)
    )
    assert peergate.community_id(str(src), str(dest), src_port, dest_port, proto) == expected


def test_one_word_stands_for_a_list_of_one(office: Path, tmp_path: Path) -> None:
    assert len(list(peergate.read(str(office), local="10.10.0.0/16"))) == 2
    with pytest.raises(ValueError, match='"here" is not an address or prefix'):
        peergate.read(office, local="here")
    missing = tmp_path / "missing.toml"
    with pytest.raises(peergate.DocumentError, match=r"missing\.toml: cannot be read"):
        peergate.read(office, extra_signatures=str(missing))


def test_a_batch_of_nothing_is_refused(office: Path) -> None:
    with pytest.raises(ValueError, match="size must be 1 or more"):
        list(peergate.read(office).batches(0))


def test_what_is_printed_says_what_it_is(office: Path) -> None:
    dns = next(flow for flow in peergate.read(office) if flow.dest_port == 53)
    assert repr(dns) == "<Flow UDP 10.10.0.7:40000 → 192.0.2.53:53: dns>"
    assert (
        repr(dns.evidence[0])
        == f"<Evidence {dns.evidence[0].weight_db:+.0f} dB: {dns.evidence[0].what}>"
    )
