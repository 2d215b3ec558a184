"""What a sweep finds to be owed."""

from __future__ import annotations

from datetime import timedelta

from tests.support.factories import NOW
from tests.support.flow import FakeStore
from worker import pipeline
from worker.pipeline import Overdue, Owed


def test_the_sweep_names_what_is_owed() -> None:
    store = FakeStore(overdue=(["i1", "i2"], [("m1", "desk"), ("m2", "mail")]))
    found = pipeline.sweep(
        store.real,
        now=NOW,
        items_after=timedelta(seconds=8),
        deliveries_after=timedelta(seconds=90),
        limit=7,
    )
    assert found == Overdue(["i1", "i2"], [Owed("desk", "m1"), Owed("mail", "m2")])
    assert store.asked == [
        (NOW, NOW - timedelta(seconds=8), 7),
        (NOW, NOW - timedelta(seconds=90), 7),
    ]


def test_a_sweep_that_finds_nothing() -> None:
    nothing = timedelta()
    found = pipeline.sweep(FakeStore().real, now=NOW, items_after=nothing, deliveries_after=nothing)
    assert found == Overdue([], [])
