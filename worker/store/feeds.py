"""Feeds: which there are, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.feed import Feed, FeedState, FeedStatus, Move
from worker.store.codec import feed_row, feed_state_row, read_feed
from worker.store.concern import Concern
from worker.store.statements import chunks, insert_missing, upsert
from worker.store.tables import audit, feeds, hosts

_CONFIGURED = "configuration"
_ADDED = "added"
_DEFINITION = ("url", "name", "interval", "full_text")


class FeedMethods(Concern):
    """Those that the configuration names, and those that were added beside them."""

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
        self.add_feeds([(feed, due or now)], now)

    def add_feeds(
        self, added: Sequence[tuple[Feed, datetime]], now: datetime, by: str = ""
    ) -> list[str]:
        """Add feeds, each with the moment of its first poll; gives the ids that are watched anew.

        Of each of these the audit log says that `by` has added it, where given.

        Those that are watched already are left as they are but for their names and intervals.
        """

        def work(connection: Connection) -> list[str]:
            due = {feed.id: moment for feed, moment in added}
            watched = _among(connection, sorted(due), feeds.c.status != FeedStatus.REMOVED)
            _define(connection, [feed for feed, _ in added], _ADDED, now, due)
            new = [key for key in due if key not in watched]
            if by and new:
                names = {feed.id: feed.name for feed, _ in added}
                said = {"at": now, "actor": by, "action": "add_feed"}
                rows = [{**said, "target": key, "detail": names[key]} for key in new]
                connection.execute(sa.insert(audit), rows)
            return new

        return self._database.write(work)

    def remove_feed(self, feed_id: str, now: datetime | None = None) -> bool:
        """Poll a feed no more. `False`: there is no such feed, or it was removed before.

        One that the configuration names comes back with the next `sync_feeds`.
        """
        return self.set_feed_status(feed_id, FeedStatus.REMOVED)

    def change_feed(self, feed_id: str, *, name: str, interval: timedelta, full_text: bool) -> bool:
        """Change what a feed that was added is called and how it is read.

        `False`: there is no such feed, or it is the configuration's to change.
        """
        statement = (
            sa.update(feeds)
            .where(feeds.c.id == feed_id, feeds.c.origin == _ADDED)
            .values(name=name, interval=interval, full_text=full_text)
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def watched_feed(self, feed_id: str) -> tuple[Feed, FeedState, bool] | None:
        """One feed with its state that has not been removed; whether the configuration names it."""
        statement = sa.select(feeds).where(
            feeds.c.id == feed_id, feeds.c.status != FeedStatus.REMOVED
        )
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else (*read_feed(row), row["origin"] == _CONFIGURED)

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

    def take_back_move(self, feed_id: str) -> str | None:
        """Poll a feed at its own address again, and never save the other one again.

        Gives the address that it had moved to; `None` when it had not.
        """
        move = self._database.write(lambda connection: _take_back(connection, feed_id))
        return None if move is None else move.address

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


def _take_back(connection: Connection, feed_id: str) -> Move | None:
    """Poll a feed at its own address again, and never again at the one that it had moved to.

    The move as it was; `None` when there was none.
    """
    row = (
        connection.execute(sa.select(feeds).where(feeds.c.id == feed_id).with_for_update())
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    feed, state = read_feed(row)
    if state.move.address is None:
        return None
    # The validators are those of the document at the other address.
    back = replace(
        state,
        move=Move(refused=state.move.address),
        etag=None,
        last_modified=None,
        not_modified=0,
    )
    values = feed_state_row(feed, back)
    insert_missing(connection, hosts, [host_row(values["host"])])
    connection.execute(sa.update(feeds).where(feeds.c.id == feed_id).values(values))
    return state.move


def host_row(name: str) -> dict[str, Any]:
    """A host at which anybody may poll at once."""
    return {"name": name, "reason": ""}


def _define(
    connection: Connection,
    defined: Sequence[Feed],
    origin: str,
    now: datetime,
    due: Mapping[str, datetime] | None = None,
) -> None:
    first = due or {}
    rows: dict[str, dict[str, Any]] = {}
    for feed in defined:
        fresh = FeedState(feed.id, next_poll_at=first.get(feed.id, now), next_poll_reason="new")
        state = feed_state_row(feed, fresh)
        rows[feed.id] = {**feed_row(feed), **state, "origin": origin, "created": now}
    ordered = [rows[key] for key in sorted(rows)]
    insert_missing(connection, hosts, [host_row(name) for name in sorted(_hosts(ordered))])
    removed = _among(connection, sorted(rows), feeds.c.status == FeedStatus.REMOVED)
    update = (*_DEFINITION, "origin") if origin == _CONFIGURED else _DEFINITION
    upsert(connection, feeds, ordered, update)
    back = [
        {
            "of_feed": key,
            "origin": origin,
            "status": FeedStatus.ACTIVE,
            "next_poll_at": first.get(key, now),
            "next_poll_reason": "new",
        }
        for key in sorted(removed)
    ]
    if back:
        names: dict[str, Any] = {name: sa.bindparam(name) for name in back[0] if name != "of_feed"}
        statement = sa.update(feeds).where(feeds.c.id == sa.bindparam("of_feed")).values(names)
        connection.execute(statement, back)


def _among(
    connection: Connection, ids: Sequence[str], condition: sa.ColumnElement[bool]
) -> set[str]:
    """Those of `ids` for which the condition holds."""
    found: set[str] = set()
    for part in chunks(ids):
        statement = sa.select(feeds.c.id).where(feeds.c.id.in_(part), condition)
        found.update(connection.execute(statement).scalars())
    return found


def _hosts(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    return {row["host"] for row in rows}
