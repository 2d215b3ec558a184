"""Feeds: taken over from the configuration, leased to one poller at a time, polled in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.factories import NOW, make_item
from worker.domain.feed import Feed, FeedState, FeedStatus, Hints, Polled, Rhythm
from worker.domain.item import Arrival, Item
from worker.store import Store

MINUTE = timedelta(minutes=1)
A = Feed("feed_a", "https://a.example/rss", "A", timedelta(seconds=90), full_text=True)
B = Feed("feed_b", "https://b.example/rss", "B")


def states(store: Store) -> dict[str, FeedState]:
    return {feed.id: state for feed, state in store.feeds()}


def polled(feed: Feed, **known: object) -> FeedState:
    state = FeedState(
        feed.id,
        next_poll_at=NOW + 2 * MINUTE,
        next_poll_reason="interval",
        etag='"abc"',
        last_modified="Mon, 02 Mar 2026 09:00:00 GMT",
        body_hash="f00d",
        last_polled_at=NOW,
        last_success_at=NOW,
    )
    return replace(state, **known)  # type: ignore[arg-type]


def keep(
    store: Store,
    owner: str,
    feed: Feed,
    state: FeedState,
    *items: Item,
    now: datetime = NOW,
    **said: Any,
) -> list[str]:
    [new] = store.store_polls(owner, [Polled(feed, state, tuple(map(Arrival, items)), now, **said)])
    return new


def claim(store: Store, owner: str, *, now: object = NOW, limit: int = 10) -> list[str]:
    claimed = store.claim_due_feeds(now, limit=limit, lease=MINUTE, owner=owner)  # type: ignore[arg-type]
    return [feed.id for feed, _ in claimed]


def test_new_feeds_are_due_at_once(store: Store) -> None:
    store.sync_feeds([B, A], NOW)
    assert [feed for feed, _ in store.feeds()] == [A, B]
    assert store.next_poll_due(NOW, MINUTE) == NOW
    assert claim(store, "p1") == [A.id, B.id]


def test_the_first_poll_can_be_put_off(store: Store) -> None:
    store.add_feed(A, NOW, NOW + MINUTE)
    assert claim(store, "p1") == []
    assert claim(store, "p1", now=NOW + MINUTE) == [A.id]
    store.remove_feed(A.id)
    store.add_feed(A, NOW + MINUTE, NOW + 5 * MINUTE)
    assert states(store)[A.id].next_poll_at == NOW + 5 * MINUTE


@pytest.mark.parametrize(
    "rhythm",
    [
        None,
        Rhythm(),
        Rhythm(timedelta(microseconds=1), NOW, Hints(ttl=MINUTE)),
        Rhythm(
            timedelta(days=400, microseconds=7),
            NOW.replace(microsecond=3),
            Hints(MINUTE, 90 * MINUTE, NOW, frozenset({0, 23}), frozenset({6})),
        ),
    ],
)
def test_a_rhythm_comes_back_as_it_was(rhythm: Rhythm | None, store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    keep(store, "p1", A, polled(A, rhythm=rhythm))
    assert states(store)[A.id].rhythm == rhythm


def test_headers_are_not_stored(store: Store) -> None:
    store.sync_feeds([replace(A, headers={"Authorization": "Bearer hush"})], NOW)
    assert store.feed(A.id) == A
    assert store.feed("feed_none") is None


def test_state_survives_a_change_of_configuration(store: Store) -> None:
    store.sync_feeds([A, B], NOW)
    claim(store, "p1")
    keep(store, "p1", A, polled(A))
    renamed = replace(A, name="A renamed", interval=5 * MINUTE)
    store.sync_feeds([renamed], NOW + MINUTE)
    assert store.feed(A.id) == renamed
    assert states(store)[A.id] == polled(A)
    assert states(store)[B.id].status is FeedStatus.REMOVED


def test_a_removed_feed_is_not_polled_until_it_is_named_again(store: Store) -> None:
    store.sync_feeds([A, B], NOW)
    store.sync_feeds([A], NOW)
    assert claim(store, "p1") == [A.id]
    store.sync_feeds([A, B], NOW)
    assert claim(store, "p2") == [B.id]


def test_a_paused_feed_stays_paused_over_a_restart(store: Store) -> None:
    store.sync_feeds([A], NOW)
    assert store.set_feed_status(A.id, FeedStatus.PAUSED)
    assert not store.set_feed_status(A.id, FeedStatus.PAUSED)
    store.sync_feeds([A], NOW)
    assert claim(store, "p1") == []
    assert store.next_poll_due(NOW, MINUTE) is None
    assert store.set_feed_status(A.id, FeedStatus.ACTIVE)
    assert claim(store, "p1") == [A.id]


def test_added_feeds_do_not_depend_on_the_configuration(store: Store) -> None:
    store.add_feed(B, NOW)
    store.sync_feeds([A], NOW)
    assert states(store)[B.id].status is FeedStatus.ACTIVE
    assert store.remove_feed(B.id, NOW)
    assert not store.remove_feed(B.id, NOW)
    assert not store.remove_feed("feed_none", NOW)
    assert states(store)[B.id].status is FeedStatus.REMOVED
    store.add_feed(B, NOW)
    assert states(store)[B.id].status is FeedStatus.ACTIVE


def test_adding_a_feed_that_the_configuration_names_leaves_it_there(store: Store) -> None:
    store.sync_feeds([A], NOW)
    store.add_feed(A, NOW)
    store.sync_feeds([], NOW)
    assert states(store)[A.id].status is FeedStatus.REMOVED


def test_a_leased_feed_is_left_to_its_poller(store: Store) -> None:
    store.sync_feeds([A, B], NOW)
    assert claim(store, "p1", limit=1) == [A.id]
    assert claim(store, "p2") == [B.id]
    assert claim(store, "p1") == []
    assert store.next_poll_due(NOW, MINUTE) == NOW + MINUTE
    assert claim(store, "p3", now=NOW + MINUTE) == [A.id, B.id]


def test_those_that_waited_longest_come_first(store: Store) -> None:
    store.sync_feeds([A, B], NOW)
    claim(store, "p1")
    keep(store, "p1", A, polled(A, next_poll_at=NOW - MINUTE))
    keep(store, "p1", B, polled(B, next_poll_at=NOW - 2 * MINUTE))
    assert claim(store, "p1") == [B.id, A.id]


def test_a_poll_stores_items_once_and_ends_the_lease(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    first, second = (make_item(title=f"Item {n}", feed_id=A.id) for n in (1, 2))
    assert keep(store, "p1", A, polled(A), first, first) == [first.id]
    assert states(store)[A.id] == polled(A)
    assert claim(store, "p1", now=NOW + MINUTE) == []
    later = NOW + 2 * MINUTE
    assert claim(store, "p2", now=later) == [A.id]
    assert keep(store, "p2", A, polled(A), second, first, now=later) == [second.id]
    assert store.item(first.id) == first


def test_new_items_keep_the_order_of_the_poll(store: Store) -> None:
    items = [make_item(title=f"Item {n}") for n in range(1000)]
    assert keep(store, "p1", A, polled(A), *items) == [i.id for i in items]
    assert keep(store, "p1", A, polled(A), *items) == []


def test_a_poller_that_lost_its_lease_brings_items_but_no_state(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "slow")
    claim(store, "quick", now=NOW + MINUTE)
    item = make_item()
    assert keep(store, "slow", A, polled(A, etag="old"), item) == [item.id]
    assert states(store)[A.id].etag is None
    assert claim(store, "third", now=NOW + MINUTE) == []
    keep(store, "quick", A, polled(A, etag="new"), item, now=NOW + MINUTE)
    assert states(store)[A.id].etag == "new"


def test_a_poll_does_not_revive_what_was_removed_meanwhile(store: Store) -> None:
    store.sync_feeds([A, B], NOW)
    claim(store, "p1")
    store.remove_feed(A.id, NOW)
    store.set_feed_status(B.id, FeedStatus.PAUSED)
    keep(store, "p1", A, polled(A))
    keep(store, "p1", B, polled(B))
    assert states(store)[A.id] == polled(A, status=FeedStatus.REMOVED)
    assert states(store)[B.id] == polled(B, status=FeedStatus.PAUSED)


def test_a_feed_that_is_gone_rests(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    keep(store, "p1", A, polled(A, status=FeedStatus.GONE, last_error="410"))
    store.sync_feeds([A], NOW)
    assert claim(store, "p1", now=NOW + 10 * MINUTE) == []
    assert states(store)[A.id].status is FeedStatus.GONE


def test_validators_come_back_byte_for_byte(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    odd = polled(A, etag='W/"\udce9\x00\u20ac"', last_modified="\udcff")
    keep(store, "p1", A, odd)
    assert states(store)[A.id] == odd


def test_a_released_feed_stays_due(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    assert store.release_polls("somebody else", A.id) == 0
    assert claim(store, "p2") == []
    assert store.release_polls("p1", A.id) == 1
    assert claim(store, "p2") == [A.id]


def test_polling_on_request(store: Store) -> None:
    store.sync_feeds([A], NOW)
    claim(store, "p1")
    keep(store, "p1", A, polled(A))
    assert store.poll_soon(A.id, NOW)
    assert claim(store, "p1") == [A.id]
    assert not store.poll_soon("feed_none", NOW)
