"""Captures of real clients with their truth, each by one command: `peergate lab record CLIENT OUT.pcap`.

`casts.py` and `tunnels.py` say who plays in each, `owners.py` asks the kernel whose socket is whose, `recording.py`
runs a play, and `cutting.py` makes a small sample of a capture.
"""
