"""Histograms of how long news takes."""

from datetime import UTC, datetime, timedelta

from worker.dashboard.latency import BOUNDS, Histogram, Latencies
from worker.store import Receipt

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seconds(*lengths: float) -> list[timedelta]:
    return [timedelta(seconds=length) for length in lengths]


def test_a_length_on_a_bound_lies_within_it() -> None:
    buckets = dict(Histogram().plus(seconds(0.5, 0.51, 60, 1801)).buckets())
    assert buckets["0.5"] == 1
    assert buckets["1.0"] == 2
    assert buckets["60.0"] == 3
    assert buckets["1800.0"] == 3
    assert buckets["+Inf"] == 4


def test_it_grows_and_never_counts_less_than_nothing() -> None:
    first = Histogram().plus(seconds(2, -3))
    assert first.total == 2
    second = first.plus(seconds(4))
    assert (first.total, second.total) == (2, 6)
    assert sum(second.counts) == 3
    assert len(second.buckets()) == len(BOUNDS) + 1


def test_a_receipt_counts_in_every_stage() -> None:
    receipt = Receipt(NOON, NOON + timedelta(seconds=1), NOON + timedelta(seconds=4))
    stages = Latencies().plus([receipt]).plus([]).stages
    assert {stage: histogram.total for stage, histogram in stages.items()} == {
        "seen_to_alert": 1,
        "alert_to_receipt": 3,
        "seen_to_receipt": 4,
    }
