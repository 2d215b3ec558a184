"""Endpoints that fail: people are told, then the subscription ends, and they are told again."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.support.factories import NOW
from worker import guarding
from worker.domain.alert import Subscription
from worker.domain.delivery import Announcement, DeliveryState, Outcome, Settlement, Verdict
from worker.pipeline import Owed
from worker.store import Asked, Challenge, DeliveryFilter, Store

HOUR = timedelta(hours=1)
AFTER = 10 * HOUR


def subscribe(store: Store, name: str = "sub_1") -> None:
    asked = Asked(Subscription(name, f"api:{name}"), "Desk", "sealed", "https://x/…", "sealed", {})
    test = Challenge(f"msg_{name}", Announcement("subscription.test", NOW, "A test"))
    store.add_subscriber(asked, test, NOW)


def fail(store: Store, now: datetime) -> None:
    """One more attempt comes to nothing."""
    for claimed in store.claim_deliveries(now, lease=HOUR, limit=9):
        again = Settlement(
            claimed, Verdict(Outcome.RETRY, "HTTP 500"), DeliveryState.PENDING, now + HOUR
        )
        assert store.settle_many([again], now) == [True]


def watch(store: Store, now: datetime, *channels: str) -> list[Owed]:
    return guarding.watch(store, now=now, disable_after=AFTER, ops_channels=channels or ("ops",))


def told(store: Store) -> list[tuple[str, str]]:
    lines = store.reads.deliveries(DeliveryFilter(channel="ops"), None, 99).items
    found = []
    for line in reversed(lines):
        detail = store.reads.delivery(line.delivery.id)
        assert detail is not None
        assert detail.announcement is not None
        found.append((detail.announcement.kind, detail.announcement.headline))
    return found


def test_people_are_told_before_and_after(store: Store) -> None:
    subscribe(store)
    fail(store, NOW)
    assert watch(store, NOW + 4 * HOUR) == []
    [owed] = watch(store, NOW + 6 * HOUR)
    assert owed.channel == "ops"
    assert watch(store, NOW + 7 * HOUR) == []
    assert watch(store, NOW + 10 * HOUR) == [], "they had no half of the time yet"
    assert [each.id for each in store.subscriptions()] == ["sub_1"]
    [ended] = watch(store, NOW + 11 * HOUR)
    assert ended.channel == "ops"
    assert store.subscriptions() == []
    assert watch(store, NOW + 12 * HOUR) == []
    assert told(store) == [
        ("ops.endpoint_failing", "The endpoint of Desk fails"),
        ("subscription.disabled", "The subscription of Desk is disabled"),
    ]


def test_an_endpoint_that_answers_again_is_left_alone(store: Store) -> None:
    subscribe(store)
    fail(store, NOW)
    assert len(watch(store, NOW + 6 * HOUR)) == 1
    [claimed] = store.claim_deliveries(NOW + 7 * HOUR, lease=HOUR, limit=9, ids=["msg_sub_1"])
    taken = Settlement(claimed, Verdict(Outcome.DELIVERED), DeliveryState.DELIVERED)
    store.settle_many([taken], NOW + 7 * HOUR)
    assert watch(store, NOW + 20 * HOUR) == []
    assert len(store.subscriptions()) == 1


def test_without_channels_for_operations_it_ends_all_the_same(store: Store) -> None:
    subscribe(store)
    fail(store, NOW)
    for hours in (6, 12):
        assert guarding.watch(
            store, now=NOW + hours * HOUR, disable_after=AFTER, ops_channels=()
        ) == []  # fmt: skip
    assert store.subscriptions() == []


def test_a_failing_channel_is_not_told_of_itself(store: Store) -> None:
    said = Announcement("ops.note", NOW, "A note")
    store.announce("msg_1", "ops:ops", "ops", said, NOW)
    fail(store, NOW)
    assert [owed.channel for owed in watch(store, NOW + 6 * HOUR, "ops", "other")] == ["other"]
