"""Lengths of time counted by bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.histogram import TASK_BOUNDS, Histogram, tallied, tally

BOUNDS = (1.0, 2.0, 4.0)


def test_a_length_on_a_bound_lies_within_it() -> None:
    assert dict(Histogram(BOUNDS).plus([1.0, 1.5, 4.0, 9.0]).cumulative()) == {
        "1.0": 1,
        "2.0": 2,
        "4.0": 3,
        "+Inf": 4,
    }


def test_less_than_nothing_counts_as_nothing() -> None:
    found = Histogram(BOUNDS).plus([-3, 2])
    assert (found.total, found.counts) == (2, (1, 1, 0, 0))


def test_quantiles_are_read_between_the_bounds() -> None:
    histogram = Histogram(BOUNDS).plus([1.5] * 4 + [3.0] * 4)
    assert histogram.quantile(0.25) == 1.5
    assert histogram.quantile(0.5) == 2.0
    assert histogram.quantile(0.75) == 3.0
    assert Histogram(BOUNDS).plus([99]).quantile(0.5) == 4.0
    assert Histogram(BOUNDS).quantile(0.5) is None


@given(st.lists(st.floats(0, 1e4)), st.lists(st.floats(0, 1e4)))
def test_what_is_added_can_be_taken_away(first: list[float], more: list[float]) -> None:
    before = Histogram(TASK_BOUNDS).plus(first)
    since = before.plus(more).minus(before)
    assert since.counts == Histogram(TASK_BOUNDS).plus(more).counts
    assert since.total == pytest.approx(sum(more), abs=1e-3)
    assert before.merged(since).counts == before.plus(more).counts


@given(st.lists(st.floats(0, 1e4), max_size=20))
def test_counters_carry_a_histogram(lengths: list[float]) -> None:
    figures: dict[str, float] = {}
    for length in lengths:
        for key, by in tally("ran", length):
            figures[key] = figures.get(key, 0) + by
    assert tallied(figures, "ran").counts == Histogram(TASK_BOUNDS).plus(lengths).counts
