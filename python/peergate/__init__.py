"""Recognises evasive voice, peer-to-peer and messaging applications, says why, and enforces policy.

import peergate

for flow in peergate.read("office.pcap", policy="policy.yaml"):
    if flow.action == "block":
        print(flow.src_ip, flow.app, [evidence.what for evidence in flow.evidence])
"""

from peergate._engine import Call, CaptureError, Evidence, Flow, Host, community_id, version
from peergate.capture import Capture, read
from peergate.problems import DocumentError, Problem

__all__ = [
    "Call",
    "Capture",
    "CaptureError",
    "DocumentError",
    "Evidence",
    "Flow",
    "Host",
    "Problem",
    "community_id",
    "read",
    "version",
]
