"""Small captures of protocols, built from their specifications: `python -m peergate.lab.samples samples`.

They are what the golden files beside them promise about. Nobody's traffic is in them.
"""
