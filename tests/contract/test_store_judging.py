"""Judging: an item's events, stories, alerts and deliveries are written together, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.factories import NOW, make_alert, make_event, make_item, make_update
from tests.support.stores import keys_of, record_alert, story_of
from worker.domain.alert import Alert, Change, Severity
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.event import Status
from worker.store import AlertFilter, ItemState, Store, StoreFault

LATER = NOW + timedelta(minutes=1)


def alerts(store: Store) -> list[Alert]:
    return list(store.reads.alerts(AlertFilter(), None, 100).items)


def test_everything_is_there_afterwards_as_it_was(store: Store) -> None:
    alert = make_alert(
        severity=Severity.URGENT,
        previous_status=Status.RUMOURED,
        changes=(
            Change("status", "rumoured", "negotiating"),
            Change("to_pct", None, 24.0),
            Change("parties", ("Nissan",), ("Nissan", "Mitsubishi Motors")),
        ),
    )
    [delivery_id] = record_alert(store, alert)
    detail = store.reads.alert(alert.id)
    assert detail is not None
    assert detail.alert == alert
    assert detail.deliveries == (
        Delivery(
            delivery_id,
            alert.id,
            "sub_desk",
            "desk",
            DeliveryState.PENDING,
            next_attempt_at=NOW,
            created=NOW,
        ),
    )
    told = store.reads.story(alert.story_id)
    assert told is not None
    assert (told.story, told.alerts) == (story_of(alert), (alert,))
    item = store.reads.item_with_events(alert.item.id)
    assert item is not None
    assert item.state is ItemState.CLASSIFIED
    assert item.language == alert.language
    assert item.classified_at == NOW
    assert item.events == ((alert.event_id, alert.event),)
    assert item.alert_ids == (alert.id,)


def test_an_item_without_events_is_done_too(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    with store.judging(item.id, [], NOW) as judging:
        assert not judging.done
        judging.record(None, [], [], [], [])
    with store.judging(item.id, [], NOW) as judging:
        assert judging.done
    assert store.claim_items([item.id], NOW, lease=timedelta(1), owner="w") == []
    assert store.overdue_items(LATER, queued_before=LATER, limit=9) == []


def test_an_unknown_item_is_nothing_to_judge(store: Store) -> None:
    with store.judging("item_none", [], NOW) as judging:
        assert judging.done


def test_judging_twice_records_once(store: Store) -> None:
    alert = make_alert()
    record_alert(store, alert)
    record_alert(store, replace(alert, headline="another"), channels=("desk", "mail"), now=LATER)
    assert alerts(store) == [alert]
    assert len(store.claim_deliveries(LATER, lease=timedelta(1), limit=9)) == 1


def test_a_story_moves_on(store: Store) -> None:
    first, second = make_alert(), make_update(created=LATER)
    record_alert(store, first)
    store.store_items([second.item], LATER)
    with store.judging(second.item.id, [*keys_of(second), ("none", "none")], LATER) as judging:
        assert judging.stories == {first.story_id: story_of(first)}
        judging.record(
            "en",
            [(second.event_id, second.event)],
            [replace(story_of(second), started=LATER)],
            [second],
            [],
        )
    told = store.reads.story(first.story_id)
    assert told is not None
    assert told.story == replace(story_of(second), started=story_of(first).started)
    assert told.alerts == (first, second)
    assert told.updated == LATER


def test_an_exception_takes_everything_back(store: Store) -> None:
    alert = make_alert()
    store.store_items([alert.item], NOW)

    def fail_half_way() -> None:
        with store.judging(alert.item.id, keys_of(alert), NOW) as judging:
            judging.record("en", [(alert.event_id, alert.event)], [story_of(alert)], [alert], [])
            raise KeyError("half way")

    with pytest.raises(KeyError):
        fail_half_way()
    assert alerts(store) == []
    assert store.reads.story(alert.story_id) is None
    with store.judging(alert.item.id, [], NOW) as judging:
        assert not judging.done


def test_a_story_that_was_not_locked_cannot_be_written(store: Store) -> None:
    alert = make_alert()
    store.store_items([alert.item], NOW)
    with store.judging(alert.item.id, [], NOW) as judging:
        with pytest.raises(ValueError, match="not locked"):
            judging.record("en", [(alert.event_id, alert.event)], [story_of(alert)], [alert], [])
        judging.record("en", [(alert.event_id, alert.event)], [], [], [])
    assert alerts(store) == []


def test_two_alerts_cannot_have_one_place_in_a_story(store: Store) -> None:
    record_alert(store, make_alert())
    with pytest.raises(StoreFault):
        record_alert(store, make_update(sequence=1))
    assert len(alerts(store)) == 1


def test_the_main_event_stays_first(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    events = [(f"evt_{n}", make_event(item=item, pct=float(n))) for n in (3, 1, 2)]
    with store.judging(item.id, [], NOW) as judging:
        judging.record("en", events, [], [], [])
    detail = store.reads.item_with_events(item.id)
    assert detail is not None
    assert list(detail.events) == events


def test_unstorable_text_in_an_alert_is_replaced_everywhere_alike(store: Store) -> None:
    alert = make_alert(title="NUL \x00 here", text="Lone \ud800 surrogate and \x00 nil")
    record_alert(store, alert)
    [stored] = alerts(store)
    assert stored.item.text == "Lone \ufffd surrogate and \ufffd nil"
    for passage in stored.event.evidence:
        text = getattr(stored.item, passage.field)
        assert text[passage.start : passage.end] == passage.text


def test_items_of_one_new_story_are_judged_one_after_the_other(store: Store) -> None:
    # Neither finds the story there, yet the two alerts must be its first and its second.
    made = [make_alert(title=f"Report {n}") for n in range(8)]
    store.store_items([alert.item for alert in made], NOW)

    def judge(alert: Alert) -> int:
        with store.judging(alert.item.id, keys_of(alert), NOW) as judging:
            known = judging.stories.get(alert.story_id)
            sequence = known.sequence + 1 if known else 1
            numbered = replace(alert, sequence=sequence)
            judging.record(
                "en",
                [(alert.event_id, alert.event)],
                [story_of(numbered)],
                [numbered],
                [],
            )
        return sequence

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(judge, made)) == list(range(1, 9))
    assert sorted(alert.sequence for alert in alerts(store)) == list(range(1, 9))


def test_one_item_judged_by_several_workers_at_once_is_recorded_once(store: Store) -> None:
    alert = make_alert()
    store.store_items([alert.item], NOW)

    def judge(worker: int) -> bool:
        with store.judging(alert.item.id, keys_of(alert), NOW) as judging:
            if judging.done:
                return False
            judging.record("en", [(alert.event_id, alert.event)], [story_of(alert)], [alert], [])
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(judge, range(6))) == 1


def test_stories_locked_in_any_order_do_not_deadlock(store: Store) -> None:
    items = [make_item(title=f"Item {n}") for n in range(12)]
    store.store_items(items, NOW)
    names = [("equity-change", f"company_{n}") for n in range(6)]

    def judge(number: int) -> None:
        wanted = names if number % 2 else names[::-1]
        with store.judging(items[number].id, wanted, NOW) as judging:
            judging.record("en", [], [], [], [])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(judge, range(12)))
    assert store.reads.items_waiting(NOW).count == 0


def test_a_delivery_that_is_settled_from_the_start_is_never_sent(store: Store) -> None:
    alert = make_alert()
    store.store_items([alert.item], NOW)
    superseded = Delivery("msg_1", alert.id, "sub_desk", "desk", DeliveryState.SUPERSEDED)
    with store.judging(alert.item.id, keys_of(alert), NOW) as judging:
        events = [(alert.event_id, alert.event)]
        judging.record("en", events, [story_of(alert)], [alert], [superseded])
    assert store.claim_deliveries(LATER, lease=timedelta(1), limit=9) == []
    detail = store.reads.delivery("msg_1")
    assert detail is not None
    assert detail.delivery == replace(superseded, created=NOW, settled=NOW)
