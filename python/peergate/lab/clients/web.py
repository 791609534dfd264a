"""A person at a browser, played by curl: looks a name up, fetches pages over HTTPS, again and again.

Tells: fetched (status, bytes, seconds), failed (why).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time

from peergate.lab.clients.dns import LookupFailedError, lookup
from peergate.lab.clients.report import report

PAUSE_SECONDS = 0.5
LIMIT_SECONDS = 10


def fetch(name: str, path: str, address: str, authority: str) -> None:
    """Fetches one page and tells how that went."""
    done = subprocess.run(
        [
            *(
                "curl",
                "--silent",
                "--show-error",
                "--output",
                "/dev/null",
                "--write-out",
                "%{json}",
            ),
            *(
                "--cacert",
                authority,
                "--resolve",
                f"{name}:443:{f'[{address}]' if ':' in address else address}",
                "--max-time",
                f"{LIMIT_SECONDS}",
            ),
            f"https://{name}{path}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        report("failed", why=done.stderr.strip())
        return
    told = json.loads(done.stdout)
    report(
        "fetched", status=told["http_code"], bytes=told["size_download"], seconds=told["time_total"]
    )


def main() -> None:
    """Lives until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the web server")
    parser.add_argument("path", nargs="+")
    parser.add_argument("--dns", required=True, help="address of the name server")
    parser.add_argument("--authority", required=True, help="certificate to trust")
    parser.add_argument("--ipv6", action="store_true", help="ask for the IPv6 address")
    given = parser.parse_args()
    kind = "AAAA" if given.ipv6 else "A"
    while True:
        for path in given.path:
            try:
                fetch(given.name, path, lookup(given.name, given.dns, kind), given.authority)
            except LookupFailedError as error:
                report("failed", why=str(error))
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
