"""A campus of any size as a capture with ground truth: simulated peers among ordinary traffic.

`parameters.py` says how much of what there is, `people.py` who lives where, `overlay.py` runs the peer-to-peer
programs, `traffic/` writes everything else, and `truth.py` notes what was really there.
"""
