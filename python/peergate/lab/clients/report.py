"""How a client tells what happened to it: one JSON object a line, with the time."""

from __future__ import annotations

import json
import sys
import time


def report(event: str, **details: object) -> None:
    """Tells one event at once."""
    sys.stdout.write(json.dumps({"event": event, "at": time.time(), **details}) + "\n")
    sys.stdout.flush()
