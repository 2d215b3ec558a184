"""Whose turn it is at a host, whatever the number of pollers."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.factories import NOW, make_item
from worker.domain.feed import Feed, FeedState, FeedStatus, Move, Polled, Rest, Turn
from worker.domain.item import Arrival
from worker.store import Store

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def feed(name: str, host: str) -> Feed:
    return Feed(f"feed_{name}", f"https://{host}/{name}", name)


A1, A2, A3 = (feed(f"a{n}", "a.example") for n in (1, 2, 3))
B = feed("b", "b.example")


def claim(store: Store, owner: str, now: datetime = NOW, limit: int = 10) -> list[Feed]:
    claimed = store.claim_due_feeds(now, limit=limit, lease=MINUTE, owner=owner)
    return [feed for feed, _ in claimed]


def state(feed: Feed, due: datetime | None, **known: object) -> FeedState:
    return replace(FeedState(feed.id, next_poll_at=due), **known)  # type: ignore[arg-type]


def stored(store: Store, feed: Feed) -> FeedState:
    return next(state for known, state in store.feeds() if known.id == feed.id)


def test_a_host_is_asked_one_thing_at_a_time(store: Store) -> None:
    store.sync_feeds([A1, A2, B], NOW)
    assert claim(store, "p1") == [A1, B]
    assert claim(store, "p2") == []
    store.store_polls("p1", [Polled(A1, state(A1, NOW + MINUTE), (), NOW)])
    assert claim(store, "p2") == [A2]


def test_after_a_request_a_host_is_left_alone_for_a_moment(store: Store) -> None:
    store.sync_feeds([A1, A2], NOW)
    assert claim(store, "p1") == [A1]
    store.store_polls("p1", [Polled(A1, state(A1, NOW), (), NOW, gap=SECOND)])
    assert claim(store, "p2", NOW + SECOND / 2) == []
    assert store.next_poll_due(NOW, MINUTE) == NOW + SECOND
    assert claim(store, "p2", NOW + SECOND) == [A1]


def test_a_rest_holds_for_every_feed_of_the_host_and_is_shown(store: Store) -> None:
    store.sync_feeds([A1, A2, A3, B], NOW)
    assert claim(store, "p1", limit=1) == [A1]
    store.set_feed_status(A3.id, FeedStatus.PAUSED)
    until = NOW + 10 * MINUTE
    rest = Rest("a.example", until, "its host asked for 10m (Retry-After)")
    polled = Polled(A1, state(A1, NOW + MINUTE, next_poll_reason="x"), (), NOW, rests=(rest,))
    store.store_polls("p1", [polled])
    assert claim(store, "p2") == [B]
    store.set_feed_status(B.id, FeedStatus.PAUSED)
    for each in (A1, A2):
        held = stored(store, each)
        assert (held.next_poll_at, held.next_poll_reason) == (until, rest.reason)
    assert stored(store, A3).next_poll_reason == "new"
    # Asking for a poll does not make the host any readier.
    assert store.poll_soon(A2.id, NOW)
    assert claim(store, "p2", until - SECOND) == []
    assert claim(store, "p2", until) == [A2]


def test_a_longer_rest_is_not_shortened(store: Store) -> None:
    store.sync_feeds([A1, A2], NOW)
    for minutes in (10, 5):
        claim(store, "p1")
        rest = Rest("a.example", NOW + minutes * MINUTE, "asked")
        store.store_polls("p1", [Polled(A1, state(A1, NOW), (), NOW, rests=(rest,))])
    assert claim(store, "p1", NOW + 9 * MINUTE) == []


def test_leases_are_renewed_feed_by_feed_and_run_out_otherwise(store: Store) -> None:
    store.sync_feeds([A1, B], NOW)
    assert claim(store, "p1") == [A1, B]
    assert store.renew_polls("p2", [A1.id], NOW + 5 * MINUTE) == 0
    assert store.renew_polls("p1", [A1.id], NOW + 5 * MINUTE) == 1
    assert claim(store, "p2", NOW + MINUTE) == [B]
    assert claim(store, "p3", NOW + 5 * MINUTE) == [A1, B]


def test_a_process_that_starts_anew_gives_back_what_its_name_held(store: Store) -> None:
    store.sync_feeds([A1, B], NOW)
    assert claim(store, "p1") == [A1, B]
    assert store.release_polls("p2") == 0
    assert store.release_polls("p1") == 2
    assert claim(store, "p1") == [A1, B]


def test_several_polls_are_stored_at_once_each_with_its_own(store: Store) -> None:
    store.sync_feeds([A1, B], NOW)
    claim(store, "p1")
    one, two = make_item(title="One", feed_id=A1.id), make_item(title="Two", feed_id=B.id)
    polls = [
        Polled(A1, state(A1, NOW + MINUTE, etag='"a"'), (Arrival(one),), NOW),
        Polled(B, state(B, NOW + 2 * MINUTE, etag='"b"'), (Arrival(two),), NOW),
    ]
    assert store.store_polls("p1", polls) == [[one.id], [two.id]]
    assert (stored(store, A1).etag, stored(store, B).etag) == ('"a"', '"b"')
    assert stored(store, B).next_poll_at == NOW + 2 * MINUTE


def test_what_a_poll_changed_for_good_is_in_the_audit_log(store: Store) -> None:
    store.sync_feeds([A1], NOW)
    claim(store, "p1")
    gone = Polled(
        A1,
        state(A1, None, status=FeedStatus.GONE),
        (),
        NOW,
        turns=(Turn("retire_feed", "ops.feed_gone", "Feed a1 is gone"),),
    )
    store.store_polls("another", [gone], ["desk"])
    assert store.audit_log(10) == []
    store.store_polls("p1", [gone], ["desk", "mail"])
    claims = store.claim_deliveries(NOW, lease=MINUTE, limit=10)
    assert sorted(claimed.delivery.channel for claimed in claims) == ["desk", "mail"]
    for claimed in claims:
        assert claimed.announcement is not None
        assert claimed.announcement.kind == "ops.feed_gone"
        assert claimed.announcement.data["url"] == "https://a.example/a1"
    [entry] = store.audit_log(10)
    assert (entry.actor, entry.action, entry.target) == ("poller", "retire_feed", A1.id)


def test_a_move_counts_for_the_host_and_can_be_taken_back(store: Store) -> None:
    store.sync_feeds([A1, B], NOW)
    claim(store, "p1")
    move = Move(address="https://b.example/new")
    store.store_polls("p1", [Polled(A1, state(A1, NOW, move=move, etag='"x"'), (), NOW)])
    assert claim(store, "p2") == []  # B is being asked
    store.sync_feeds([A1, B], NOW)
    assert stored(store, A1).move == move
    assert store.take_back_move(A1.id) == "https://b.example/new"
    assert store.take_back_move(A1.id) is None
    assert store.take_back_move("feed_none") is None
    back = stored(store, A1)
    assert (back.move, back.etag) == (Move(refused="https://b.example/new"), None)
    assert claim(store, "p2") == [A1]


def test_planned_polls_are_those_to_come(store: Store) -> None:
    store.add_feeds([(A1, NOW + MINUTE), (A2, NOW + 2 * MINUTE), (B, NOW)], NOW)
    store.set_feed_status(A2.id, FeedStatus.PAUSED)
    assert store.planned_polls(NOW) == [NOW + MINUTE]
    assert store.next_poll_due(NOW + SECOND, 2 * MINUTE) == NOW + SECOND


def test_adding_tells_which_were_not_watched(store: Store) -> None:
    assert store.add_feeds([(A1, NOW), (A2, NOW)], NOW) == [A1.id, A2.id]
    store.remove_feed(A2.id)
    again = store.add_feeds([(A1, NOW), (A2, NOW), (B, NOW)], NOW, by="cli:me")
    assert again == [A2.id, B.id]
    log = [(entry.actor, entry.action, entry.target) for entry in store.audit_log(10)]
    assert sorted(log) == [("cli:me", "add_feed", A2.id), ("cli:me", "add_feed", B.id)]


def test_first_polls_that_nobody_made_go_on_as_they_were_spread(store: Store) -> None:
    watched = [feed(f"f{n:02}", f"h{n}.example") for n in range(30)]
    store.add_feeds([(one, NOW + n * SECOND) for n, one in enumerate(watched, 1)], NOW)
    assert store.resume_first_polls(NOW + 4 * SECOND, 5) == 0
    late = NOW + MINUTE
    assert store.resume_first_polls(late, 5) == 30
    assert store.resume_first_polls(late, 5) == 0
    for n, one in enumerate(watched):
        assert stored(store, one).next_poll_at == late + n * SECOND
    assert claim(store, "p1", late) == watched[:1]
    store.sync_feeds([A1], NOW)
    assert store.resume_first_polls(late + 9 * MINUTE, 29) == 30
    assert stored(store, A1).next_poll_at == NOW


@pytest.mark.parametrize("hosts", [1, 5])
def test_four_pollers_never_overlap_on_a_host(store: Store, hosts: int) -> None:
    watched = [feed(f"f{n}", f"h{n % hosts}.example") for n in range(20)]
    store.sync_feeds(watched, NOW)
    busy: set[str] = set()
    overlaps: list[str] = []
    polled: list[str] = []
    lock = threading.Lock()

    def poller(owner: str) -> None:
        draw = random.Random(owner)
        for _ in range(200):
            for got, _ in store.claim_due_feeds(NOW, limit=3, lease=MINUTE, owner=owner):
                host = got.url.split("/")[2]
                with lock:
                    if host in busy:
                        overlaps.append(host)
                    busy.add(host)
                threading.Event().wait(draw.random() / 500)
                with lock:
                    busy.discard(host)
                    polled.append(got.id)
                store.store_polls(owner, [Polled(got, state(got, NOW + MINUTE), (), NOW)])
            if len(polled) >= len(watched):
                return

    threads = [threading.Thread(target=poller, args=(f"p{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert sorted(polled) == sorted(feed.id for feed in watched)
