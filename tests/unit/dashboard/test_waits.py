"""Times of the last minutes, from counters that only grow."""

from datetime import timedelta

from tests.support.dashboards import make_part
from tests.support.factories import NOW
from worker.dashboard.waits import QueueTimes, Waits, summed
from worker.domain.histogram import tally
from worker.domain.part import Part


def part(pid: int, waited: list[float], at: timedelta = timedelta(0)) -> Part:
    figures: dict[str, float | str] = {"queue": "classify"}
    for length in waited:
        for key, by in tally("waited", length):
            figures[key] = float(figures.get(key, 0)) + by
    return make_part(
        "worker-classify", pid=pid, figures=figures, id=f"w:{pid}", started=NOW, seen=NOW + at
    )


def test_only_what_has_come_lately_counts() -> None:
    waits = Waits()
    old = [50.0] * 100
    waits.update(NOW, [part(1, old)])
    first = waits.update(NOW + timedelta(minutes=1), [part(1, old)])
    assert first["classify"] == QueueTimes()
    found = waits.update(NOW + timedelta(minutes=2), [part(1, [*old, *[0.4] * 20])])
    p50, p95, p99 = found["classify"].waited
    assert 0.25 < p50 < p95 < p99 <= 0.5
    told = found["classify"].told("waited")
    assert told == {"p50": p50, "p95": p95, "p99": p99}
    assert found["classify"].told("ran") is None


def test_after_five_minutes_it_is_forgotten() -> None:
    waits = Waits()
    for minute in range(12):
        times = waits.update(NOW + timedelta(minutes=minute), [part(1, [0.4] * min(minute, 3))])
    assert times["classify"].waited == ()


def test_a_worker_that_comes_counts_from_nothing_and_queues_add_up() -> None:
    waits = Waits()
    waits.update(NOW, [part(1, [50.0])])
    found = waits.update(NOW + timedelta(minutes=1), [part(1, [50.0]), part(2, [0.04] * 9)])
    assert found["classify"].waited[1] < 0.05
    living = [part(1, [0.4]), part(2, [0.4, 0.4]), part(3, [0.4], -timedelta(minutes=2))]
    assert sum(summed(living, "waited", NOW)["classify"].counts) == 3
