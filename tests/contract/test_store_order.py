"""What may go out now: in the order of stories, within limits, sparing endpoints that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.support.factories import NOW, make_alert, make_update
from tests.support.stores import record_alert
from worker.domain.circuit import BreakerPolicy, Terms
from worker.domain.delivery import (
    Announcement,
    Claimed,
    Claims,
    DeliveryState,
    Outcome,
    Settlement,
    Thread,
    Verdict,
)
from worker.store import DeliveryFilter, Store

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
OK = Verdict(Outcome.DELIVERED, "accepted", 204)
BUSY = Verdict(Outcome.RETRY, "503 from the receiver", 503)
POLICY = BreakerPolicy(threshold=2, waits=(10 * SECOND, MINUTE))


def claim(
    store: Store,
    now: datetime = NOW,
    *,
    ids: Sequence[str] | None = None,
    terms: Terms | None = None,
) -> Claims:
    return store.claim_deliveries(
        now, lease=LEASE, limit=100, ids=ids, terms=lambda _: terms or Terms()
    )


def ids_of(claims: Sequence[Claimed]) -> list[str]:
    return [each.delivery.id for each in claims]


def settle(
    store: Store,
    claimed: Claimed,
    verdict: Verdict = OK,
    *,
    now: datetime = NOW,
    again: datetime | None = None,
) -> None:
    state = DeliveryState.DELIVERED if verdict is OK else DeliveryState.PENDING
    if verdict.outcome is Outcome.PERMANENT:
        state = DeliveryState.EXHAUSTED
    due = (again or now + SECOND) if state is DeliveryState.PENDING else None
    assert store.settle_many([Settlement(claimed, verdict, state, due)], now, POLICY) == [True]


def overdue(store: Store, now: datetime) -> list[str]:
    found = store.overdue_deliveries(now, queued_before=now, limit=99)
    return [delivery_id for delivery_id, _ in found]


# ── the order of a story ──────────────────────────────────────────────────────────────────────


def test_a_later_message_waits_for_the_earlier_one(store: Store) -> None:
    [first] = record_alert(store, make_alert())
    [second] = record_alert(store, make_update())
    [claimed] = claim(store, ids=[second, first])
    assert claimed.delivery.id == first
    assert claim(store, ids=[second]) == []
    settle(store, claimed, BUSY, again=NOW + MINUTE)
    assert claim(store, ids=[second]) == [], "the earlier one is still to be tried again"
    assert overdue(store, NOW + SECOND) == [], "and nobody is sent to try"
    assert overdue(store, NOW + MINUTE) == [first]
    [again] = claim(store, NOW + MINUTE)
    settle(store, again, now=NOW + MINUTE)
    long_ago = NOW - MINUTE
    woken = store.overdue_deliveries(NOW + MINUTE, queued_before=long_ago, limit=9)
    assert woken == [(second, "desk")]
    assert ids_of(claim(store, NOW + MINUTE)) == [second]


def test_the_order_holds_for_each_channel_and_story_by_itself(store: Store) -> None:
    record_alert(store, make_alert(), channels=("a", "b"))
    record_alert(store, make_update(), channels=("b", "c"))
    other = make_update(story_id="story_other", id="alert_other", event_id="evt_other")
    other = replace(other, item=replace(other.item, id="item_other"))
    record_alert(store, other, channels=("b",))
    told = {(each.delivery.channel, each.alert.id) for each in claim(store) if each.alert}
    assert told == {
        ("a", make_alert().id),
        ("b", make_alert().id),
        ("b", "alert_other"),
        ("c", make_update().id),
    }


def test_what_is_given_up_or_superseded_stands_before_nobody(store: Store) -> None:
    record_alert(store, make_alert())
    [second] = record_alert(store, make_update())
    [claimed] = claim(store)
    settle(store, claimed, Verdict(Outcome.PERMANENT, "400"))
    assert ids_of(claim(store)) == [second]


def test_what_is_held_back_stands_before_nobody(store: Store) -> None:
    record_alert(store, make_alert(), now=NOW + timedelta(hours=8))
    [second] = record_alert(store, make_update())
    assert ids_of(claim(store)) == [second]


# ── sparing endpoints ─────────────────────────────────────────────────────────────────────────


def fail_until_open(store: Store, count: int = 4) -> list[str]:
    wanted = [
        record_alert(store, make_alert(title=f"News {n}", sequence=n + 1, story_id=f"story_{n}"))[0]
        for n in range(count)
    ]
    for claimed in claim(store, ids=wanted[:2]):
        settle(store, claimed, BUSY, again=NOW + timedelta(hours=4))
    return wanted


def test_an_open_circuit_lets_one_through_when_its_wait_is_over(store: Store) -> None:
    wanted = fail_until_open(store)
    refused = claim(store, ids=wanted[2:])
    assert refused == []
    assert refused.later == dict.fromkeys(wanted[2:], NOW + 10 * SECOND)
    assert overdue(store, NOW + 9 * SECOND) == []
    then = NOW + 10 * SECOND
    [probe] = claim(store, then, ids=wanted[2:])
    other = claim(store, then, ids=wanted[2:])
    assert (ids_of(other), set(other.later.values())) == ([], {then + LEASE})
    settle(store, probe, now=then)
    assert store.circuits()["desk"].failures == 0
    assert sorted(overdue(store, then + SECOND)) == sorted(set(wanted) - {probe.delivery.id})
    assert len(claim(store, then)) == 3, "those that had failed come at once"


def test_a_probe_that_fails_opens_it_for_longer(store: Store) -> None:
    wanted = fail_until_open(store)
    then = NOW + 10 * SECOND
    [probe] = claim(store, then, ids=wanted[2:])
    settle(store, probe, BUSY, now=then, again=then)
    refused = claim(store, then + SECOND, ids=wanted[2:])
    assert set(refused.later.values()) == {then + MINUTE}


def test_something_tries_it_out_even_when_nothing_is_due(store: Store) -> None:
    wanted = fail_until_open(store, 2)
    assert overdue(store, NOW + 9 * SECOND) == []
    [probe] = overdue(store, NOW + 10 * SECOND)
    assert probe in wanted
    assert ids_of(claim(store, NOW + 10 * SECOND)) == [probe]


def test_another_channel_is_not_spared(store: Store) -> None:
    fail_until_open(store)
    [other] = record_alert(store, make_alert(title="Else", story_id="story_x"), channels=("b",))
    assert ids_of(claim(store, ids=[other])) == [other]


def test_a_wait_that_the_receiver_asks_for_holds_for_its_channel(store: Store) -> None:
    [first] = record_alert(store, make_alert())
    [other] = record_alert(store, make_alert(title="Else", story_id="story_x"))
    [claimed] = claim(store, ids=[first])
    settle(store, claimed, replace(BUSY, retry_after=MINUTE), again=NOW + MINUTE)
    assert claim(store, ids=[other]).later == {other: NOW + MINUTE}
    assert ids_of(claim(store, NOW + MINUTE, ids=[other])) == [other]


# ── limits over all workers ───────────────────────────────────────────────────────────────────


def test_so_many_at_a_time_whoever_sends_them(store: Store) -> None:
    wanted = record_many(store, 5)
    terms = Terms(concurrent=2)
    first = claim(store, ids=wanted, terms=terms)
    assert len(first) == 2
    assert len(first.later) == 3
    assert claim(store, terms=terms) == []
    settle(store, first[0])
    assert len(claim(store, terms=terms)) == 1
    assert len(claim(store, NOW + LEASE, terms=terms)) == 2, "those of a dead sender do not count"


def test_so_many_a_second_whoever_sends_them(store: Store) -> None:
    wanted = record_many(store, 4)
    terms = Terms(per_second=1.0)
    sent: list[tuple[int, str]] = []
    for tenth in range(0, 35):
        for claimed in claim(store, NOW + tenth * SECOND / 10, ids=wanted, terms=terms):
            settle(store, claimed, now=NOW + tenth * SECOND / 10)
            sent.append((tenth, claimed.delivery.id))
    assert [tenth for tenth, _ in sent] == [0, 10, 20, 30]
    assert {delivery_id for _, delivery_id in sent} == set(wanted)


def record_many(store: Store, count: int) -> list[str]:
    return [
        record_alert(store, make_alert(title=f"News {n}", story_id=f"story_{n}"))[0]
        for n in range(count)
    ]


# ── what is remembered of answers ─────────────────────────────────────────────────────────────


def test_a_thread_is_remembered_and_handed_to_later_messages(store: Store) -> None:
    first, update = make_alert(), make_update()
    record_alert(store, first)
    threads = Terms(threads=True)
    [claimed] = claim(store, terms=threads)
    assert claimed.thread is None
    begun = replace(OK, receipt="C1/1.0")
    store.settle_many([Settlement(claimed, begun, DeliveryState.DELIVERED)], NOW)
    record_alert(store, update, channels=("desk", "other"))
    told = {each.delivery.channel: each for each in claim(store, terms=threads)}
    assert told["desk"].thread == Thread("C1/1.0", first)
    assert told["other"].thread is None
    anew = Settlement(told["desk"], replace(OK, receipt="C1/2.0"), DeliveryState.DELIVERED)
    store.settle_many([anew], NOW)
    store.replay(ids_of([claimed]), NOW)
    [replayed] = claim(store, ids=ids_of([claimed]), terms=threads)
    assert replayed.thread == Thread("C1/2.0", update)


def test_recipients_who_have_it_and_who_never_will_are_remembered(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    mailing = Terms(addresses=True)
    [claimed] = claim(store, terms=mailing)
    part = Verdict(
        Outcome.RETRY, "busy", 450, reached=("a@x.example",), refused={"b@x.example": "550 no"}
    )
    settle(store, claimed, part, again=NOW)
    [again] = claim(store, terms=mailing)
    assert again.delivery.reached == ("a@x.example",)
    assert again.unwanted == {"b@x.example"}
    rest = replace(OK, reached=("c@x.example",))
    store.settle_many([Settlement(again, rest, DeliveryState.DELIVERED)], NOW)
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert detail.delivery.reached == ("a@x.example", "c@x.example")
    store.replay([delivery_id], NOW)
    assert claim(store, terms=mailing)[0].delivery.reached == ()


def test_an_announcement_is_owed_once(store: Store) -> None:
    said = Announcement("ops.note", NOW, "A note", ("line",), {"number": 1})
    assert store.announce("msg_1", "ops:desk", "desk", said, NOW)
    assert not store.announce("msg_1", "ops:desk", "desk", said, NOW)
    [claimed] = claim(store)
    assert (claimed.alert, claimed.announcement) == (None, said)
    [line] = store.reads.deliveries(DeliveryFilter(), None, 9).items
    assert (line.headline, line.story_id, line.delivery.alert_id) == ("A note", None, None)
    detail = store.reads.delivery("msg_1")
    assert detail is not None
    assert (detail.headline, detail.announcement) == ("A note", said)
