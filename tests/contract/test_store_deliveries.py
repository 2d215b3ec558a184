"""The outbox: who may send what, and what is known afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.factories import NOW, make_alert, make_update
from tests.support.stores import record_alert
from worker.domain.alert import Subscription
from worker.domain.delivery import (
    Attempt,
    Claimed,
    DeliveryState,
    Outcome,
    Settlement,
    Verdict,
)
from worker.store import Store

MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
OK = Verdict(Outcome.DELIVERED, "accepted", 204, answer="thanks")
BUSY = Verdict(Outcome.RETRY, "503 from the receiver", 503, answer="later")


def claim(
    store: Store, now: datetime = NOW, *, limit: int = 100, ids: list[str] | None = None
) -> list[Claimed]:
    return store.claim_deliveries(now, lease=LEASE, limit=limit, ids=ids)


def delivered(store: Store, claimed: Claimed, now: datetime = NOW) -> bool:
    return store.settle(claimed, OK, state=DeliveryState.DELIVERED, next_attempt_at=None, now=now)


def retried(store: Store, claimed: Claimed, at: datetime, now: datetime = NOW) -> bool:
    return store.settle(claimed, BUSY, state=DeliveryState.PENDING, next_attempt_at=at, now=now)


def history(store: Store, delivery_id: str) -> tuple[Attempt, ...]:
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    return detail.attempts


def state(store: Store, delivery_id: str) -> DeliveryState:
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    return detail.delivery.state


def test_a_claim_records_the_attempt_before_anything_is_sent(store: Store) -> None:
    alert = make_alert()
    [delivery_id] = record_alert(store, alert)
    [claimed] = claim(store)
    assert claimed.alert == alert
    assert claimed.attempt == 1
    assert claimed.delivery.id == delivery_id
    assert claimed.delivery.state is DeliveryState.SENDING
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert detail.delivery == claimed.delivery
    assert detail.attempts == (Attempt(delivery_id, 1, NOW),)


def test_what_is_claimed_is_nobody_elses(store: Store) -> None:
    record_alert(store, make_alert(), channels=("a", "b", "c"))
    first, rest = claim(store, limit=1), claim(store)
    assert len(first) == 1
    assert len(rest) == 2
    assert not {c.delivery.id for c in first} & {c.delivery.id for c in rest}
    assert claim(store) == []


def test_nothing_is_sent_before_its_time(store: Store) -> None:
    record_alert(store, make_alert(), now=NOW + MINUTE)
    assert claim(store) == []
    assert len(claim(store, NOW + MINUTE)) == 1


def test_claims_by_id_take_only_what_is_due(store: Store) -> None:
    first, second, third = record_alert(store, make_alert(), channels=("a", "b", "c"))
    [held] = claim(store, ids=[first])
    assert held.delivery.id == first
    claimed = claim(store, ids=[first, second, "msg_none", second])
    assert [c.delivery.id for c in claimed] == [second]
    assert claim(store, ids=[]) == []
    assert [c.delivery.id for c in claim(store)] == [third]


def test_the_longest_due_come_first(store: Store) -> None:
    [late] = record_alert(store, make_alert(title="1"), now=NOW - MINUTE, channels=("a",))
    [later] = record_alert(
        store, make_alert(title="2", sequence=2), now=NOW - 2 * MINUTE, channels=("b",)
    )
    assert [c.delivery.id for c in claim(store)] == [later, late]


def test_a_delivered_message_is_final(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    [claimed] = claim(store)
    assert delivered(store, claimed, NOW + MINUTE)
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert detail.delivery == replace(
        claimed.delivery, state=DeliveryState.DELIVERED, settled=NOW + MINUTE
    )
    assert detail.attempts == (
        Attempt(
            delivery_id,
            1,
            NOW,
            NOW + MINUTE,
            Outcome.DELIVERED,
            status_code=204,
            detail="accepted",
            answer="thanks",
        ),
    )
    assert claim(store, NOW + timedelta(days=9)) == []


def test_a_retry_waits_for_its_time(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    [claimed] = claim(store)
    assert retried(store, claimed, NOW + 5 * MINUTE)
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert detail.delivery.next_attempt_at == NOW + 5 * MINUTE
    assert detail.delivery.last_error == "503 from the receiver"
    assert claim(store, NOW + 4 * MINUTE) == []
    [again] = claim(store, NOW + 5 * MINUTE)
    assert again.attempt == 2
    assert again.lease != claimed.lease
    assert delivered(store, again, NOW + 5 * MINUTE)
    assert [a.outcome for a in history(store, delivery_id)] == [Outcome.RETRY, Outcome.DELIVERED]


def test_what_its_sender_left_behind_is_sent_again(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    [lost] = claim(store)
    assert claim(store, NOW + LEASE - timedelta(microseconds=1)) == []
    [again] = claim(store, NOW + LEASE)
    assert again.attempt == 2
    first, second = history(store, delivery_id)
    assert (first.outcome, first.finished) == (Outcome.INTERRUPTED, NOW + LEASE)
    assert second.outcome is None
    assert not delivered(store, lost, NOW + LEASE)
    assert history(store, delivery_id) == (first, second)
    assert delivered(store, again, NOW + LEASE)
    assert not delivered(store, again, NOW + LEASE)


def test_a_late_answer_counts_while_nobody_else_has_begun(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    [claimed] = claim(store)
    assert delivered(store, claimed, NOW + 10 * LEASE)
    assert state(store, delivery_id) is DeliveryState.DELIVERED


def test_settling_many_tells_which_were_still_ours(store: Store) -> None:
    record_alert(store, make_alert(), channels=("a", "b", "c"))
    a, b, c = claim(store)
    assert delivered(store, b)
    settlements = [
        Settlement(a, OK, DeliveryState.DELIVERED),
        Settlement(b, BUSY, DeliveryState.PENDING, NOW),
        Settlement(c, Verdict(Outcome.GONE, "410"), DeliveryState.EXHAUSTED),
    ]
    assert store.settle_many(settlements, NOW) == [True, False, True]
    assert state(store, a.delivery.id) is DeliveryState.DELIVERED
    assert state(store, b.delivery.id) is DeliveryState.DELIVERED
    assert state(store, c.delivery.id) is DeliveryState.EXHAUSTED
    assert store.settle_many([], NOW) == []


def test_settling_into_nowhere_is_refused(store: Store) -> None:
    record_alert(store, make_alert())
    [claimed] = claim(store)
    with pytest.raises(ValueError, match="time"):
        store.settle_many([Settlement(claimed, BUSY, DeliveryState.PENDING)], NOW)
    with pytest.raises(ValueError, match="being sent"):
        store.settle_many([Settlement(claimed, BUSY, DeliveryState.SENDING)], NOW)


def test_an_orderly_stop_gives_back(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())
    [claimed] = claim(store)
    assert store.release(claimed, NOW)
    assert not store.release(claimed, NOW)
    [again] = claim(store)
    assert again.attempt == 2
    assert history(store, delivery_id)[0].outcome is Outcome.INTERRUPTED


def test_overdue_deliveries_are_told_once(store: Store) -> None:
    [delivery_id] = record_alert(store, make_alert())

    def overdue(now: datetime, before: datetime, limit: int = 9) -> list[tuple[str, str]]:
        return store.overdue_deliveries(now, queued_before=before, limit=limit)

    assert overdue(NOW, NOW) == []
    assert overdue(NOW + MINUTE, NOW + MINUTE) == [(delivery_id, "desk")]
    assert overdue(NOW + MINUTE, NOW + MINUTE) == []
    later = NOW + 2 * MINUTE
    [claimed] = claim(store, later)
    assert overdue(later, later) == []
    assert overdue(later + LEASE, later) == [(delivery_id, "desk")]
    delivered(store, claimed)
    assert overdue(later + MINUTE, later + MINUTE) == []


def test_a_waiting_retry_is_not_overdue(store: Store) -> None:
    record_alert(store, make_alert())
    [claimed] = claim(store)
    retried(store, claimed, NOW + 10 * MINUTE)
    before = NOW + 20 * MINUTE
    assert store.overdue_deliveries(NOW + 9 * MINUTE, queued_before=before, limit=9) == []
    assert len(store.overdue_deliveries(NOW + 10 * MINUTE, queued_before=before, limit=9)) == 1


def test_a_retry_is_overdue_as_soon_as_it_is_due(store: Store) -> None:
    record_alert(store, make_alert())
    [claimed] = claim(store)
    retried(store, claimed, NOW + MINUTE)
    long_ago = NOW - 10 * MINUTE
    assert store.overdue_deliveries(NOW, queued_before=long_ago, limit=9) == []
    due = NOW + MINUTE
    assert len(store.overdue_deliveries(due, queued_before=long_ago, limit=9)) == 1
    assert store.overdue_deliveries(due + MINUTE, queued_before=long_ago, limit=9) == []


def test_a_lease_that_ran_out_is_overdue_at_once(store: Store) -> None:
    record_alert(store, make_alert())
    claim(store)
    long_ago = NOW - 10 * MINUTE
    assert len(store.overdue_deliveries(NOW + LEASE, queued_before=long_ago, limit=9)) == 1


def test_a_receiver_that_is_gone_ends_its_subscription(store: Store) -> None:
    store.sync_subscriptions(
        [Subscription(id=f"sub_{name}", channel=name) for name in ("gone", "stays")], NOW
    )
    first, stays = record_alert(store, make_alert(), channels=("gone", "stays"))
    [second] = record_alert(store, make_update(), channels=("gone",))
    [claimed] = claim(store, ids=[first])
    gone = Settlement(claimed, Verdict(Outcome.GONE, "410"), DeliveryState.EXHAUSTED)
    assert store.settle_many([gone], NOW) == [True]
    assert [left.id for left in store.subscriptions()] == ["sub_stays"]
    assert state(store, first) is DeliveryState.EXHAUSTED
    assert state(store, second) is DeliveryState.EXHAUSTED
    assert state(store, stays) is DeliveryState.PENDING
    assert [each.delivery.id for each in claim(store, NOW + MINUTE)] == [stays]


def test_overdue_respects_its_limit(store: Store) -> None:
    record_alert(store, make_alert(), channels=[f"c{n}" for n in range(5)])
    before = NOW + MINUTE
    found = [store.overdue_deliveries(before, queued_before=before, limit=2) for _ in range(4)]
    assert [len(ids) for ids in found] == [2, 2, 1, 0]
    assert len({key for ids in found for key, _ in ids}) == 5


def test_a_replay_sends_settled_messages_again_under_their_id(store: Store) -> None:
    sent, waiting = record_alert(store, make_alert(), channels=("a", "b"))
    [claimed] = claim(store, ids=[sent])
    delivered(store, claimed)
    later = NOW + timedelta(days=10)
    assert store.replay([waiting, "msg_none", sent], later) == [sent]
    assert store.replay([sent], later) == []
    [again] = claim(store, later, ids=[sent])
    assert again.delivery.id == sent
    assert again.attempt == 2
    assert again.delivery.replayed == later
    assert again.delivery.created == NOW
    assert delivered(store, again, later)


def test_many_at_once(store: Store) -> None:
    wanted = record_alert(store, make_alert(), channels=[f"c{n}" for n in range(900)])
    claimed = claim(store, limit=2000, ids=wanted)
    assert {c.delivery.id for c in claimed} == set(wanted)
    settlements = [Settlement(c, OK, DeliveryState.DELIVERED) for c in claimed]
    assert store.settle_many(settlements, NOW) == [True] * 900
    assert store.settle_many(settlements, NOW) == [False] * 900
