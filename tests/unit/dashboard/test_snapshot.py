"""Figures of one moment that fit together."""

from __future__ import annotations

from datetime import timedelta

from worker.dashboard.snapshot import nested
from worker.store import Throughput


def flow(minutes: int, *counts: int) -> Throughput:
    return Throughput(timedelta(minutes=minutes), *counts)


def test_no_window_shows_less_than_a_shorter_one() -> None:
    given = [flow(1, 9, 4, 1, 0, 0, 2), flow(5, 8, 5, 1, 0, 0, 1), flow(60, 7, 9, 0, 0, 3, 0)]
    assert nested(given) == (
        flow(1, 9, 4, 1, 0, 0, 2),
        flow(5, 9, 5, 1, 0, 0, 2),
        flow(60, 9, 9, 1, 0, 3, 2),
    )


def test_windows_that_fit_stay_as_they_are() -> None:
    given = (flow(1, 1, 1, 1, 1, 1, 1), flow(60, 5, 5, 5, 5, 5, 5))
    assert nested(given) == given
    assert nested([]) == ()
