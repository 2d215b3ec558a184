"""Classifying and judging over fakes: what is claimed, owed, set aside and survived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

import pytest

from tests.support.factories import FEED_URL, make_event, make_item
from tests.support.flow import FEED, FakeStore, clock
from worker import judging, pipeline
from worker.domain.event import Classification, Event, Status
from worker.domain.item import Item
from worker.pipeline import ITEM_LEASE, ITEMS_TOGETHER, Owed
from worker.store import StoreUnavailable
from worker.stories import judge


@dataclass
class FakeClassifier:
    """Finds `events` in every item, and stumbles over titles in `crash_on`."""

    events: tuple[Event, ...] = ()
    language: Any = "en"
    crash_on: str = "\0"
    asked: list[tuple[str, str, str | None, datetime | None]] = field(default_factory=list)

    def classify(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        self.asked.append((title, text, language, published))
        if title == self.crash_on:
            raise ZeroDivisionError("a fault of ours")
        return Classification(self.language, self.events)


def classify(
    store: FakeStore, classifier: FakeClassifier, *item_ids: str, clock: Any = clock
) -> list[Owed]:
    return pipeline.classify(
        item_ids, classifier=classifier, store=store.real, owner="me", clock=clock
    )


def stored(*titles: str) -> tuple[FakeStore, list[str]]:
    items = [make_item(title=title) for title in titles]
    return FakeStore(items={item.id: item for item in items}), [item.id for item in items]


def test_an_item_with_an_event_becomes_an_alert_that_is_owed() -> None:
    store, [item_id] = stored("A deal")
    classifier = FakeClassifier((make_event(),))
    owed = classify(store, classifier, item_id)
    [alert], [delivery] = store.alerts, store.deliveries
    assert owed == [Owed("desk", delivery.id)]
    assert delivery.alert_id == alert.id
    assert (alert.item.id, alert.feed_url) == (item_id, FEED_URL)
    assert store.classified == {item_id: "en"}
    item = store.items[item_id]
    assert classifier.asked == [(item.title, item.text, item.language, item.published)]


def test_items_are_claimed_a_few_at_a_time() -> None:
    store, item_ids = stored(*map(str, range(ITEMS_TOGETHER + 2)))
    classify(store, FakeClassifier(), *item_ids)
    groups = tuple(item_ids[:ITEMS_TOGETHER]), tuple(item_ids[ITEMS_TOGETHER:])
    assert store.claims == [(group, ITEM_LEASE, "me") for group in groups]
    assert list(store.classified) == item_ids


def test_what_was_tried_before_is_claimed_alone() -> None:
    """One of them may have killed its process, and will again."""
    store, item_ids = stored("A", "B", "C")
    store.tried = set(item_ids[:2])
    classify(store, FakeClassifier(), *item_ids)
    assert [ids for ids, _, _ in store.claims] == [tuple(item_ids), *((i,) for i in item_ids[:2])]
    assert sorted(store.classified) == sorted(item_ids)


def test_classifying_twice_owes_once() -> None:
    store, [item_id] = stored("A deal")
    classifier = FakeClassifier((make_event(),))
    assert len(classify(store, classifier, item_id)) == 1
    assert classify(store, classifier, item_id) == []
    assert len(store.alerts) == 1


def test_one_that_was_classified_meanwhile_is_left_alone() -> None:
    """Its lease ran out under us and another has done it."""
    store, [item_id] = stored("A deal")

    class Late(FakeClassifier):
        def classify(self, *args: Any, **kwargs: Any) -> Classification:
            store.classified[item_id] = "fr"
            return super().classify(*args, **kwargs)

    assert classify(store, Late((make_event(),)), item_id) == []
    assert store.alerts == []
    assert store.classified == {item_id: "fr"}


def test_an_item_that_says_nothing_is_done_without_asking_for_subscriptions() -> None:
    store, [item_id] = stored("Nothing")
    store.wanted = cast(Any, None)
    assert classify(store, FakeClassifier(language=None), item_id) == []
    assert store.classified == {item_id: None}


def test_a_story_goes_on_over_items() -> None:
    store, item_ids = stored("A deal", "The same deal")
    classify(store, FakeClassifier((make_event(),)), item_ids[0])
    classify(store, FakeClassifier((make_event(status=Status.AGREED),)), item_ids[1])
    assert [alert.sequence for alert in store.alerts] == [1, 2]
    assert store.alerts[1].previous_status == store.alerts[0].event.status


def test_the_same_news_again_raises_nothing() -> None:
    store, item_ids = stored("A deal", "The same deal")
    classify(store, FakeClassifier((make_event(),)), *item_ids)
    assert len(store.alerts) == len(store.deliveries) == 1
    assert [report.alert_id for report in store.reports] == [store.alerts[0].id] * 2


def test_units_stand_for_their_owners() -> None:
    store, item_ids = stored("A deal", "The same deal")
    owners, sides = {"ampere": "renault"}, (("nissan", "renault"), ("nissan", "ampere"))
    for item_id, companies in zip(item_ids, sides, strict=True):
        event = make_event(companies=companies, parties=companies, roles={})
        pipeline.classify(
            [item_id],
            classifier=FakeClassifier((event,)),
            store=store.real,
            owner="me",
            clock=clock,
            owners=owners,
        )
    assert len(store.stories) == len(store.alerts) == 1


def test_secrets_in_a_feeds_address_do_not_reach_alerts() -> None:
    store, [item_id] = stored("A deal")
    store.feeds[FEED.id] = replace(FEED, url="https://me:pass-word@wire.example/rss?token=zzz")
    classify(store, FakeClassifier((make_event(),)), item_id)
    assert "pass-word" not in store.alerts[0].feed_url
    assert "wire.example" in store.alerts[0].feed_url


def test_a_feed_that_is_gone_leaves_the_address_empty() -> None:
    store, [item_id] = stored("A deal")
    store.feeds = {}
    classify(store, FakeClassifier((make_event(),)), item_id)
    assert store.alerts[0].feed_url == ""


def test_a_fault_in_one_text_holds_up_no_other() -> None:
    store, item_ids = stored("A", "bad", "C")
    classify(store, FakeClassifier(crash_on="bad"), *item_ids)
    assert store.failed == {item_ids[1]: "ZeroDivisionError in classification"}
    assert list(store.classified) == [item_ids[0], item_ids[2]]


def test_a_fault_in_judging_sets_the_item_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    store, item_ids = stored("A", "B")

    def stumble(item: Item, *args: Any, **kwargs: Any) -> Any:
        if item.id == item_ids[0]:
            raise KeyError("secret text of an item")
        return judge(item, *args, **kwargs)

    monkeypatch.setattr(judging, "judge", stumble)
    owed = classify(store, FakeClassifier((make_event(),)), *item_ids)
    assert store.failed == {item_ids[0]: "KeyError in classification"}
    assert len(owed) == 1


@pytest.mark.parametrize("method", ["claim_items", "judging", "record_without_events"])
def test_a_database_that_is_away_sets_nothing_aside(method: str) -> None:
    store, [item_id] = stored("A deal")
    store.faults[method] = StoreUnavailable("away")
    events = () if method == "record_without_events" else (make_event(),)
    with pytest.raises(StoreUnavailable):
        classify(store, FakeClassifier(events), item_id)
    assert store.failed == {}
    assert store.classified == {}


def test_what_nobody_knows_is_passed_over() -> None:
    assert classify(FakeStore(), FakeClassifier(), "item_unknown") == []
