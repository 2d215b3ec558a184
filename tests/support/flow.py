"""The store of the flow, in memory: what its steps ask for and write, without a database.

FakeStore   set what it holds and what it is to fail with; read what was written
FEED, STATE, DESK    a feed, its state before the first poll, and a subscription to everything
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from tests.support.factories import FEED_URL, NOW
from worker.domain import ids
from worker.domain.alert import Alert, Subscription
from worker.domain.delivery import Delivery
from worker.domain.event import Event
from worker.domain.feed import Feed, FeedState, Polled
from worker.domain.item import Item
from worker.domain.standing import Digested, Standing, Told
from worker.domain.story import Story
from worker.store import Store

FEED = Feed(ids.feed_id(FEED_URL), FEED_URL, "Example Wire")
STATE = FeedState(FEED.id)
DESK = Subscription(id="sub_desk", channel="desk")


def clock() -> datetime:
    return NOW


class FakeJudging:
    def __init__(
        self, store: FakeStore, item_id: str, keys: Sequence[tuple[str, str]], now: datetime
    ) -> None:
        self.store, self.item_id = store, item_id
        self.done = item_id in store.classified
        wanted = set(keys)
        self.stories = {
            story.id: story
            for story in store.stories.values()
            if wanted & {(story.rule, company) for company in story.core}
        }

    def standing(self, story_id: str, everyone: bool = False) -> Standing:
        told = [alert for alert in self.store.alerts if alert.story_id == story_id]
        sent = {d.alert_id: d.channel for d in self.store.deliveries}
        latest = told[-1] if told else None
        return Standing(latest, frozenset(sent[a.id] for a in told[-1:] if a.id in sent))

    def planned(self, channel: str, since: datetime, until: datetime) -> int:
        due = [d.next_attempt_at for d in self.store.deliveries if d.channel == channel]
        return sum(since <= moment < until for moment in due if moment)

    def record(
        self,
        language: str | None,
        found: Sequence[tuple[str, Event]],
        moved: Sequence[Story],
        raised: Sequence[Alert],
        deliveries: Sequence[Delivery],
        *,
        told: Sequence[Told] = (),
        digests: Sequence[Digested] = (),
        overtaken: Sequence[str] = (),
    ) -> list[tuple[str, str, datetime]]:
        assert not self.done
        self.store.classified[self.item_id] = language
        self.store.stories |= {story.id: story for story in moved}
        self.store.alerts += raised
        self.store.deliveries += deliveries
        self.store.reports += told
        self.store.digests += digests
        return [(entry.digest_id(), entry.channel, entry.due) for entry in digests]


@dataclass
class FakeStore:
    """The part of the store that the flow uses, in memory; `faults` by method come first."""

    known: dict[str, str] = field(default_factory=dict)
    polls: list[Polled] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    claims: list[tuple[tuple[str, ...], timedelta, str]] = field(default_factory=list)
    classified: dict[str, str | None] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    stories: dict[str, Story] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    reports: list[Told] = field(default_factory=list)
    digests: list[Digested] = field(default_factory=list)
    wanted: list[Subscription] = field(default_factory=lambda: [DESK])
    feeds: dict[str, Feed] = field(default_factory=lambda: {FEED.id: FEED})
    overdue: tuple[list[str], list[tuple[str, str]]] = field(default=([], []))
    asked: list[tuple[datetime, datetime, int]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)

    def _fault(self, name: str) -> None:
        if name in self.faults:
            raise self.faults[name]

    def known_entries(self, keys: Collection[str]) -> dict[str, str]:
        return {key: self.known[key] for key in keys if key in self.known}

    def item_forms(self, item_ids: Collection[str]) -> dict[str, tuple[Item, ...]]:
        return {}

    async def keep(self, polled: Polled) -> list[str]:
        self._fault("keep")
        new = [one.item.id for one in polled.arrivals]
        self.known |= {item_id: item_id for item_id in new}
        self.polls.append(polled)
        return new

    def claim_items(
        self,
        item_ids: Sequence[str],
        now: datetime,
        *,
        lease: timedelta,
        owner: str,
        untried: bool = False,
    ) -> list[Item]:
        self._fault("claim_items")
        self.claims.append((tuple(item_ids), lease, owner))
        return [
            self.items[key]
            for key in item_ids
            if key in self.items
            and key not in self.classified
            and key not in self.failed
            and not (untried and key in self.tried)
        ]

    def record_without_events(self, found: Sequence[tuple[str, str | None]], now: datetime) -> None:
        self._fault("record_without_events")
        for item_id, language in found:
            self.classified.setdefault(item_id, language)

    def subscriptions(self) -> list[Subscription]:
        return self.wanted

    def feed(self, feed_id: str) -> Feed | None:
        return self.feeds.get(feed_id)

    @contextmanager
    def judging(
        self,
        item_id: str,
        keys: Sequence[tuple[str, str]],
        now: datetime,
        *,
        withdrawn: bool = False,
    ) -> Iterator[FakeJudging]:
        self._fault("judging")
        yield FakeJudging(self, item_id, keys, now)

    def fail_item(self, item_id: str, error: str, now: datetime) -> None:
        self.failed[item_id] = error

    def overdue_items(self, now: datetime, *, queued_before: datetime, limit: int) -> list[str]:
        self.asked.append((now, queued_before, limit))
        return self.overdue[0]

    def overdue_deliveries(
        self, now: datetime, *, queued_before: datetime, limit: int
    ) -> list[tuple[str, str]]:
        self.asked.append((now, queued_before, limit))
        return self.overdue[1]

    @property
    def real(self) -> Store:
        return cast(Store, self)
