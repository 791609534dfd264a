"""What the kernel lets this process do, and what to tell a person where that is too little."""

from __future__ import annotations

from pathlib import Path

# Numbers from linux/capability.h.
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_NET_RAW": 13, "CAP_PERFMON": 38, "CAP_BPF": 39}

STATUS = Path("/proc/self/status")


class MissingPrivilegeError(PermissionError):
    """The process may not do what was asked of it."""


def missing(status: str) -> list[str]:
    """The capabilities that a gateway needs and that a /proc/PID/status does not show as effective."""
    line = next((line for line in status.splitlines() if line.startswith("CapEff:")), "CapEff: 0")
    effective = int(line.split()[1], 16)
    return [name for name, bit in CAPABILITIES.items() if not effective >> bit & 1]


def require_for_gateway() -> None:
    """Raises MissingPrivilegeError with what is missing, how to get it, and what works without."""
    if lacking := missing(STATUS.read_text(encoding="ascii", errors="replace")):
        wanted = ",".join(name.lower() for name in CAPABILITIES)
        raise MissingPrivilegeError(
            f"the gateway needs {', '.join(lacking)}, which this process does not have.\n"
            f"  How to get it: run it as root (sudo peergate gateway …), or under systemd with\n"
            f"  AmbientCapabilities={wanted.upper().replace(',', ' ')}.\n"
            f"  What works without: peergate read, peergate policy, peergate gateway -T."
        )
