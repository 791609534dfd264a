"""`peergate lab`: a network of namespaces with real clients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.types import NonNegativeInt, PositiveFloat, PositiveInt
from cyclopts.validators import Number

app = App(name="lab")


@app.command
def up() -> int:
    """Lay the network and start its servers; leave it up."""
    from peergate.lab import commands

    return commands.up()


@app.command
def run(*, keep: bool = False, without_gateway: bool = False) -> int:
    """Put the gateway in the line, start the clients, and check what really happened to them.

    Parameters
    ----------
    keep
        Leave the network up afterwards.
    without_gateway
        Show that all clients succeed where nobody refuses them.

    """
    from peergate.lab import commands

    return commands.run(keep=keep, without_gateway=without_gateway)


@app.command
def down() -> int:
    """Take the network away."""
    from peergate.lab import commands

    return commands.down()


@app.command
def generate(
    capture: Path,
    *,
    hosts: Annotated[int, Parameter(validator=Number(gte=2, lte=100_000))] = 1000,
    minutes: Annotated[float, Parameter(validator=Number(gt=0, lte=1440))] = 10.0,
    seed: int = 1,
    parameters: Path | None = None,
) -> int:
    """Write a capture of a simulated campus, and the truth about it: flows, calls, and what hosts were for others.

    Parameters
    ----------
    capture
        The pcap file; tables of the truth are written beside it.
    hosts
        How many hosts the campus has.
    minutes
        How long the capture is.
    seed
        Another number, another campus; the same number, the same bytes.
    parameters
        A YAML file that says how much there is of what (docs/reference/lab-parameters.md).

    """
    from peergate.lab.campus import commands

    return commands.write(capture, (hosts, minutes, seed), parameters)


@app.command
def score(capture: Path, *, no_signatures: bool = False, misses: NonNegativeInt = 0) -> int:
    """Read a capture that `generate` wrote, and compare with the truth beside it.

    Parameters
    ----------
    capture
        The pcap file.
    no_signatures
        Judge what behaviour alone says (`peergate read --no-signatures`).
    misses
        Show so many of what was missed or falsely told, of each kind.

    """
    from peergate.lab.campus import commands

    return commands.compare(capture, without_signatures=no_signatures, misses=misses)


@app.command
def weigh(
    *,
    hosts: Annotated[int, Parameter(validator=Number(gte=2, lte=100_000))] = 10_000,
    minutes: Annotated[float, Parameter(validator=Number(gt=0, lte=1440))] = 60.0,
    seed: int = 1,
) -> int:
    """Say how much memory `peergate read` takes for a campus: an hour of 10,000 hosts with a hundred flows each.

    Nothing is written: the campus is streamed to the reader.

    Parameters
    ----------
    hosts
        How many hosts the campus has.
    minutes
        How long it is watched.
    seed
        Another number, another campus.

    """
    from peergate.lab.campus import commands

    return commands.weigh(hosts, minutes, seed)


@app.command
def rhythm(
    *,
    calls: Annotated[int, Parameter(validator=Number(gte=1, lte=1000))] = 100,
    seed: int = 1,
) -> int:
    """Say how soon calls of unknown programs are known by their rhythm, by how late their packets are.

    Parameters
    ----------
    calls
        How many, for each jitter.
    seed
        Other calls for another number.

    """
    from peergate.lab import commands

    return commands.hear(calls, seed)


@app.command
def record(
    client: str, capture: Path, *, seconds: PositiveFloat = 20.0, sample: bool = False
) -> int:
    """Capture a real client in the lab, with the truth: whose flow is whose, by the kernel's word.

    Parameters
    ----------
    client
        bittorrent, jami, mumble, openvpn, shadowsocks, sip, tox, tox-supernode, webrtc, webrtc-turn or wireguard.
    capture
        The pcap file; the truth is written beside it.
    seconds
        How long to go on once the play has begun.
    sample
        Keep the first packets of the largest flows only.

    """
    from peergate.lab import commands

    return commands.record(client, capture, seconds, sample=sample)


@app.command
def logons(
    *,
    runs: Annotated[int, Parameter(validator=Number(gte=1, lte=190))] = 104,
    seed: int = 1,
    rounds: PositiveInt = 5,
    without_gateway: bool = False,
) -> int:
    """Log on with many clients of the Skype-class simulator at once, in every disguise, and count who is stopped.

    Parameters
    ----------
    runs
        How many; each in a world of its own, so that nothing learned of one helps against another.
    seed
        Other clients for another number.
    rounds
        How often a client tries every way over TCP before it gives up.
    without_gateway
        Show that all succeed where nobody refuses them.

    """
    from peergate.lab import commands

    return commands.log_on(runs, seed, rounds, without_gateway=without_gateway)
