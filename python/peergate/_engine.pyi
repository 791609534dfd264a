# The binding, as Python sees it. Written by hand; `make check` (stubtest) holds it to what binding/ exports.
from collections.abc import Iterator, Mapping, Sequence
from typing import final

__all__ = [
    "App",
    "Batch",
    "CaptureError",
    "Catalog",
    "Chance",
    "Events",
    "Evidence",
    "Explanation",
    "Flow",
    "Gateway",
    "GatewayError",
    "Link",
    "Policy",
    "Protocol",
    "Reader",
    "SignatureError",
    "Summary",
    "Total",
    "chance_levels",
    "community_id",
    "missing",
    "version",
]

def version() -> str: ...
def community_id(
    src_ip: str, dest_ip: str, src_port: int, dest_port: int, proto: int, seed: int = 0
) -> str: ...

# What this machine lacks for a gateway: name, and what is lost without it and how to get it.
def missing() -> list[tuple[str, str]]: ...

class SignatureError(ValueError):
    # Every mistake found: path, line, message.
    problems: list[tuple[str, int, str]]

class CaptureError(OSError):
    # Nothing of a capture could be read: which, and why.
    pass

class GatewayError(OSError):
    # What is missing, and how to get it.
    pass

@final
class App:
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def category(self) -> str: ...
    # What it is for, and why it is recognised as it is.
    @property
    def what(self) -> str: ...
    @property
    def why(self) -> str: ...

@final
class Protocol:
    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def transports(self) -> list[str]: ...
    @property
    def ports(self) -> list[int]: ...
    # Its facts: name, what it holds.
    @property
    def fields(self) -> list[tuple[str, str]]: ...

@final
class Catalog:
    # Signatures, compiled. No files: only those that the engine ships with.
    @staticmethod
    def load(files: Sequence[tuple[str, str]] = ...) -> Catalog: ...
    @property
    def apps(self) -> list[App]: ...
    @property
    def categories(self) -> list[str]: ...
    @property
    def protocols(self) -> list[Protocol]: ...
    @property
    def activities(self) -> list[str]: ...

@final
class Chance:
    # What was measured of one sign of a protocol against payloads drawn by lot.
    @property
    def protocol(self) -> str: ...
    @property
    def what(self) -> str: ...
    # Decibans that the sign weighs, and those that it may: at least so many where nothing was hit.
    @property
    def claimed(self) -> int: ...
    @property
    def decibans(self) -> float: ...
    # The kind of payload that it fitted most often, and how many.
    @property
    def noise(self) -> str: ...
    @property
    def hits(self) -> int: ...

# Asks every protocol about so many payloads of each kind; the same seed gives the same answer. Releases the GIL.
def chance_levels(payloads: int, seed: int) -> list[Chance]: ...

@final
class Policy:
    # A rule: name, app, category, protocol, activity, group (either end), src_group, dest_group (lists of words; empty
    # or absent matches all), action, min_confidence. The first rule that matches decides.
    @staticmethod
    def compile(
        groups: Sequence[tuple[str, Sequence[str]]],
        rules: Sequence[Mapping[str, object]],
        catalog: Catalog,
    ) -> Policy: ...
    def explain(
        self,
        src: str,
        dest: str,
        app: str | None = None,
        protocol: str | None = None,
        category: str | None = None,
        activity: str | None = None,
        confidence: float = 1.0,
    ) -> Explanation: ...

@final
class Explanation:
    @property
    def rule(self) -> str: ...
    @property
    def action(self) -> str: ...
    # The rules before it, and why each did not match.
    @property
    def tried(self) -> list[tuple[str, str]]: ...

@final
class Evidence:
    @property
    def what(self) -> str: ...
    @property
    def weight_db(self) -> float: ...
    @property
    def detector(self) -> str: ...
    @property
    def packet(self) -> int: ...

@final
class Flow:
    @property
    def flow_id(self) -> int: ...
    @property
    def community_id(self) -> str: ...
    @property
    def proto(self) -> str: ...
    @property
    def src_ip(self) -> str: ...
    @property
    def src_port(self) -> int: ...
    @property
    def dest_ip(self) -> str: ...
    @property
    def dest_port(self) -> int: ...
    @property
    def pkts_toserver(self) -> int: ...
    @property
    def pkts_toclient(self) -> int: ...
    @property
    def bytes_toserver(self) -> int: ...
    @property
    def bytes_toclient(self) -> int: ...
    # Nanoseconds since the epoch.
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def app(self) -> str: ...
    @property
    def protocol(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def activity(self) -> str | None: ...
    # What went on before, where that is what is told.
    @property
    def activity_before(self) -> str | None: ...
    @property
    def role(self) -> str | None: ...
    @property
    def confidence(self) -> float: ...
    @property
    def action(self) -> str: ...
    @property
    def rule(self) -> str | None: ...
    # What its protocols told: tls.server_name and so on.
    @property
    def facts(self) -> dict[str, str]: ...
    @property
    def evidence(self) -> list[Evidence]: ...
    @property
    def alternatives(self) -> list[tuple[str, float]]: ...

@final
class Batch:
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Flow: ...
    def __iter__(self) -> Iterator[Flow]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    # The flows with the most bytes; the earlier of two that are equal.
    def largest(self, count: int) -> list[Flow]: ...
    # EVE, one JSON object a line.
    def eve(self) -> str: ...
    # Puts the flows of several batches into one, in order, without copying them.
    @staticmethod
    def concat(batches: Sequence[Batch]) -> Batch: ...

@final
class Reader:
    # Reads captures one after the other, each with an engine of its own; "-" is standard input. Without `names` no
    # payload is read: behaviour alone judges.
    def __new__(
        cls,
        paths: Sequence[str],
        catalog: Catalog,
        policy: Policy | None = None,
        names: bool = True,
    ) -> Reader: ...
    # None at the end. Raises CaptureError for a file of which nothing can be read; the next call goes on with the
    # next file. Releases the GIL.
    def next_batch(self, max_flows: int = 4096) -> Batch | None: ...
    # Bytes done, bytes in all (0 where unknown).
    @property
    def progress(self) -> tuple[int, int]: ...
    # Files that were read as far as they go: "x.pcap: cut short at offset 4711 …".
    def warnings(self) -> list[str]: ...
    # frames, bytes, flows, malformed.<reason> … : every drop has a reason.
    def stats(self) -> dict[str, int]: ...

@final
class Total:
    # What the flows of one app, or of one host, add up to.
    @property
    def flows(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def octets(self) -> int: ...
    @property
    def blocked(self) -> int: ...
    # Of the latest flow.
    @property
    def category(self) -> str: ...
    # The one with the most flows first.
    @property
    def apps(self) -> list[str]: ...

@final
class Summary:
    # Totals of all flows that were added. Adding a batch makes no Python object of a flow.
    def __new__(cls) -> Summary: ...
    def add(self, batch: Batch) -> None: ...
    @property
    def all(self) -> Total: ...
    # By name, the most bytes first; all where no number is given.
    def apps(self, most: int | None = None) -> list[tuple[str, Total]]: ...
    def hosts(self, most: int | None = None) -> list[tuple[str, Total]]: ...

@final
class Events:
    # Flows as they stood when they were decided: recognised, or matched by a rule.
    @property
    def verdicts(self) -> Batch: ...
    # Flows that ended.
    @property
    def flows(self) -> Batch: ...
    # Flows in which something else goes on than before.
    @property
    def activities(self) -> Batch: ...
    def eve(self) -> str: ...

@final
class Gateway:
    # Inert until start.
    def __new__(
        cls,
        catalog: Catalog,
        policy: Policy,
        *,
        name: str,
        lan: str,
        wan: str,
        mode: str = "bridge",
        fail: str = "open",
        refuse: str = "silence",
        heartbeat_seconds: float = 2.0,
        local: Sequence[str] = ...,
        seed: int = 0,
    ) -> Gateway: ...
    def start(self) -> None: ...
    # Stops the thread; the programs and maps stay in the line unless `detach`.
    def stop(self, detach: bool = False) -> None: ...
    def reload(self, policy: Policy) -> None: ...
    # Waits up to `timeout` seconds for the first event; releases the GIL.
    def events(self, max_events: int = 4096, timeout: float = 0.5) -> Events: ...
    def stats(self) -> dict[str, int]: ...
    # Where it stands ("tcx", "clsact", "tap") and what that costs.
    @property
    def place(self) -> tuple[str, str]: ...
    # Takes away what an earlier run of this name left in the line; False when there was nothing.
    @staticmethod
    def detach(name: str) -> bool: ...

@final
class Link:
    # The lab's link in user space. A port: interface, delay and jitter in milliseconds, share lost, bits per second.
    def __new__(
        cls,
        ports: Sequence[tuple[str, float, float, float, int | None]],
        *,
        capture: str | None = None,
        seed: int = 0,
    ) -> Link: ...
    # Opens the interfaces and the capture file.
    def open(self) -> None: ...
    # Moves frames until stop() is called from another thread; releases the GIL; what happened to them.
    def run(self) -> list[tuple[str, int]]: ...
    def stop(self) -> None: ...
