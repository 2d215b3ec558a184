"""Lanes over a store and a channel that do what a test tells them, on a real event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from tests.support.factories import NOW, make_alert
from worker import lanes as lanes_module
from worker.domain.delivery import (
    Claimed,
    Claims,
    Delivery,
    DeliveryState,
    Outcome,
    Settlement,
    Verdict,
)
from worker.lanes import Lanes
from worker.store import Store, StoreUnavailable

LEASE = timedelta(seconds=60)


@dataclass
class FakeStore:
    """Gives every id once, as the outbox does, and keeps what is settled and released.

    `away` makes the next calls fail; `hold` blocks calls of that name until it is set. Those in
    `later` are put off once; `before` names what has to be settled before an id is granted.
    """

    channel_of: Callable[[str], str] = lambda delivery_id: delivery_id.split("-")[0]
    claims: list[tuple[str, ...]] = field(default_factory=list)
    groups: list[list[str]] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    away: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    hold: dict[str, threading.Event] = field(default_factory=dict)
    refuse: str = ""
    later: dict[str, datetime] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)

    def _called(self, name: str) -> None:
        self.threads.add(threading.current_thread().name.rsplit("_", 1)[0])
        if name in self.hold:
            assert self.hold[name].wait(10)
        if self.away[name]:
            self.away[name] -= 1
            raise StoreUnavailable("away")

    def claim_deliveries(
        self,
        now: datetime,
        *,
        lease: timedelta,
        limit: int,
        ids: Sequence[str],
        terms: object,
        answered: int,
    ) -> Claims:
        assert (now, lease) == (NOW, LEASE)
        assert limit == len(ids)
        assert callable(terms)
        assert answered >= 0
        self._called("claim")
        self.claims.append(tuple(ids))
        claims = Claims()
        put_off = [key for key in ids if key in self.later]
        claims.later.update({key: self.later.pop(key) for key in put_off})
        put_off += [key for key in ids if self.before.get(key, key) not in (key, *self.settled)]
        free = [key for key in ids if key not in self.held and key not in put_off]
        self.held |= set(free)
        claims.extend(claimed(key, self.channel_of(key)) for key in free)
        return claims

    def settle_many(
        self, settlements: Sequence[Settlement], now: datetime, breaker: object
    ) -> list[bool]:
        assert now == NOW
        assert breaker
        self._called("settle")
        keys = [settlement.claimed.delivery.id for settlement in settlements]
        if self.refuse in keys:
            raise ValueError("a fault of ours")
        self.groups.append(keys)
        return [True] * len(keys)

    def release(self, claim: Claimed, now: datetime) -> bool:
        self._called("release")
        self.released.append(claim.delivery.id)
        return True

    @property
    def settled(self) -> list[str]:
        return [key for group in self.groups for key in group]


ALERT = make_alert()


def claimed(key: str, channel: str = "desk") -> Claimed:
    delivery = Delivery(key, ALERT.id, "sub", channel, state=DeliveryState.SENDING, attempts=1)
    return Claimed(delivery, ALERT, 1, f"lease-{key}")


@dataclass
class Endpoint:
    """Answers at once, or once `open` is set for the channel; knows how much it had at a time."""

    shut: dict[str, asyncio.Event] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    crash_on: str = ""
    sent: list[str] = field(default_factory=list)
    now: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def __call__(self, claim: Claimed) -> Settlement:
        key, channel = claim.delivery.id, claim.delivery.channel
        self.now[channel] += 1
        self.most[channel] = max(self.most[channel], self.now[channel])
        try:
            if channel in self.shut:
                await self.shut[channel].wait()
            await asyncio.sleep(0)
            if key == self.crash_on:
                raise ArithmeticError("a fault of ours")
        finally:
            self.now[channel] -= 1
        self.sent.append(key)
        if due := self.again.pop(key, None):
            return Settlement(claim, Verdict(Outcome.RETRY), DeliveryState.PENDING, due)
        return Settlement(claim, Verdict(Outcome.DELIVERED), DeliveryState.DELIVERED)


@dataclass
class Desk:
    """Lanes with everything around them."""

    store: FakeStore
    endpoint: Endpoint
    lanes: Lanes


@pytest_asyncio.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(lanes_module, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(lanes_module, "LONGEST_PAUSE", 0.05)
    store, endpoint = FakeStore(), Endpoint()
    lanes = Lanes(
        cast(Store, store),
        endpoint,
        width=lambda channel: {"wide": 4}.get(channel, 1),
        lease=LEASE,
        clock=lambda: NOW,
    )
    yield Desk(store, endpoint, lanes)
    for gate in store.hold.values():
        gate.set()
    await lanes.close(0)


async def until(condition: Callable[[], object], within: float = 5) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.005)


def ids(channel: str, number: int) -> list[str]:
    return [f"{channel}-{n:04}" for n in range(number)]


async def test_what_is_offered_is_claimed_sent_and_settled(desk: Desk) -> None:
    desk.lanes.offer("desk", ids("desk", 5))
    await until(lambda: len(desk.store.settled) == 5)
    assert desk.endpoint.sent == desk.store.settled == ids("desk", 5)
    assert desk.store.released == []


async def test_one_that_hangs_slows_no_other(desk: Desk) -> None:
    desk.endpoint.shut["slow"] = asyncio.Event()
    desk.lanes.offer("slow", ids("slow", 50))
    desk.lanes.offer("desk", ids("desk", 50))
    await until(lambda: len(desk.store.settled) == 50)
    assert set(desk.endpoint.sent) == set(ids("desk", 50))
    assert desk.endpoint.now["slow"] == 1


async def test_a_lane_claims_only_what_it_can_send_at_once(desk: Desk) -> None:
    gate = desk.endpoint.shut["wide"] = asyncio.Event()
    desk.lanes.offer("wide", ids("wide", 20))
    await until(lambda: desk.endpoint.now["wide"] == 4)
    await asyncio.sleep(0.05)
    assert sum(map(len, desk.store.claims)) == 4, "sixteen wait without a lease running"
    gate.set()
    await until(lambda: len(desk.store.settled) == 20)
    assert desk.endpoint.most["wide"] == 4
    assert sorted(desk.endpoint.sent) == ids("wide", 20)


async def test_what_is_offered_twice_is_sent_once(desk: Desk) -> None:
    gate = desk.endpoint.shut["desk"] = asyncio.Event()
    for _ in range(3):
        desk.lanes.offer("desk", ids("desk", 4))
    await until(lambda: desk.endpoint.now["desk"])
    desk.lanes.offer("desk", ids("desk", 4))  # one of them is being sent
    gate.set()
    await until(lambda: len(desk.store.settled) == 4)
    await until(lambda: sum(map(len, desk.store.claims)) >= 5)
    assert sorted(desk.endpoint.sent) == ids("desk", 4)


async def test_a_full_lane_drops_and_others_take(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "LANE_LENGTH", 10)
    gate = desk.endpoint.shut["desk"] = asyncio.Event()
    desk.lanes.offer("desk", ids("desk", 1))
    await until(lambda: desk.endpoint.now["desk"] == 1)
    desk.lanes.offer("desk", ids("desk", 30))
    desk.lanes.offer("other", ids("other", 10))
    gate.set()
    await until(lambda: len(desk.endpoint.sent) >= 20)
    await asyncio.sleep(0.05)
    assert sorted(desk.endpoint.sent) == ids("desk", 10) + ids("other", 10)
    desk.lanes.offer("desk", ids("desk", 30)[10:20])  # as the sweep brings them back
    await until(lambda: len(desk.endpoint.sent) == 30)


async def test_a_retry_that_is_due_soon_is_claimed_when_it_is_due(desk: Desk) -> None:
    soon, later = ids("desk", 2)
    desk.endpoint.again[soon] = NOW + timedelta(seconds=0.2)
    desk.endpoint.again[later] = NOW + timedelta(hours=1)
    desk.lanes.offer("desk", [soon, later])
    await until(lambda: len(desk.store.settled) == 2)
    desk.store.held.clear()
    await until(lambda: len(desk.store.settled) == 3)
    assert desk.endpoint.sent == [soon, later, soon]


async def test_settlements_that_come_in_meanwhile_are_written_together(desk: Desk) -> None:
    gate = desk.store.hold["settle"] = threading.Event()
    desk.lanes.offer("desk", ids("desk", 30))
    await until(lambda: len(desk.endpoint.sent) == 30)
    gate.set()
    await until(lambda: len(desk.store.settled) == 30)
    assert len(desk.store.groups) == 2
    assert desk.store.settled == ids("desk", 30)


async def test_settlements_wait_for_a_database_that_is_away(desk: Desk) -> None:
    """A message that has arrived is not sent again for that."""
    desk.store.away["settle"] = 4
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: len(desk.store.settled) == 3)
    assert sorted(desk.store.settled) == sorted(desk.endpoint.sent) == ids("desk", 3)
    assert desk.store.away["settle"] == 0


async def test_a_settlement_that_is_refused_takes_no_other_along(desk: Desk) -> None:
    gate = desk.store.hold["settle"] = threading.Event()
    desk.store.refuse = "desk-0002"
    desk.lanes.offer("desk", ids("desk", 5))
    await until(lambda: len(desk.endpoint.sent) == 5)
    gate.set()
    await until(lambda: len(desk.store.settled) == 4)
    assert "desk-0002" not in desk.store.settled
    desk.lanes.offer("desk", ["desk-0009"])
    await until(lambda: "desk-0009" in desk.store.settled)


async def test_claims_wait_for_a_database_that_is_away_and_lose_nothing(desk: Desk) -> None:
    desk.store.away["claim"] = 3
    desk.lanes.offer("wide", ids("wide", 10))
    begun = time.monotonic()
    await until(lambda: len(desk.store.settled) == 10)
    assert sorted(desk.endpoint.sent) == ids("wide", 10)
    assert desk.store.claims[0] == tuple(ids("wide", 4)), "in their order"
    assert time.monotonic() - begun > 0.08, "it was left alone for a while"


async def test_a_fault_in_claiming_does_not_end_the_lane(desk: Desk) -> None:
    broken = FakeStore.claim_deliveries
    calls = []

    def fail_once(now: datetime, **named: Any) -> Claims:
        calls.append(named["ids"])
        if len(calls) == 1:
            raise KeyError("a fault of ours")
        return broken(desk.store, now, **named)

    desk.store.claim_deliveries = fail_once  # type: ignore[method-assign]
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: len(desk.store.settled) == 2)
    assert desk.endpoint.sent == ids("desk", 3)[1:]


async def test_a_fault_in_sending_leaves_the_lease_to_run_out(desk: Desk) -> None:
    desk.endpoint.crash_on = "desk-0001"
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: len(desk.store.settled) == 2)
    assert desk.endpoint.sent == ["desk-0000", "desk-0002"]
    assert desk.store.released == []


async def test_closing_lets_finish_what_can_and_hands_back_the_rest(desk: Desk) -> None:
    desk.endpoint.shut["hangs"] = asyncio.Event()
    gate = desk.endpoint.shut["wide"] = asyncio.Event()
    desk.lanes.offer("hangs", ids("hangs", 5))
    desk.lanes.offer("wide", ids("wide", 10))
    await until(lambda: desk.endpoint.now["wide"] == 4 and desk.endpoint.now["hangs"] == 1)
    asyncio.get_running_loop().call_later(0.1, gate.set)
    begun = time.monotonic()
    await desk.lanes.close(0.4)
    assert time.monotonic() - begun < 2
    assert sorted(desk.store.settled) == ids("wide", 4)
    assert desk.store.released == ["hangs-0000"]
    assert sum(map(len, desk.store.claims)) == 5, "nothing was claimed any more"
    desk.lanes.offer("wide", ["wide-0009"])
    await asyncio.sleep(0.05)
    assert sum(map(len, desk.store.claims)) == 5, "a closed lane takes nothing"


async def test_what_is_being_claimed_at_the_close_is_handed_back(desk: Desk) -> None:
    gate = desk.store.hold["claim"] = threading.Event()
    desk.lanes.offer("wide", ids("wide", 4))
    await asyncio.sleep(0.05)
    closing = asyncio.create_task(desk.lanes.close(2))
    await asyncio.sleep(0.05)
    gate.set()
    await closing
    assert desk.endpoint.sent == []
    assert desk.store.released == ids("wide", 4)


async def test_what_has_been_sent_is_settled_before_the_end(desk: Desk) -> None:
    gate = desk.store.hold["settle"] = threading.Event()
    desk.lanes.offer("wide", ids("wide", 8))
    await until(lambda: len(desk.endpoint.sent) == 8)
    asyncio.get_running_loop().call_later(0.2, gate.set)
    await desk.lanes.close(1)
    assert sorted(desk.store.settled) == ids("wide", 8)
    assert desk.store.released == []


async def test_closing_ends_even_when_the_database_stays_away(desk: Desk) -> None:
    desk.store.away["settle"] = desk.store.away["release"] = 10_000
    desk.endpoint.shut["hangs"] = asyncio.Event()
    desk.lanes.offer("hangs", ids("hangs", 1))
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: len(desk.endpoint.sent) == 3 and desk.endpoint.now["hangs"])
    begun = time.monotonic()
    await desk.lanes.close(0.1)
    assert time.monotonic() - begun < 3


async def test_closing_before_anything_was_offered(desk: Desk) -> None:
    await desk.lanes.close(1)


async def test_slow_name_look_ups_do_not_keep_lanes_from_the_database(desk: Desk) -> None:
    """Name look-ups fill the loop's own threads; the store has others."""
    gate = threading.Event()
    loop = asyncio.get_running_loop()
    lookups = [loop.run_in_executor(None, gate.wait, 5) for _ in range(64)]
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: len(desk.store.settled) == 3)
    assert desk.store.threads == {"lanes-store"}
    gate.set()
    await asyncio.gather(*lookups)


async def test_what_a_channel_has_no_room_for_comes_back_when_it_has(desk: Desk) -> None:
    desk.store.later = {"wide-0000": NOW + timedelta(milliseconds=60)}
    desk.lanes.offer("wide", ids("wide", 3))
    await until(lambda: len(desk.store.settled) == 3)
    assert desk.endpoint.sent == ["wide-0001", "wide-0002", "wide-0000"]


async def test_what_has_to_wait_for_long_is_left_to_the_sweep(desk: Desk) -> None:
    desk.store.later = {"desk-0000": NOW + timedelta(minutes=10)}
    desk.lanes.offer("desk", ids("desk", 3))
    await until(lambda: not desk.store.later)
    desk.lanes.offer("desk", ["desk-0007"])
    await until(lambda: len(desk.store.settled) == 1)
    assert desk.endpoint.sent == ["desk-0007"]


async def test_what_waits_for_an_earlier_message_follows_it_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "ASK_AGAIN_AFTER", 60)
    gate = desk.endpoint.shut["wide"] = asyncio.Event()
    desk.store.before = {"wide-0001": "wide-0000"}
    desk.lanes.offer("wide", ["wide-0001", "wide-0000"])
    await until(lambda: desk.endpoint.now["wide"] == 1)
    gate.set()
    await until(lambda: desk.store.settled == ["wide-0000", "wide-0001"])


async def test_what_waits_for_another_process_is_asked_for_again_but_not_for_ever(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "ASK_AGAIN_AFTER", 0.02)
    desk.store.held.add("desk-0000")
    desk.lanes.offer("desk", ["desk-0000"])
    await until(lambda: len(desk.store.claims) == lanes_module.ASK_AGAIN + 1)
    await asyncio.sleep(0.1)
    assert len(desk.store.claims) == lanes_module.ASK_AGAIN + 1


async def test_an_unknown_width_is_one(desk: Desk) -> None:
    def width(_: str) -> int:
        return 0

    endpoint: Callable[[Claimed], Awaitable[Settlement]] = desk.endpoint
    lanes = Lanes(cast(Store, desk.store), endpoint, width=width, lease=LEASE, clock=lambda: NOW)
    lanes.offer("desk", ids("desk", 2))
    await until(lambda: len(desk.store.settled) == 2)
    assert desk.endpoint.most["desk"] == 1
    await lanes.close(1)
