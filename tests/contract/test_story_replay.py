"""Three months of a story in two languages: exactly its news, once and in order.

Whatever the order in which the items of an hour come in, and whoever works on them.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import replay
from tests.support.replay import Replay
from worker.domain.alert import Alert, Change, Subscription
from worker.store import AlertFilter, Store
from worker.stories.money import sums

DESK = Subscription(id="sub_desk", channel="desk")


def _told(change: Change) -> list[Any]:
    before, after = change.before, change.after
    if change.field == "amount":
        return [change.field, before and sums(before), after and sums(after)]
    return [
        change.field,
        *(list(value) if isinstance(value, tuple) else value for value in (before, after)),
    ]


def _wanted(change: list[Any]) -> list[Any]:
    name, before, after = change
    if name == "amount":
        return [name, before and sums(before), after and sums(after)]
    return change


def _check(raised: list[Alert]) -> None:
    expected = replay.expected()
    assert [alert.sequence for alert in raised] == list(range(1, len(expected) + 1))
    assert len({alert.story_id for alert in raised}) == 1
    for alert, wanted in zip(raised, expected, strict=True):
        assert alert.item.id in wanted["of"]
        assert alert.event.status == wanted["status"]
        assert list(map(_told, alert.changes)) == list(map(_wanted, wanted["changes"]))
        assert ("alert.created" if alert.sequence == 1 else "alert.updated") == wanted["type"]


def test_the_script_is_as_long_as_it_says() -> None:
    items = replay.items()
    assert len(items) >= 40
    assert len({item.feed_id for item in items}) >= 6
    assert {item.language for item in items} == {"en", "fr"}
    assert (items[-1].seen - items[0].seen).days >= 85


@pytest.mark.parametrize("seed", range(4))
def test_exactly_the_news(sqlite_store: Store, seed: int) -> None:
    _replay(sqlite_store, seed, workers=1 + seed % 3)


@pytest.mark.parametrize("seed", [11, 12])
def test_exactly_the_news_on_postgresql(postgres_store: Store, seed: int) -> None:
    _replay(postgres_store, seed, workers=4)


def _replay(store: Store, seed: int, workers: int) -> None:
    run = Replay(store, [DESK], workers)
    run.bring(replay.shuffled(seed))
    raised = list(reversed(store.reads.alerts(AlertFilter(), None, 200).items))
    _check(raised)
    _check([alert for _, alert in run.sent])
    detail = store.reads.story(raised[0].story_id)
    assert detail is not None
    told = {mention.item_id for alert in detail.alerts for mention in alert.also_reported_by}
    with_events = {
        item.id
        for item in replay.items()
        if replay.classifier().classify(item.title, item.text).events
    }
    assert told | {alert.item.id for alert in raised} == with_events
    assert told.isdisjoint(alert.item.id for alert in raised)
    known = {name: value.value for name, value in detail.story.ledger.items()}
    assert sums(known.pop("amount")) == {"jpy": 110e9}
    assert known == {
        "status": "denied",
        "from_pct": 34.0,
        "to_pct": 15.0,
        "expected_date": "2031-03-06",
        "parties": {"nissan": "Nissan", "mitsubishi-motors": "Mitsubishi Motors"},
    }
