"""Feeds: which there are, what is known of them, whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.feed import Feed, FeedState, FeedStatus
from worker.domain.item import Item
from worker.store.codec import feed_row, feed_state_row, read_feed
from worker.store.concern import Concern
from worker.store.items import insert_items
from worker.store.statements import chunks, upsert
from worker.store.tables import feeds

_CONFIGURED = "configuration"
_ADDED = "added"
_DEFINITION = ("url", "name", "interval", "full_text")


class FeedMethods(Concern):
    """Feeds are leased to one poller at a time, so that several share the work."""

    def sync_feeds(self, configured: Sequence[Feed], now: datetime) -> None:
        """Take over the feeds of the configuration.

        New ones are due at once; known ones keep their state; those that the configuration no
        longer names become `REMOVED`, and `ACTIVE` again when it names them again. Feeds that
        were added by `add_feed` are left alone. Headers are not stored.
        """

        def work(connection: Connection) -> None:
            _define(connection, configured, _CONFIGURED, now)
            kept = {feed.id for feed in configured}
            present = connection.execute(
                sa.select(feeds.c.id).where(
                    feeds.c.origin == _CONFIGURED, feeds.c.status != FeedStatus.REMOVED
                )
            ).scalars()
            for part in chunks(sorted(set(present) - kept)):
                connection.execute(
                    sa.update(feeds).where(feeds.c.id.in_(part)).values(status=FeedStatus.REMOVED)
                )

        self._database.write(work)

    def add_feed(self, feed: Feed, now: datetime, due: datetime | None = None) -> None:
        """Add a feed beside those of the configuration, or bring a removed one back.

        It is polled first at `due`, without one at once. One that the configuration names remains
        the configuration's.
        """
        self._database.write(lambda connection: _define(connection, [feed], _ADDED, now, due))

    def remove_feed(self, feed_id: str, now: datetime | None = None) -> bool:
        """Poll a feed no more. `False`: there is no such feed, or it was removed before.

        One that the configuration names comes back with the next `sync_feeds`.
        """
        return self.set_feed_status(feed_id, FeedStatus.REMOVED)

    def set_feed_status(self, feed_id: str, status: FeedStatus) -> bool:
        """Pause, resume or remove a feed. `False` when that changed nothing."""
        statement = (
            sa.update(feeds)
            .where(feeds.c.id == feed_id, feeds.c.status != status)
            .values(status=status)
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def poll_soon(self, feed_id: str, now: datetime) -> bool:
        """Make an active feed due at once. `False`: there is no such active feed."""
        statement = (
            sa.update(feeds)
            .where(feeds.c.id == feed_id, feeds.c.status == FeedStatus.ACTIVE)
            .values(next_poll_at=now, next_poll_reason="asked for")
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def feeds(self) -> list[tuple[Feed, FeedState]]:
        """Every feed with its state, the removed ones too, by name."""
        statement = sa.select(feeds).order_by(feeds.c.name, feeds.c.id)
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [read_feed(row) for row in rows]

    def feed(self, feed_id: str) -> Feed | None:
        """One feed, whatever its status."""
        statement = sa.select(feeds).where(feeds.c.id == feed_id)
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else read_feed(row)[0]

    def claim_due_feeds(
        self, now: datetime, *, limit: int, lease: timedelta, owner: str
    ) -> list[tuple[Feed, FeedState]]:
        """Lease up to `limit` due feeds to `owner`, those first that have waited longest."""
        due = (
            sa.select(feeds)
            .where(
                feeds.c.status == FeedStatus.ACTIVE,
                sa.or_(feeds.c.next_poll_at.is_(None), feeds.c.next_poll_at <= now),
                sa.or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now),
            )
            .order_by(feeds.c.next_poll_at.nulls_first(), feeds.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> list[tuple[Feed, FeedState]]:
            rows = connection.execute(due).mappings().all()
            for part in chunks([row["id"] for row in rows]):
                connection.execute(
                    sa.update(feeds)
                    .where(feeds.c.id.in_(part))
                    .values(lease_owner=owner, lease_until=now + lease)
                )
            return [read_feed(row) for row in rows]

        return self._database.write(work)

    def store_poll(
        self, feed_id: str, owner: str, state: FeedState, items: Sequence[Item], now: datetime
    ) -> list[str]:
        """Store what a poll brought, and give back the ids of the items not known before.

        All in one transaction, which also ends the lease. A poller whose lease has passed to
        another still brings its items in, but no longer changes the feed's state; neither does
        a poll revive a feed that was paused or removed meanwhile.
        """

        def work(connection: Connection) -> list[str]:
            held = connection.execute(
                sa.select(feeds.c.status, feeds.c.lease_owner)
                .where(feeds.c.id == feed_id)
                .with_for_update()
            ).one_or_none()
            new = insert_items(connection, items, now)
            if held is not None and held.lease_owner == owner:
                known = state
                if held.status in (FeedStatus.PAUSED, FeedStatus.REMOVED):
                    known = replace(state, status=FeedStatus(held.status))
                connection.execute(
                    sa.update(feeds)
                    .where(feeds.c.id == feed_id)
                    .values(**feed_state_row(known), lease_owner=None, lease_until=None)
                )
            return new

        return self._database.write(work)

    def release_feed(self, feed_id: str, owner: str) -> None:
        """Give a feed back unpolled: it stays due."""
        statement = (
            sa.update(feeds)
            .where(feeds.c.id == feed_id, feeds.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )
        self._database.write(lambda c: c.execute(statement))

    def next_poll_due(self, now: datetime) -> datetime | None:
        """When the next feed can be claimed; not before `now`; `None` without active feeds."""
        statement = sa.select(feeds.c.next_poll_at, feeds.c.lease_until).where(
            feeds.c.status == FeedStatus.ACTIVE
        )
        rows = self._database.read(lambda c: c.execute(statement).all())
        return min((max(now, *filter(None, row)) for row in rows), default=None)


def _define(
    connection: Connection,
    defined: Sequence[Feed],
    origin: str,
    now: datetime,
    due: datetime | None = None,
) -> None:
    rows: dict[str, dict[str, Any]] = {}
    for feed in defined:
        state = feed_state_row(FeedState(feed.id, next_poll_at=due or now, next_poll_reason="new"))
        rows[feed.id] = {**feed_row(feed), **state, "origin": origin, "created": now}
    ordered = [rows[key] for key in sorted(rows)]
    update = (*_DEFINITION, "origin") if origin == _CONFIGURED else _DEFINITION
    upsert(connection, feeds, ordered, update)
    back = {
        "origin": origin,
        "status": FeedStatus.ACTIVE,
        "next_poll_at": due or now,
        "next_poll_reason": "new",
    }
    for part in chunks(sorted(rows)):
        connection.execute(
            sa.update(feeds)
            .where(feeds.c.id.in_(part), feeds.c.status == FeedStatus.REMOVED)
            .values(back)
        )
