"""Items: stored once, claimed by one worker, given up after a few tries, never forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.support.factories import NOW, make_item
from worker.store import ItemFilter, ItemState, Store, StoreFault

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)


def claim(store: Store, *item_ids: str, owner: str = "w1", now: datetime = NOW) -> list[str]:
    items = store.claim_items(item_ids, now, lease=LEASE, owner=owner)
    return [item.id for item in items]


def overdue(store: Store, *, now: datetime, before: datetime, limit: int = 100) -> list[str]:
    return store.overdue_items(now, queued_before=before, limit=limit)


def failed(store: Store) -> list[str]:
    page = store.reads.items(ItemFilter(state=ItemState.FAILED), None, 10)
    return [detail.item.id for detail in page.items]


def test_an_item_comes_back_as_it_was(store: Store) -> None:
    item = replace(
        make_item(),
        published=datetime(2026, 3, 2, 9, 29, 59, 123456, tzinfo=UTC),
        published_raw=datetime(2031, 1, 1, tzinfo=UTC),
        content_hash="abc",
        text="Zwölf Boxkämpfer \U0001f697 jagen\r\n\tViktor\x01",
    )
    assert store.store_items([item], NOW) == [item.id]
    assert store.item(item.id) == item
    assert store.item("item_none") is None


def test_an_item_with_nothing_optional(store: Store) -> None:
    item = replace(make_item(), url=None, published=None, published_raw=None, language=None)
    store.store_items([item], NOW)
    assert store.item(item.id) == item


def test_unstorable_characters_are_replaced_one_for_one(store: Store) -> None:
    item = make_item(title="A\x00B", text="\ud83d lone, \x00 nil, \udfff tail")
    store.store_items([item], NOW)
    stored = store.item(item.id)
    assert stored is not None
    assert stored.title == "A\ufffdB"
    assert stored.text == "\ufffd lone, \ufffd nil, \ufffd tail"


def test_times_are_kept_in_utc(store: Store) -> None:
    paris = timezone(timedelta(hours=1))
    item = make_item(seen=datetime(2026, 3, 2, 10, 30, tzinfo=paris))
    store.store_items([item], NOW)
    stored = store.item(item.id)
    assert stored is not None
    assert stored.seen == NOW
    assert stored.seen.utcoffset() == timedelta(0)


def test_the_ends_of_time_can_be_stored(store: Store) -> None:
    behind = timezone(timedelta(hours=-12))
    item = make_item(
        published=datetime.min.replace(tzinfo=UTC),
        published_raw=datetime.max.replace(tzinfo=behind),
    )
    store.store_items([item], NOW)
    stored = store.item(item.id)
    assert stored is not None
    assert stored.published == datetime.min.replace(tzinfo=UTC)
    assert stored.published_raw == datetime.max.replace(tzinfo=UTC)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(StoreFault, match="time zone"):
        store.store_items([make_item(seen=datetime(2026, 3, 2))], NOW)
    assert store.item(make_item().id) is None


def test_a_second_sight_changes_nothing(store: Store) -> None:
    item = make_item()
    assert store.store_items([item], NOW) == [item.id]
    assert store.store_items([replace(item, text="reworded")], NOW) == []
    assert store.item(item.id) == item


def test_an_item_is_held_by_one_worker(store: Store) -> None:
    first, second = (make_item(title=title) for title in ("one", "two"))
    store.store_items([first, second], NOW)
    assert claim(store, first.id) == [first.id]
    assert claim(store, second.id, first.id, "item_none", owner="w2") == [second.id]
    assert claim(store, first.id, owner="w2", now=NOW + LEASE) == [first.id]


def test_claims_keep_the_order_asked_for(store: Store) -> None:
    items = [make_item(title=f"Item {n}") for n in range(1200)]
    store.store_items(items, NOW)
    wanted = [item.id for item in reversed(items)]
    assert claim(store, *wanted, *wanted) == wanted


def test_an_item_that_kills_its_workers_is_set_aside(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    for attempt in range(5):
        now = NOW + attempt * MINUTE
        assert claim(store, item.id, now=now) == [item.id]
    assert claim(store, item.id, now=NOW + 5 * MINUTE) == []
    assert failed(store) == [item.id]
    assert overdue(store, now=NOW + 9 * MINUTE, before=NOW + 9 * MINUTE) == []
    detail = store.reads.item_with_events(item.id)
    assert detail is not None
    assert detail.error is not None
    assert "5 attempts" in detail.error
    assert store.retry_failed_items([item.id, "item_none"], NOW) == [item.id]
    assert store.retry_failed_items([item.id], NOW) == []
    assert claim(store, item.id, now=NOW + 6 * MINUTE) == [item.id]


def test_a_failed_attempt_is_noted_and_tried_again(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    for _ in range(5):
        assert claim(store, item.id) == [item.id]
        store.fail_item(item.id, "ValueError in classification", NOW)
    assert claim(store, item.id) == []
    detail = store.reads.item_with_events(item.id)
    assert detail is not None
    assert (detail.state, detail.error) == (ItemState.FAILED, "ValueError in classification")


def test_a_released_item_loses_no_attempt(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    for _ in range(9):
        assert claim(store, item.id) == [item.id]
        store.release_items([item.id], "w1", NOW)
    assert claim(store, item.id) == [item.id]
    store.release_items([item.id], "another", NOW)
    assert claim(store, item.id, owner="w2") == []


def test_what_was_queued_long_ago_is_overdue_once(store: Store) -> None:
    old, new = make_item(title="old"), make_item(title="new")
    store.store_items([old], NOW)
    store.store_items([new], NOW + MINUTE)
    now = NOW + 2 * MINUTE
    assert overdue(store, now=now, before=NOW) == []
    assert overdue(store, now=now, before=NOW + MINUTE) == [old.id]
    assert overdue(store, now=now, before=NOW + MINUTE) == []
    assert overdue(store, now=now, before=now + MINUTE, limit=1) == [new.id]


def test_what_is_held_is_not_overdue(store: Store) -> None:
    item = make_item()
    store.store_items([item], NOW)
    claim(store, item.id, now=NOW + MINUTE)
    before = NOW + MINUTE
    assert overdue(store, now=NOW + MINUTE, before=before) == []
    assert overdue(store, now=NOW + MINUTE + LEASE, before=before) == [item.id]


def test_untried_items_are_those_without_an_attempt(store: Store) -> None:
    tried, fresh = make_item(title="Tried"), make_item(title="Fresh")
    store.store_items([tried, fresh], NOW)
    assert claim(store, tried.id) == [tried.id]
    later = NOW + 2 * LEASE
    ids = [tried.id, fresh.id]
    claimed = store.claim_items(ids, later, lease=LEASE, owner="w2", untried=True)
    assert [item.id for item in claimed] == [fresh.id]
    assert claim(store, tried.id, owner="w2", now=later) == [tried.id]


def test_items_without_events_are_done_together(store: Store) -> None:
    items = [make_item(title=title) for title in ("A", "B", "C")]
    store.store_items(items, NOW)
    claim(store, *(item.id for item in items))
    [a, b, c] = [item.id for item in items]
    store.record_without_events([(a, "fr"), (b, None), ("item_none", "en")], NOW + MINUTE)
    store.record_without_events([], NOW)
    store.record_without_events([(a, "en")], NOW + 2 * MINUTE)  # done already: stays as it is
    details = {d.item.id: d for d in store.reads.items(ItemFilter(), None, 10).items}
    assert [details[key].state for key in (a, b, c)] == [
        ItemState.CLASSIFIED, ItemState.CLASSIFIED, ItemState.WAITING,
    ]  # fmt: skip
    assert (details[a].language, details[a].classified_at) == ("fr", NOW + MINUTE)
    assert details[b].language is None
    later = NOW + 2 * LEASE + MINUTE
    assert claim(store, a, b, c, owner="w2", now=later) == [c]
    with store.judging(a, [], later) as judging:
        assert judging.done
