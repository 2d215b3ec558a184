"""How the service has fared is kept for as long as its resolution says."""

from __future__ import annotations

from datetime import timedelta

from tests.support.factories import NOW
from worker.domain.history import STEPS, Mark, Point
from worker.store import Store

TEN, MINUTE = timedelta(seconds=10), timedelta(minutes=1)


def test_the_first_of_several_dashboards_writes_a_stretch(store: Store) -> None:
    store.add_point(TEN, Point(NOW, {"depth": 7.5}))
    store.add_point(TEN, Point(NOW, {"depth": 1.0}))
    store.add_point(MINUTE, Point(NOW, {"depth": 2.0}))
    store.add_point(TEN, Point(NOW + TEN, {}))
    assert store.points(TEN, NOW) == [Point(NOW, {"depth": 7.5}), Point(NOW + TEN, {})]
    assert store.points(TEN, NOW + TEN) == [Point(NOW + TEN, {})]
    assert store.points(MINUTE, NOW) == [Point(NOW, {"depth": 2.0})]


def test_what_is_too_old_for_its_step_goes(store: Store) -> None:
    for step in (TEN, MINUTE):
        store.add_point(step, Point(NOW, {}))
    later = NOW + STEPS[TEN] + TEN
    store.add_point(TEN, Point(later, {}))
    assert [point.at for point in store.points(TEN, NOW)] == [later]
    assert [point.at for point in store.points(MINUTE, NOW)] == [NOW]


def test_a_change_is_noted_once(store: Store) -> None:
    assert store.add_mark(Mark(NOW, "version", "1"))
    assert not store.add_mark(Mark(NOW + TEN, "version", "1"))
    assert store.add_mark(Mark(NOW + TEN, "rules", "1"))
    assert store.add_mark(Mark(NOW + MINUTE, "version", "2"))
    assert [(mark.kind, mark.value) for mark in store.marks(NOW)] == [
        ("version", "1"),
        ("rules", "1"),
        ("version", "2"),
    ]
    assert [mark.value for mark in store.marks(NOW + MINUTE)] == ["2"]
