"""What the dashboard and the API are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.factories import NOW, make_alert, make_event, make_item
from tests.support.stores import record_alert
from worker.domain.alert import Alert
from worker.domain.delivery import DeliveryState, Outcome, Verdict
from worker.domain.event import Status
from worker.domain.feed import Feed, FeedState, Polled
from worker.domain.item import Arrival
from worker.store import (
    AlertFilter,
    ChannelFigures,
    DeliveryFilter,
    ItemFilter,
    ItemState,
    Store,
    Throughput,
    Waiting,
)
from worker.store.paging import encode_cursor

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)


def raise_alert(store: Store, number: int, **fields: object) -> Alert:
    """The `number`th alert of the story, raised `number` minutes after the first."""
    created = NOW + number * MINUTE
    title = fields.pop("title", f"Report {number}")
    alert = make_alert(title=title, sequence=number, created=created, **fields)
    record_alert(store, alert, now=created)
    return alert


def find(store: Store, **wanted: object) -> list[str]:
    page = store.reads.alerts(AlertFilter(**wanted), None, 100)  # type: ignore[arg-type]
    return [alert.item.title for alert in page.items]


def test_alerts_come_newest_first_in_pages(store: Store) -> None:
    made = [raise_alert(store, number) for number in range(1, 6)]
    seen: list[Alert] = []
    cursor: str | None = None
    sizes = []
    while True:
        page = store.reads.alerts(AlertFilter(), cursor, 2)
        seen += page.items
        sizes.append(len(page.items))
        cursor = page.next
        if cursor is None:
            break
    assert seen == made[::-1]
    assert sizes == [2, 2, 1]


def test_pages_lose_nothing_that_happened_at_one_moment(store: Store) -> None:
    ids = set(record_alert(store, make_alert(), channels=[f"c{n}" for n in range(7)]))
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        page = store.reads.deliveries(DeliveryFilter(), cursor, 3)
        seen += [line.delivery.id for line in page.items]
        cursor = page.next
    assert len(seen) == 7
    assert set(seen) == ids


def test_a_page_that_ends_with_the_list_has_no_next(store: Store) -> None:
    raise_alert(store, 1)
    raise_alert(store, 2)
    assert store.reads.alerts(AlertFilter(), None, 2).next is None


@pytest.mark.parametrize("cursor", ["x", "é", "a" * 999, "MTA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk6eA"])
def test_an_invented_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        store.reads.alerts(AlertFilter(), cursor, 2)


def test_a_cursor_beyond_the_end_shows_nothing(store: Store) -> None:
    raise_alert(store, 1)
    assert store.reads.alerts(AlertFilter(), encode_cursor(NOW, "nil \x00"), 2).items == ()


def test_alerts_are_filtered(store: Store) -> None:
    nissan = make_item(title="Nissan")
    raise_alert(store, 1, item=nissan, event=make_event(item=nissan, rule="ip-sharing"))
    honda = make_item(title="Honda")
    raise_alert(
        store,
        2,
        item=honda,
        event=make_event(item=honda, companies=("honda",), alliance=None, status=Status.COMPLETED),
    )
    assert find(store) == ["Honda", "Nissan"]
    assert find(store, rule="ip-sharing") == ["Nissan"]
    assert find(store, company="honda") == ["Honda"]
    assert find(store, company="mitsubishi") == ["Nissan"]
    assert find(store, company="mitsu") == []
    assert find(store, alliance="renault-nissan-mitsubishi") == ["Nissan"]
    assert find(store, status=Status.COMPLETED) == ["Honda"]
    assert find(store, since=NOW + 2 * MINUTE) == ["Honda"]
    assert find(store, until=NOW + 2 * MINUTE) == ["Nissan"]
    assert find(store, since=NOW + MINUTE, until=NOW + MINUTE) == []
    assert find(store, rule="ip-sharing", company="honda") == []


def test_search_knows_neither_case_nor_accents(store: Store) -> None:
    raise_alert(store, 1, title="Société à 100 % générale_Œuvre", headline="L’État cède sa part")
    raise_alert(store, 2, title="Straße 1000", headline="x")
    for words in ("societe", "GENERALE", "l’etat  cede", "100 %", "générale_œ", "part mitsubishi"):
        assert find(store, q=words) == ["Société à 100 % générale_Œuvre"], words
    assert find(store, q="STRASSE") == ["Straße 1000"]
    for words in ("100%0", "generale%", "a_generale", "part honda", "\x00", "\\"):
        assert find(store, q=words) == [], words


def test_the_stream_goes_forward(store: Store) -> None:
    made = [raise_alert(store, number) for number in range(1, 5)]
    assert store.reads.alerts_since(made[1].created, 2) == made[1:3]
    assert store.reads.alerts_since(NOW + 9 * MINUTE, 2) == []


def test_items_with_their_classification(store: Store) -> None:
    alert = raise_alert(store, 1)
    waiting = make_item(title="Waiting", feed_id="feed_other", seen=NOW + 5 * MINUTE)
    store.store_items([waiting], NOW)
    page = store.reads.items(ItemFilter(), None, 10)
    assert [detail.item for detail in page.items] == [waiting, alert.item]
    assert page.items[0].state is ItemState.WAITING
    assert page.items[0].events == ()
    assert page.items[1].events == ((alert.event_id, alert.event),)
    assert page.items[1].alert_ids == (alert.id,)

    def titles(**wanted: object) -> list[str]:
        filters = ItemFilter(**wanted)  # type: ignore[arg-type]
        return [detail.item.title for detail in store.reads.items(filters, None, 10).items]

    assert titles(state=ItemState.WAITING) == ["Waiting"]
    assert titles(feed_id="feed_other") == ["Waiting"]
    assert titles(since=NOW + MINUTE) == ["Waiting"]
    assert titles(until=NOW + MINUTE) == ["Report 1"]


def test_what_is_not_there(store: Store) -> None:
    reads = store.reads
    assert reads.alert("alert_none") is None
    assert reads.story("story_none") is None
    assert reads.item_with_events("item_none") is None
    assert reads.delivery("msg_none") is None
    assert reads.alert("nil\x00 and lone \ud800") is None


def test_deliveries_are_filtered(store: Store) -> None:
    first = make_alert(title="first")
    record_alert(store, first, channels=("desk", "mail"))
    second = make_alert(title="second", sequence=2)
    record_alert(store, second, channels=("desk",), now=NOW + MINUTE)
    [claimed] = store.claim_deliveries(NOW + MINUTE, lease=LEASE, limit=1)
    store.settle(
        claimed,
        Verdict(Outcome.DELIVERED),
        state=DeliveryState.DELIVERED,
        next_attempt_at=None,
        now=NOW,
    )

    def ids(**wanted: object) -> set[str]:
        filters = DeliveryFilter(**wanted)  # type: ignore[arg-type]
        page = store.reads.deliveries(filters, None, 10)
        found = [line.delivery.id for line in page.items]
        assert store.reads.delivery_ids(filters, 10) == found[::-1]
        return set(found)

    assert len(ids()) == 3
    assert ids(state=DeliveryState.DELIVERED) == {claimed.delivery.id}
    assert len(ids(channel="desk")) == 2
    assert len(ids(subscription_id="sub_mail")) == 1
    assert len(ids(alert_id=second.id)) == 1
    assert len(ids(since=NOW + MINUTE)) == 1
    assert len(ids(until=NOW + MINUTE)) == 2
    line = store.reads.deliveries(DeliveryFilter(alert_id=second.id), None, 1).items[0]
    assert (line.headline, line.story_id) == (second.headline, second.story_id)
    assert line.due_at == NOW + MINUTE


def test_the_outbox_in_figures(store: Store) -> None:
    record_alert(store, make_alert(), channels=("a", "b", "c", "d"))
    claimed = {c.delivery.channel: c for c in store.claim_deliveries(NOW, lease=LEASE, limit=4)}
    for channel, state, again in (
        ("b", DeliveryState.EXHAUSTED, None),
        ("c", DeliveryState.PENDING, NOW + 9 * MINUTE),
        ("d", DeliveryState.DELIVERED, None),
    ):
        verdict = Verdict(Outcome.RETRY)
        assert store.settle(claimed[channel], verdict, state=state, next_attempt_at=again, now=NOW)
    assert store.reads.outbox_figures(NOW) == [
        ChannelFigures("a", pending=0, sending=1, exhausted=0, due=0, oldest_due=None),
        ChannelFigures("b", pending=0, sending=0, exhausted=1, due=0, oldest_due=None),
        ChannelFigures("c", pending=1, sending=0, exhausted=0, due=0, oldest_due=None),
    ]
    a, _, c = store.reads.outbox_figures(NOW + 10 * MINUTE)
    assert (a.due, a.oldest_due) == (1, 10 * MINUTE - LEASE)
    assert (c.due, c.oldest_due) == (1, MINUTE)


def test_items_that_wait(store: Store) -> None:
    assert store.reads.items_waiting(NOW) == Waiting(0, None, 0)
    old, new = make_item(title="old"), make_item(title="new", seen=NOW + MINUTE)
    store.store_items([old, new], NOW)
    assert store.reads.items_waiting(NOW + 2 * MINUTE) == Waiting(2, 2 * MINUTE, 0)
    for _ in range(2):
        store.claim_items([old.id], NOW, lease=LEASE, owner="w", max_attempts=1)
    assert store.reads.items_waiting(NOW + 2 * MINUTE) == Waiting(1, MINUTE, 1)


def test_throughput_within_a_window(store: Store) -> None:
    record_alert(store, make_alert(), channels=("a", "b", "c"))
    outcomes = (
        (Outcome.DELIVERED, DeliveryState.DELIVERED),
        (Outcome.GONE, DeliveryState.EXHAUSTED),
        (Outcome.RETRY, DeliveryState.PENDING),
    )
    claims = store.claim_deliveries(NOW, lease=LEASE, limit=3)
    for claimed, (outcome, state) in zip(claims, outcomes, strict=True):
        store.settle(claimed, Verdict(outcome), state=state, next_attempt_at=NOW, now=NOW)
    assert store.reads.throughput(NOW, MINUTE) == Throughput(
        window=MINUTE,
        items_seen=1,
        items_classified=1,
        alerts=1,
        delivered=1,
        exhausted=1,
        attempts_failed=2,
    )
    assert store.reads.throughput(NOW + MINUTE, MINUTE) == Throughput(MINUTE, 0, 0, 0, 0, 0, 0)


def test_feeds_with_what_they_brought(store: Store) -> None:
    a, b = (Feed(f"feed_{name}", f"https://{name}.example/", name) for name in "ab")
    store.sync_feeds([a], NOW)
    store.add_feed(b, NOW)
    old, new = (
        make_item(title="old", feed_id=a.id, seen=NOW - timedelta(days=2)),
        make_item(title="new", feed_id=a.id, seen=NOW),
    )
    store.claim_due_feeds(NOW, limit=1, lease=LEASE, owner="p")
    state = FeedState(a.id, next_poll_at=NOW + MINUTE)
    store.store_polls("p", [Polled(a, state, (Arrival(old), Arrival(new)), NOW)])
    store.claim_due_feeds(NOW, limit=1, lease=LEASE, owner="p")
    first, second = store.reads.feed_overview(NOW)
    assert (first.feed, first.configured, first.being_polled) == (a, True, False)
    assert (first.items, first.items_last_day, first.last_item_seen) == (2, 1, NOW)
    assert (second.feed, second.configured, second.being_polled) == (b, False, True)
    assert (second.items, second.items_last_day, second.last_item_seen) == (0, 0, None)
    assert not store.reads.feed_overview(NOW + LEASE)[1].being_polled
