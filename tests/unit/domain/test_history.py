"""Readings become points: peaks of levels, means of rates, one a stretch."""

from datetime import UTC, datetime, timedelta

from worker.domain.history import STEPS, Gathering, begin, step_for

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEN = timedelta(seconds=10)


def test_a_stretch_begins_at_the_same_moment_for_every_process() -> None:
    assert begin(NOON + timedelta(seconds=19, microseconds=5), TEN) == NOON + TEN
    assert begin(NOON, TEN) == NOON
    quarter = timedelta(minutes=15)
    assert begin(NOON + timedelta(minutes=44), quarter) == NOON + 2 * quarter


def test_the_finest_step_that_is_kept_so_long() -> None:
    assert step_for(timedelta(hours=2)) == TEN
    assert step_for(timedelta(hours=3)) == timedelta(minutes=1)
    assert step_for(timedelta(days=400)) == timedelta(minutes=15)


def test_space_is_bounded() -> None:
    assert sum(kept / step for step, kept in STEPS.items()) < 6_000


def test_peaks_of_levels_and_means_of_rates() -> None:
    gathering = Gathering(TEN)
    for second, level, rate in ((1, 5, 2), (4, 9, 4), (9, 1, 6)):
        at = NOON + timedelta(seconds=second)
        assert gathering.add(at, {"depth": level}, {"seen": rate}) is None
    point = gathering.add(NOON + timedelta(seconds=31), {"depth": 3}, {})
    assert point is not None
    assert point.at == NOON
    assert point.figures == {"depth": 9, "seen": 4}
    last = gathering.add(NOON + timedelta(seconds=40), {}, {})
    assert last is not None
    assert (last.at, last.figures) == (NOON + 3 * TEN, {"depth": 3})


def test_a_clock_that_goes_back_makes_no_point() -> None:
    gathering = Gathering(TEN)
    gathering.add(NOON, {"depth": 1}, {})
    assert gathering.add(NOON - timedelta(minutes=1), {"depth": 2}, {}) is None
