"""What publishers hold back does not become an item, and is not lost by being held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from structlog.testing import capture_logs

from tests.support.factories import NOW
from worker import pipeline
from worker.domain.feed import Feed, FeedState, Fetched, Polled, PollResult
from worker.domain.item import Entry, Item
from worker.store import Store

FEED = Feed("feed_1", "https://wire.example/", "Wire")
ONE = Entry("One", "Text.", guid="g:1", version="1")


@dataclass
class Memory:
    """As much of a store as a poll uses, with the feed's state between polls."""

    state: FeedState = field(default_factory=lambda: FeedState(FEED.id))
    items: dict[str, Item] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)

    def known_entries(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: self.keys[key] for key in keys if key in self.keys}

    def item_forms(self, item_ids: Iterable[str]) -> dict[str, tuple[Item, ...]]:
        return {item_id: (self.items[item_id],) for item_id in item_ids}

    def withdraw_items(self, feed_id: str, reasons: Mapping[str, str], now: datetime) -> list[str]:
        new = {guid: why for guid, why in reasons.items() if guid not in self.withdrawn}
        self.withdrawn |= new
        return [item.id for item in self.items.values() if item.guid in new]

    async def keep(self, polled: Polled) -> list[str]:
        self.state = polled.state
        self.items |= {one.item.id: one.item for one in polled.arrivals}
        self.keys |= {key: one.item.id for one in polled.arrivals for key in one.keys}
        return [one.item.id for one in polled.arrivals]


@dataclass
class Origin:
    """A document that never changes, behind a validator."""

    entries: tuple[Entry, ...]

    async def fetch(self, feed: Feed, state: FeedState) -> Fetched:
        if state.etag == '"1"':
            return Fetched(PollResult.UNCHANGED, etag='"1"', body_hash="h")
        return Fetched(PollResult.NEW, self.entries, 200, etag='"1"', body_hash="h")


async def poll(
    store: Memory, origin: Origin, now: datetime, counted: Counter[str] | None = None
) -> list[str]:
    def count(name: str, by: float) -> None:
        if counted is not None:
            counted[name] += int(by)

    new = await pipeline.poll(
        FEED,
        store.state,
        fetcher=origin,
        store=cast(Store, store),
        keep=store.keep,
        clock=lambda: now,
        count=count,
    )
    return [store.items[item_id].title for item_id in new]


async def test_an_embargoed_entry_is_an_item_from_its_time_on_and_once() -> None:
    ends = NOW + timedelta(minutes=10)
    origin = Origin((ONE, replace(ONE, guid="g:2", title="Two", embargoed_until=ends)))
    store, counted = Memory(), Counter[str]()
    with capture_logs() as logs:
        assert await poll(store, origin, NOW, counted) == ["One"]
    [line] = [line for line in logs if line["event"] == "entries_embargoed"]
    assert (line["entries"], line["guids"]) == (1, ["g:2"])
    assert await poll(store, origin, ends - timedelta(seconds=1), counted) == []
    assert counted == {"entries_embargoed": 2}
    assert await poll(store, origin, ends) == ["Two"]
    assert store.state.etag == '"1"'
    assert await poll(store, origin, ends + timedelta(minutes=2)) == []
    assert len(store.items) == 2


async def test_what_is_withheld_or_cancelled_is_no_item_and_is_counted() -> None:
    origin = Origin((ONE, replace(ONE, version="2", withdrawn="cancelled by its publisher")))
    store, counted = Memory(), Counter[str]()
    with capture_logs() as logs:
        assert await poll(store, origin, NOW, counted) == []
    assert store.items == {}
    assert counted == {"entries_withdrawn": 1}
    assert store.withdrawn == {"g:1": "cancelled by its publisher"}
    assert "entries_withdrawn" in {line["event"] for line in logs}
    assert store.state.etag == '"1"'


async def test_what_is_taken_back_after_it_was_used_is_judged_once_more() -> None:
    store = Memory()
    await poll(store, Origin((ONE,)), NOW)
    store.state = replace(store.state, etag=None)
    cancelled = replace(ONE, version="2", withdrawn="cancelled by its publisher")
    assert await poll(store, Origin((cancelled,)), NOW + timedelta(minutes=2)) == ["One"]
    store.state = replace(store.state, etag=None)
    assert await poll(store, Origin((cancelled,)), NOW + timedelta(minutes=4)) == []


async def test_a_later_version_with_other_words_reaches_the_story_stage() -> None:
    store = Memory()
    await poll(store, Origin((ONE,)), NOW)
    store.state = replace(store.state, etag=None)
    corrected = replace(ONE, version="2", text="Corrected.", signal="correction")
    assert await poll(store, Origin((ONE, corrected)), NOW + timedelta(minutes=2)) == ["One"]
    assert [(item.text, item.correction) for item in store.items.values()] == [
        ("Text.", False),
        ("Corrected.", True),
    ]
