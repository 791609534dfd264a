"""Calls and roles of hosts, in tables and in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from peergate.cli.tables import endpoint, say_what_is_left_out, size, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from peergate._engine import Call, Host, Quality
    from peergate.cli.reading import Options

ENDED = {
    "expired": "over: no longer seen",
    "excused": "over: the policy allows it",
    "shutdown": "to the end",
}
"""How a role that is held no longer ended, by the reason that EVE lines give."""

CLOCK = slice(11, 19)
"""Hours, minutes and seconds of a time as EVE writes it."""


def show_calls(console: Console, calls: list[Call], options: Options) -> None:
    """Prints calls, as many as are asked for, and of each its flows where that is asked."""
    shown = calls[: options.limit or None]
    console.print(call_table(shown), "")
    say_what_is_left_out(console, len(calls) - len(shown), "calls")
    if options.why:
        console.print(*map(why_call, shown), sep="\n")


def show_hosts(console: Console, hosts: list[Host], options: Options) -> None:
    """Prints roles of hosts, as many as are asked for, and of each the evidence where that is asked."""
    shown = hosts[: options.limit or None]
    console.print(host_table(shown), "")
    say_what_is_left_out(console, len(hosts) - len(shown), "roles")
    if options.why:
        console.print(*map(why_host, shown), sep="\n")


def call_table(calls: Iterable[Call]) -> Table:
    """Calls, one a row."""
    words = ("start", "from", "to", "app", "route", "codec")
    rows = table("Calls", *words, numbers=("seconds", "sent", "received"))
    for call in calls:
        rows.add_row(
            call.start[CLOCK],
            _party(call.user, endpoint(call.src_ip, call.src_port)),
            _party(call.dest_user, endpoint(call.dest_ip, call.dest_port)),
            _app(call),
            f"relayed by {call.relay}" if call.relay else call.route or "",
            (call.codec or "") + (" video" if call.video else ""),
            f"{call.seconds:.0f}" + ("" if call.state == "end" else " …"),
            _heard(call.sent),
            _heard(call.received),
        )
    return rows


def _party(user: str | None, end: str) -> Text:
    """Who, where that is known, and where."""
    return Text(f"{user}\n{end}" if user else end)


def host_table(hosts: Iterable[Host]) -> Table:
    """Roles of hosts, one a row."""
    words = ("since", "host", "role", "sure", "state")
    rows = table("Roles", *words, numbers=("minutes", "packets", "bytes"))
    rows.add_column("for whom")
    for host in hosts:
        rows.add_row(
            host.since[CLOCK],
            endpoint(host.ip, host.port or 0),
            Text(host.role, style="bold"),
            f"{host.confidence:.1%}",
            ENDED.get(host.reason or "", host.state),
            f"{host.minutes:.1f}",
            f"{host.packets:,}",
            size(host.octets),
            ", ".join(f"{one} ⇄ {other}" for one, other in host.between),
        )
    return rows


def why_host(host: Host) -> Text:
    """The evidence for a host's role, the weightiest first."""
    text = Text(f"{host.ip}  {host.role} ({host.confidence:.1%} sure)\n", style="bold")
    for what, weight in host.evidence:
        text.append(f"  {weight:+4d} dB  {what}\n")
    return text


def why_call(call: Call) -> Text:
    """The flows of a call, and what was measured on them."""
    text = Text(f"{endpoint(call.src_ip, call.src_port)} ⇄ ", style="bold")
    text.append(f"{endpoint(call.dest_ip, call.dest_port)}  {call.app}\n", style="bold")
    for leg in call.legs:
        text.append(f"  {leg.kind:<10}  {leg.src} ⇄ {leg.dest}\n")
    for way, quality in (("sent", call.sent), ("received", call.received)):
        text.append(f"  {way:<10}  {_told(quality)}\n", style="dim")
    return text


def cost(hosts: Iterable[Host]) -> Table:
    """What each role costs, of all hosts together."""
    sums: dict[str, Counter[str]] = {}
    for host in hosts:
        of_role = sums.setdefault(host.role, Counter())
        of_role.update(hosts=1, packets=host.packets, octets=host.octets)
        of_role["tenths"] += round(host.minutes * 10)
    rows = table("Cost", "role", numbers=("hosts", "minutes", "packets", "bytes"))
    for role, total in sorted(sums.items()):
        minutes = f"{total['tenths'] / 10:,.1f}"
        packets = f"{total['packets']:,}"
        rows.add_row(role, f"{total['hosts']:,}", minutes, packets, size(total["octets"]))
    return rows


def _app(call: Call) -> Text:
    known = call.app != "unknown"
    return Text(call.app if known else "unknown call", style="bold" if known else "")


def _heard(quality: Quality | None) -> str:
    """`MOS 4.3, 1.2% lost`; with a tilde where it is an estimate."""
    if quality is None:
        return ""
    score = (
        "" if quality.mos is None else f"MOS {'~' if quality.estimated else ''}{quality.mos:.1f}"
    )
    lost = "" if quality.loss is None else f"{quality.loss:.1%} lost"
    return ", ".join(filter(None, (score, lost)))


def _told(quality: Quality | None) -> str:
    if quality is None:
        return "not measured"
    measured = (
        ("MOS {:.1f}", quality.mos),
        ("{:.1%} lost", quality.loss),
        ("jitter {:.1f} ms", quality.jitter_ms),
        ("{:,} late", quality.late),
        ("{:,} repeated", quality.repeated),
    )
    said = [words.format(number) for words, number in measured if number is not None]
    if quality.estimated:
        said.append("estimated from the pace of the packets")
    elif quality.mos is not None and quality.mos_codec is None:
        said.append("score on the low side: G.113 has no values for the coding")
    return f"{quality.packets:,} packets: {', '.join(said)}"
