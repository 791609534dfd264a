"""How soon the rhythm of a call tells."""

from __future__ import annotations

from peergate.lab.rhythm import JITTERS_MS, PACES, Row, measure


def test_every_pace_and_jitter_has_a_row_and_most_calls_are_told_in_seconds() -> None:
    rows = list(measure(calls=6, seed=3))
    assert [(row.pace, row.jitter_ms) for row in rows] == [
        (pace, jitter) for pace in PACES for jitter in JITTERS_MS
    ]
    late = [row for row in rows if row.pace == PACES[0] and row.jitter_ms]
    assert all(0 < row.within(0.5) < 5 for row in late)


def test_a_share_of_calls_is_told_within_the_time_of_the_slowest_of_them() -> None:
    row = Row(PACES[0], 0, [5.0, 1.0, float("inf"), 3.0])
    assert [row.within(share) for share in (0.0, 0.5, 0.75, 1.0)] == [1.0, 3.0, 5.0, float("inf")]
