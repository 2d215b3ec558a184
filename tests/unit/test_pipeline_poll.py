"""What a poll stores, hands on and says, over fakes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest
import structlog

from tests.support.factories import NOW
from tests.support.flow import FEED, STATE, FakeStore, clock
from worker import pipeline
from worker.domain.feed import Feed, FeedState, Fetched, PollResult
from worker.domain.item import Entry
from worker.domain.push import PUSHED_PACE, Hub
from worker.feeds.courtesy import HOST_GAP
from worker.store import StoreUnavailable


@dataclass
class FakeFetcher:
    fetched: Fetched
    asked: list[tuple[Feed, FeedState]] = field(default_factory=list)

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
        self.asked.append((feed, state))
        return self.fetched


@dataclass
class FakeHubs:
    """Hubs that push these feeds; remembers what it was told."""

    pushed: set[str] = field(default_factory=set)
    noted: list[tuple[str, Hub]] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def note(self, feed_id: str, hub: Hub) -> None:
        self.noted.append((feed_id, hub))

    def is_pushed(self, feed_id: str) -> bool:
        return feed_id in self.pushed

    def missed(self, feed_id: str) -> None:
        self.misses.append(feed_id)


async def poll(
    store: FakeStore,
    fetched: Fetched,
    counted: Counter[str] | None = None,
    hubs: FakeHubs | None = None,
) -> list[str]:
    fetcher = FakeFetcher(fetched)

    def count(name: str, by: float) -> None:
        if counted is not None:
            counted[name] += int(by)

    new = await pipeline.poll(
        FEED,
        STATE,
        fetcher=fetcher,
        store=store.real,
        keep=store.keep,
        clock=clock,
        hubs=hubs,
        count=count,
    )
    assert fetcher.asked == [(FEED, STATE)]
    return new


ENTRIES = (
    Entry("First", "One.", guid="g1", url="https://wire.example/1"),
    Entry("Second", "Two.", guid="g2", url="https://wire.example/2"),
)


async def test_polling_stores_what_is_new_and_hands_it_on() -> None:
    store = FakeStore()
    new = await poll(store, Fetched(PollResult.NEW, ENTRIES, 200, etag='"x"', body_hash="h"))
    [polled] = store.polls
    assert (polled.feed, polled.at, polled.rests, polled.turns) == (FEED, NOW, (), ())
    assert polled.gap == HOST_GAP
    state = polled.state
    assert new == [one.item.id for one in polled.arrivals]
    assert len(new) == 2
    assert (state.etag, state.body_hash, state.failures) == ('"x"', "h", 0)
    assert state.next_poll_at is not None
    assert state.next_poll_at >= NOW + FEED.interval


async def test_what_is_known_is_not_new() -> None:
    store = FakeStore()
    fetched = Fetched(PollResult.NEW, ENTRIES, 200)
    first = await poll(store, fetched)
    assert await poll(store, fetched) == []
    later = Entry("Third", "Three.", guid="g3")
    [third] = await poll(store, Fetched(PollResult.NEW, (*ENTRIES, later), 200))
    assert third not in first


async def test_a_failure_is_remembered_and_said_once() -> None:
    store = FakeStore()
    counted = Counter[str]()
    with structlog.testing.capture_logs() as logs:
        assert await poll(store, Fetched(PollResult.FAILED, error="HTTP 500"), counted) == []
    assert counted == {"polls_failed": 1}
    assert store.polls[0].state.failures == 1
    assert [(line["event"], line["error"]) for line in logs] == [("poll_failed", "HTTP 500")]


async def test_dropped_entries_cost_one_line() -> None:
    fetched = Fetched(
        PollResult.NEW, ENTRIES, 200, dropped=9, warnings=tuple(f"why {n}" for n in range(9))
    )
    counted = Counter[str]()
    with structlog.testing.capture_logs() as logs:
        await poll(FakeStore(), fetched, counted)
    assert counted == {"entries_dropped": 9}
    [line] = [line for line in logs if line["log_level"] == "warning"]
    assert (line["event"], line["dropped"]) == ("entries_dropped", 9)
    assert line["why"] == "why 0; why 1; why 2"


async def test_a_store_that_is_away_is_the_callers_to_handle() -> None:
    store = FakeStore(faults={"keep": StoreUnavailable("away")})
    with pytest.raises(StoreUnavailable):
        await poll(store, Fetched(PollResult.NEW, ENTRIES, 200))


async def test_a_hub_that_a_feed_names_is_noted() -> None:
    hub, hubs = Hub("https://hub.example/", FEED.url), FakeHubs()
    await poll(FakeStore(), Fetched(PollResult.NEW, ENTRIES, 200, hub=hub), hubs=hubs)
    await poll(FakeStore(), Fetched(PollResult.UNCHANGED, status_code=304), hubs=hubs)
    assert (hubs.noted, hubs.misses) == ([(FEED.id, hub)], [])


async def test_a_feed_that_is_pushed_is_polled_less_often_while_the_hub_keeps_its_word() -> None:
    for fetched, paced, missed in (
        (Fetched(PollResult.UNCHANGED, status_code=304), True, False),
        (Fetched(PollResult.NEW, ENTRIES, 200), True, True),
        (Fetched(PollResult.FAILED, error="HTTP 500"), False, False),
    ):
        store, hubs = FakeStore(), FakeHubs({FEED.id})
        await poll(store, fetched, hubs=hubs)
        state = store.polls[0].state
        assert state.next_poll_at is not None
        assert (state.next_poll_at >= NOW + PUSHED_PACE) is paced
        assert ("hub" in state.next_poll_reason) is paced
        assert bool(hubs.misses) is missed
