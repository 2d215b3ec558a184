"""From what was found in an item to what is owed: one transaction an item, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from worker.domain.alert import Subscription
from worker.domain.event import Classification
from worker.domain.item import Item
from worker.net import redact_url
from worker.store import Store
from worker.stories import Judgement, Traffic, judge, lock_keys, retract

log = structlog.get_logger(__name__)

_NOTHING = Judgement()


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of an item. `due` are channel and id of the deliveries that may go out at once."""

    judgement: Judgement = _NOTHING
    due: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Bench:
    """Judges items for these subscriptions.

    `owners` maps a company that is a unit to the one at its head, both as keys of the watchlist.
    """

    store: Store
    subscriptions: Sequence[Subscription]
    owners: Mapping[str, str]
    _feeds: dict[str, str] = field(default_factory=dict)

    def judge_item(self, item: Item, found: Classification, now: datetime) -> Judged:
        """Write the item's events, stories, alerts and deliveries, once."""
        with self.store.judging(item.id, lock_keys(found.events, self.owners), now) as tx:
            if tx.done:
                return Judged()
            made = judge(
                item,
                found.language or "en",
                found.events,
                tx.stories,
                self.subscriptions,
                owners=self.owners,
                standing=tx.standing,
                traffic=Traffic(tx.planned),
                feed_url=self._address(item.feed_id),
                now=now,
            )
            gathered = tx.record(
                found.language,
                made.events,
                made.stories,
                made.alerts,
                made.deliveries,
                told=made.reports,
                digests=made.digests,
                overtaken=made.overtaken,
            )
        return _judged(item, made, gathered, now)

    def retract_item(self, item: Item, now: datetime) -> Judged:
        """Take back what an item has led to that its publisher has withdrawn, once."""
        keys = self.store.story_keys(item.id)
        with self.store.judging(item.id, keys, now, withdrawn=True) as tx:
            if tx.done:
                return Judged()
            made = retract(
                item,
                item.language or "en",
                tx.stories,
                tx.heard,
                self.subscriptions,
                owners=self.owners,
                standing=tx.standing,
                traffic=Traffic(tx.planned),
                feed_url=self._address(item.feed_id),
                now=now,
            )
            gathered = tx.record(
                None,
                (),
                made.stories,
                made.alerts,
                made.deliveries,
                digests=made.digests,
                overtaken=made.overtaken,
            )
        return _judged(item, made, gathered, now)

    def _address(self, feed_id: str) -> str:
        """The address of a feed without its secrets; empty when it is gone."""
        if feed_id not in self._feeds:
            feed = self.store.feed(feed_id)
            self._feeds[feed_id] = redact_url(feed.url) if feed else ""
        return self._feeds[feed_id]


def _judged(
    item: Item, made: Judgement, gathered: Sequence[tuple[str, str, datetime]], now: datetime
) -> Judged:
    for alert in made.alerts:
        log.info(
            "alert_raised",
            alert=alert.id,
            item=item.id,
            story=alert.story_id,
            sequence=alert.sequence,
            headline=alert.headline,
        )
    alone = [
        (delivery.channel, delivery.id)
        for delivery in made.deliveries
        if delivery.next_attempt_at is not None and delivery.next_attempt_at <= now
    ]
    late = [(channel, digest_id) for digest_id, channel, due in gathered if due <= now]
    return Judged(made, (*alone, *late))
