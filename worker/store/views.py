"""What the dashboard and the API are shown: filters, pages and summaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from worker.domain.alert import Alert
from worker.domain.delivery import Announcement, Attempt, Delivery, DeliveryState
from worker.domain.event import Event, Status
from worker.domain.feed import Feed, FeedState
from worker.domain.item import Item, Source
from worker.domain.story import Mute, Story
from worker.store.items import ItemState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, newest first. `next` is the cursor of the part after it, if there is one."""

    items: tuple[T, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts. Times are those of `Alert.created`: from `since`, before `until`.

    `company` is a watchlist key (or normalised name), `q` words of which each must occur in the
    headline, the item's title or the parties, without regard to case and accents.
    """

    rule: str | None = None
    company: str | None = None
    alliance: str | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries. Times are those of `Delivery.created`: from `since`, before `until`.

    `settled`: only those that can be replayed, which are final and no tests of an endpoint.
    """

    state: DeliveryState | None = None
    channel: str | None = None
    subscription_id: str | None = None
    alert_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items. Times are those of `Item.seen`: from `since`, before `until`."""

    state: ItemState | None = None
    feed_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with what became of it."""

    alert: Alert
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item with its classification. `events` are pairs of id and event, the main one first.

    `language` is what classification found; `error` why the last attempt failed; `sources` are
    those who brought the same news after the item's own feed.
    """

    item: Item
    state: ItemState
    attempts: int
    classified_at: datetime | None
    language: str | None
    error: str | None
    events: tuple[tuple[str, Event], ...]
    alert_ids: tuple[str, ...]
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which stories. Times are those of the last report: from `since`, before `until`."""

    rule: str | None = None
    company: str | None = None
    alliance: str | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in a list, with what its latest alert says."""

    story: Story
    updated: datetime
    headline: str


@dataclass(frozen=True, slots=True)
class StoryReport:
    """One report in a story's timeline: whose it is, and the alert that it raised or joined."""

    event_id: str
    item_id: str
    title: str
    source: str
    url: str | None
    at: datetime
    headline: str
    alert_id: str | None
    raised: bool
    withdrawn: str | None


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its alerts, in their order, its reports by their time, and its mutes."""

    story: Story
    updated: datetime
    alerts: tuple[Alert, ...]
    reports: tuple[StoryReport, ...] = ()
    mutes: tuple[Mute, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery in a list, with what it is about. `due_at`: next attempt or end of lease."""

    delivery: Delivery
    headline: str
    story_id: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with its alert or announcement and every attempt, the first one first."""

    delivery: Delivery
    alert: Alert | None
    attempts: tuple[Attempt, ...]
    announcement: Announcement | None = None

    @property
    def headline(self) -> str:
        """What it is about."""
        told = self.alert or self.announcement
        return told.headline if told is not None else ""


@dataclass(frozen=True, slots=True)
class FeedOverview:
    """A feed with what it has brought. `configured`: it is named by the configuration."""

    feed: Feed
    state: FeedState
    configured: bool
    items: int
    items_last_day: int
    last_item_seen: datetime | None
    being_polled: bool


@dataclass(frozen=True, slots=True)
class ChannelFigures:
    """The outbox of one channel; `oldest_due` is for how long its oldest due message has been."""

    channel: str
    pending: int
    sending: int
    exhausted: int
    due: int
    oldest_due: timedelta | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Items not yet classified, for how long the oldest of them has been, and those given up."""

    count: int
    oldest: timedelta | None
    failed: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """What happened within the last `window`. `attempts_failed` counts tries, not deliveries."""

    window: timedelta
    items_seen: int
    items_classified: int
    alerts: int
    delivered: int
    exhausted: int
    attempts_failed: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """When an item was seen, when its alert was raised, and when one receiver had it."""

    seen: datetime
    raised: datetime
    received: datetime
