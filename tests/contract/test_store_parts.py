"""Running parts, named leases and subscriptions."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from tests.support.factories import NOW
from worker.domain.alert import Subscription
from worker.domain.event import Status
from worker.domain.part import Part
from worker.store import Store

MINUTE = timedelta(minutes=1)
PART = Part(
    "worker@host:1", "worker", "host", 1, "0.1.0", NOW, NOW, {"tasks": 3, "memory": 1.5, "q": "x"}
)
DESK = Subscription("sub_desk", "desk")
DEALS = Subscription(
    "sub_deals",
    "deals",
    rules=("equity-change",),
    companies=("renault", "nissan"),
    alliances=("renault-nissan-mitsubishi",),
    languages=("fr",),
    min_status=Status.AGREED,
    min_confidence=0.75,
)


def test_a_part_is_as_it_last_said(store: Store) -> None:
    store.beat(PART)
    later = replace(PART, seen=NOW + MINUTE, figures={"tasks": 4})
    store.beat(later)
    assert store.parts() == [later]


def test_parts_not_seen_for_long_are_forgotten(store: Store) -> None:
    store.beat(PART)
    store.beat(replace(PART, id="worker@host:2", seen=NOW + MINUTE))
    assert store.forget_parts(NOW + MINUTE) == 1
    assert [part.id for part in store.parts()] == ["worker@host:2"]
    store.forget_part("worker@host:2")
    assert store.parts() == []


def test_figures_that_are_no_numbers_are_left_out(store: Store) -> None:
    store.beat(replace(PART, figures={"rate": math.nan, "most": math.inf, "tasks": 1}))
    assert store.parts()[0].figures == {"tasks": 1}


def test_a_lease_has_one_holder(store: Store) -> None:
    assert store.try_lease("sweep", "a", NOW, MINUTE)
    assert not store.try_lease("sweep", "b", NOW, MINUTE)
    assert store.try_lease("other", "b", NOW, MINUTE)
    assert store.try_lease("sweep", "a", NOW + MINUTE / 2, MINUTE)
    assert not store.try_lease("sweep", "b", NOW + MINUTE, MINUTE)
    assert store.try_lease("sweep", "b", NOW + 1.5 * MINUTE, MINUTE)
    assert not store.try_lease("sweep", "a", NOW + 2 * MINUTE, MINUTE)


def test_a_lease_is_given_back_by_its_holder_alone(store: Store) -> None:
    store.try_lease("sweep", "a", NOW, MINUTE)
    store.release_lease("sweep", "b")
    assert not store.try_lease("sweep", "b", NOW, MINUTE)
    store.release_lease("sweep", "a")
    assert store.try_lease("sweep", "b", NOW, MINUTE)


def test_of_many_who_want_a_lease_one_gets_it(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: store.try_lease("sweep", f"p{n}", NOW, MINUTE), range(8)))
    assert sum(got) == 1


def test_subscriptions_follow_the_configuration(store: Store) -> None:
    store.sync_subscriptions([DESK, DEALS], NOW)
    assert sorted(store.subscriptions(), key=lambda s: s.id) == [DEALS, DESK]
    changed = replace(DEALS, rules=(), min_confidence=0.5)
    store.sync_subscriptions([changed], NOW)
    assert store.subscriptions() == [changed]
    store.sync_subscriptions([DESK, changed], NOW)
    assert len(store.subscriptions()) == 2
    store.sync_subscriptions([], NOW)
    assert store.subscriptions() == []


def test_an_ended_subscription_gets_nothing_more(store: Store) -> None:
    store.sync_subscriptions([DESK], NOW)
    assert store.end_subscription(DESK.id, "not wanted", NOW)
    assert not store.end_subscription(DESK.id, "not wanted", NOW)
    assert store.subscriptions() == []
