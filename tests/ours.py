"""A messenger that nobody ships a signature for: its greeting, and a signature that knows it."""

GREETING = b"GREETING" + bytes(range(100, 130))

SIGNATURE = """\
app = "ours"
title = "Ours"
category = "chat"
what = "A messenger of our own."
why = "It is not wanted here."

[[sign]]
what = "its greeting"
bytes = { side = "client", hex = "47 52 45 45 54 49 4e 47" }
weight = 60
"""
