"""What is promised of a sample: who its flows are and what they told, without numbers that tuning may change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import peergate

if TYPE_CHECKING:
    from pathlib import Path


def promised(capture: Path) -> str:
    """One JSON object a line and flow, in the order in which they began."""
    flows = sorted(peergate.read(capture), key=lambda flow: flow.flow_id)
    return "".join(json.dumps(words(flow), ensure_ascii=False) + "\n" for flow in flows)


def words(flow: peergate.Flow) -> dict[str, object]:
    return {
        "proto": flow.proto,
        "src": f"{flow.src_ip}:{flow.src_port}",
        "dest": f"{flow.dest_ip}:{flow.dest_port}",
        "packets": [flow.pkts_toserver, flow.pkts_toclient],
        "app": flow.app,
        "protocol": flow.protocol,
        "category": flow.category,
        "activity": flow.activity,
        "facts": dict(sorted(flow.facts.items())),
    }
