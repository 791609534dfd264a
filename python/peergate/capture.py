"""Captures as a library: flows with their evidence, one by one or as Arrow."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from peergate import signatures
from peergate._engine import Batch, Call, CaptureError, Catalog, Flow, Host, Policy, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AnyPath = str | PathLike[str]

T = TypeVar("T", str, AnyPath)

BATCH = 4096
"""Flows handed over at a time: enough that crossing into Rust costs nothing, few enough to show progress."""

MERGED = "merged"
"""Why a call ends that is found to be one with another."""


class Latest:
    """Calls and hosts as they stood last, in the order in which they were first told of."""

    def __init__(self) -> None:
        self._calls: dict[tuple[int, str], Call] = {}
        self._hosts: dict[tuple[str, str, str], Host] = {}

    def add(self, calls: Iterable[Call], hosts: Iterable[Host]) -> None:
        """Takes what was told of them. A call that was found to be one with another is that other."""
        for call in calls:
            if call.reason == MERGED:
                self._calls.pop((call.call_id, call.start), None)
            else:
                self._calls[call.call_id, call.start] = call
        self._hosts.update({(host.ip, host.role, host.since): host for host in hosts})

    @property
    def calls(self) -> list[Call]:
        """Every call."""
        return list(self._calls.values())

    @property
    def hosts(self) -> list[Host]:
        """Every role of every host."""
        return list(self._hosts.values())


class Capture:
    """The flows of one capture, or of several one after the other.

    Iterate over it for flows as they end, or hand it to anything that takes Arrow
    (`polars.DataFrame(capture)`, `pandas.DataFrame.from_arrow(capture)`, DuckDB), which shares the engine's memory.
    It can be gone through once, as a stream can.
    """

    def __init__(
        self,
        paths: Iterable[AnyPath],
        catalog: Catalog,
        policy: Policy | None,
        local: Iterable[str] = (),
        *,
        names: bool = True,
    ) -> None:
        self._reader = Reader([fspath(path) for path in paths], catalog, policy, list(local), names)
        self.latest = Latest()

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """The flows in batches of up to `size`, which offer Arrow each: for captures larger than memory.

        Raises CaptureError when nothing of a capture could be read; at the end, so that it keeps no other capture
        from being read.
        """
        if size < 1:
            raise ValueError(f"a batch of {size} flows holds none: size must be 1 or more")
        unread: list[str] = []
        while True:
            try:
                batch = self._reader.next_batch(size)
            except CaptureError as error:
                unread.append(str(error))
                continue
            if batch is None:
                break
            self.latest.add(batch.calls, batch.hosts)
            yield batch
        if unread:
            raise CaptureError("\n".join(unread))

    def __iter__(self) -> Iterator[Flow]:
        for batch in self.batches():
            yield from batch

    def arrow(self) -> Batch:
        """All flows in one batch, which offers `__arrow_c_stream__`: a row for each, times in nanoseconds, UTC."""
        return Batch.concat(list(self.batches()))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.arrow().__arrow_c_stream__(requested_schema)

    @property
    def calls(self) -> list[Call]:
        """The calls that were found so far, each as it stood last."""
        return self.latest.calls

    @property
    def hosts(self) -> list[Host]:
        """The roles of hosts that were found so far, each as it stood last."""
        return self.latest.hosts

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes read, and bytes in all (0 where nobody knows)."""
        return self._reader.progress

    @property
    def warnings(self) -> list[str]:
        """What was wrong with captures that could be read only in part."""
        return self._reader.warnings()

    @property
    def stats(self) -> dict[str, int]:
        """How many frames, packets and flows were read, and what was dropped for which reason.

        `not_ip` counts frames that carry no IP, `malformed.…` what does not hold together.
        """
        return self._reader.stats()


def read(
    path: AnyPath | Iterable[AnyPath],
    *,
    policy: AnyPath | None = None,
    extra_signatures: AnyPath | Iterable[AnyPath] = (),
    local: str | Iterable[str] = (),
    names: bool = True,
) -> Capture:
    """Opens a capture (pcap or pcapng, also gzip or zstd; "-" is standard input), or several, one after the other.

    `policy` is the path of a policy file; without one every flow's action is `allow`. `extra_signatures` are files of
    one's own, or folders of *.toml, over those that are shipped. `local` are the prefixes of our own network, whose
    hosts are looked at; without any, hosts with private addresses are. Without `names` no protocol and no application
    is recognised: what is said of a flow is what the times and sizes of its packets show.

    Raises DocumentError with every mistake in a policy or signature file, ValueError where `local` is no prefix. A
    capture itself is read, and can raise CaptureError, when its flows are asked for.
    """
    catalog = signatures.load(map(Path, _several(extra_signatures)))
    policies = _compiled(policy, catalog)
    return Capture(_several(path), catalog, policies, _several(local), names=names)


def _several(given: T | Iterable[T]) -> list[T]:
    """One stands for a list of one: a text is not a list of letters."""
    return [given] if isinstance(given, str | PathLike) else list(given)


def _compiled(policy: AnyPath | None, catalog: Catalog) -> Policy | None:
    if policy is None:
        return None
    from peergate.policy.compiled import from_file  # noqa: PLC0415 - without a policy nobody waits for pydantic

    return from_file(Path(policy), catalog)
