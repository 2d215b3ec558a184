"""Polls: whose turn it is, and what a poll brought.

Polls are leased by host: whoever polls a feed has its host, so that no host is ever asked two
things at a time, however many pollers there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain import ids
from worker.domain.delivery import Announcement
from worker.domain.feed import Feed, FeedState, FeedStatus, Polled, Rest, Turn
from worker.domain.payload import timestamp
from worker.net import redact_url
from worker.store.arrivals import Hold, Lot, new_ids, take_in
from worker.store.codec import feed_state_row, read_feed
from worker.store.concern import Concern
from worker.store.deliveries import announcement_row
from worker.store.feeds import host_row
from worker.store.statements import chunks, insert_missing
from worker.store.tables import audit, deliveries, feeds, hosts

ACTOR = "poller"
"""Who stands in the audit log for what a poll changed by itself."""

ARTICLE_WAIT = timedelta(seconds=45)
"""For how long an item of a feed with `full_text` waits for its article before it does without."""

_SET_ASIDE = sa.or_(
    feeds.c.status == sa.literal_column(f"'{FeedStatus.PAUSED.value}'"),
    feeds.c.status == sa.literal_column(f"'{FeedStatus.REMOVED.value}'"),
)
_FREE = {"lease_owner": None, "lease_until": None, "feed_id": None}
# SQLite before 3.32 takes 999 parameters in a statement.
_HOSTS_AT_ONCE = 300


class PollMethods(Concern):
    """A host is leased to one poller at a time, and is left alone until its `next_at`."""

    def claim_due_feeds(
        self, now: datetime, *, limit: int, lease: timedelta, owner: str
    ) -> list[tuple[Feed, FeedState]]:
        """Lease the hosts of up to `limit` due feeds to `owner`, those that have waited longest.

        One feed a host. Hosts that are being asked, or that are to be left alone, are passed over.
        """

        def work(connection: Connection) -> list[tuple[Feed, FeedState]]:
            names = connection.execute(_due_hosts(now, limit)).scalars().all()
            claimed: list[tuple[Feed, FeedState]] = []
            for part in chunks(names, _HOSTS_AT_ONCE):
                # Locked, and looked at once more: another poller may have been quicker.
                taken = connection.execute(
                    sa.select(hosts.c.name)
                    .where(hosts.c.name.in_(part), *_is_free(now))
                    .with_for_update(skip_locked=True)
                ).scalars()
                found = connection.execute(_first_of_each(list(taken), now)).mappings().all()
                _lease(connection, [(row["host"], row["id"]) for row in found], owner, now + lease)
                claimed += map(read_feed, found)
            return claimed

        return self._database.write(work)

    def renew_polls(self, owner: str, feed_ids: Sequence[str], until: datetime) -> int:
        """Prolong the leases that `owner` has for these feeds; gives their number."""

        def work(connection: Connection) -> int:
            renewed = 0
            for part in chunks(sorted(feed_ids)):
                statement = (
                    sa.update(hosts)
                    .where(hosts.c.feed_id.in_(part), hosts.c.lease_owner == owner)
                    .values(lease_until=until)
                )
                renewed += connection.execute(statement).rowcount
            return renewed

        return self._database.write(work)

    def release_polls(self, owner: str, feed_id: str | None = None) -> int:
        """Give hosts back unpolled, of one feed or all that `owner` has: the feeds stay due."""
        statement = sa.update(hosts).where(hosts.c.lease_owner == owner).values(_FREE)
        if feed_id is not None:
            statement = statement.where(hosts.c.feed_id == feed_id)
        return self._database.write(lambda c: c.execute(statement).rowcount)

    def store_polls(
        self, owner: str, polled: Sequence[Polled], ops_channels: Sequence[str] = ()
    ) -> list[list[str]]:
        """Store what polls brought, and give back for each the ids of its items not known before.

        All in one transaction, which also ends the leases. A poller whose lease has passed to
        another still brings its items in, but no longer changes the feed's state; neither does
        a poll revive a feed that was paused or removed meanwhile. What a poll changed for good is
        noted in the audit log and owed to `ops_channels`.
        """

        def work(connection: Connection) -> list[list[str]]:
            held = _held(connection, owner, [one.feed.id for one in polled])
            lots = [Lot(one.arrivals, one.at, _awaits_articles(owner, one)) for one in polled]
            taken = take_in(connection, lots)
            current = [one for one in polled if one.feed.id in held]
            _settle(connection, current, held)
            for one in current:
                for rest in one.rests:
                    _rest(connection, rest)
                for turn in one.turns:
                    _note(connection, one, turn)
                    _announce(connection, one, turn, ops_channels)
            return [list(new_ids(one)) for one in taken]

        return self._database.write(work)

    def resume_first_polls(self, now: datetime, few: int) -> int:
        """Go on with first polls that were spread, where nobody went on; how many were put off.

        When more than `few` feeds that have never been polled are overdue, all such feeds are put
        off by as long as the first of them has waited: they stay as far apart as they were.
        """
        waiting = (
            sa.select(feeds.c.id, feeds.c.next_poll_at)
            .where(
                feeds.c.status == FeedStatus.ACTIVE,
                feeds.c.last_polled_at.is_(None),
                feeds.c.next_poll_at > feeds.c.created,
            )
            .order_by(feeds.c.id)
            .with_for_update()
        )

        def work(connection: Connection) -> int:
            rows = connection.execute(waiting).all()
            overdue = [row.next_poll_at for row in rows if row.next_poll_at <= now]
            if len(overdue) <= few:
                return 0
            late = now - min(overdue)
            connection.execute(
                sa.update(feeds)
                .where(feeds.c.id == sa.bindparam("of_feed"))
                .values(next_poll_at=sa.bindparam("due")),
                [{"of_feed": row.id, "due": row.next_poll_at + late} for row in rows],
            )
            return len(rows)

        return self._database.write(work)

    def next_poll_due(self, now: datetime, within: timedelta) -> datetime | None:
        """When the next feed can be claimed, not before `now`; `None`: not `within` that time."""
        moments = (
            sa.select(feeds.c.next_poll_at, hosts.c.next_at, hosts.c.lease_until)
            .join(hosts, hosts.c.name == feeds.c.host)
            .where(
                feeds.c.status == FeedStatus.ACTIVE,
                _until(feeds.c.next_poll_at, now + within),
                _until(hosts.c.next_at, now + within),
                _until(hosts.c.lease_until, now + within),
            )
            .order_by(feeds.c.next_poll_at.nulls_first())
            .limit(100)
        )
        rows = self._database.read(lambda c: c.execute(moments).all())
        return min((max(now, *filter(None, row)) for row in rows), default=None)

    def planned_polls(self, after: datetime) -> list[datetime]:
        """When active feeds are to be polled, as far as that is later than `after`."""
        statement = sa.select(feeds.c.next_poll_at).where(
            feeds.c.status == FeedStatus.ACTIVE, feeds.c.next_poll_at > after
        )
        return list(self._database.read(lambda c: c.execute(statement).scalars().all()))


def article_owner(poller: str) -> str:
    """Who holds the items of a poller while their articles are looked for."""
    return f"article:{poller}"


def _awaits_articles(owner: str, polled: Polled) -> Hold | None:
    if not polled.feed.full_text:
        return None
    return Hold(article_owner(owner), polled.at + ARTICLE_WAIT)


def _until(column: sa.ColumnElement[Any], moment: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(column.is_(None), column <= moment)


def _is_free(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return _until(hosts.c.next_at, now), _until(hosts.c.lease_until, now)


def _is_due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return feeds.c.status == FeedStatus.ACTIVE, _until(feeds.c.next_poll_at, now)


def _due_hosts(now: datetime, limit: int) -> sa.Select[tuple[str]]:
    """Hosts that may be asked now and have something due, the longest waiting first."""
    return (
        sa.select(hosts.c.name)
        .join(feeds, feeds.c.host == hosts.c.name)
        .where(*_is_due(now), *_is_free(now))
        .group_by(hosts.c.name)
        .order_by(sa.func.min(feeds.c.next_poll_at).nulls_first(), hosts.c.name)
        .limit(limit)
    )


def _first_of_each(names: Sequence[str], now: datetime) -> sa.Select[Any]:
    """Of each of these hosts the feed that has been due for longest."""
    place = (
        sa.func.row_number()
        .over(partition_by=feeds.c.host, order_by=(feeds.c.next_poll_at.nulls_first(), feeds.c.id))
        .label("place")
    )
    ranked = sa.select(feeds, place).where(feeds.c.host.in_(names), *_is_due(now)).subquery()
    return (
        sa.select(ranked)
        .where(ranked.c.place == 1)
        .order_by(ranked.c.next_poll_at.nulls_first(), ranked.c.id)
    )


def _lease(
    connection: Connection, pairs: Sequence[tuple[str, str]], owner: str, until: datetime
) -> None:
    if not pairs:
        return
    statement = (
        sa.update(hosts)
        .where(hosts.c.name == sa.bindparam("of_host"))
        .values(lease_owner=owner, lease_until=until, feed_id=sa.bindparam("of_feed"))
    )
    connection.execute(statement, [{"of_host": host, "of_feed": feed} for host, feed in pairs])


def _held(connection: Connection, owner: str, feed_ids: Sequence[str]) -> dict[str, str]:
    """The hosts that `owner` holds for these feeds, by feed."""
    held: dict[str, str] = {}
    for part in chunks(sorted(feed_ids)):
        rows = connection.execute(
            sa.select(hosts.c.feed_id, hosts.c.name)
            .where(hosts.c.feed_id.in_(part), hosts.c.lease_owner == owner)
            .order_by(hosts.c.name)
            .with_for_update()
        )
        held.update((feed_id, name) for feed_id, name in rows)
    return held


def _settle(connection: Connection, polled: Iterable[Polled], held: dict[str, str]) -> None:
    """Write the feeds' states and give their hosts back."""
    states, free = [], []
    for one in sorted(polled, key=lambda one: one.feed.id):
        row = feed_state_row(one.feed, one.state)
        row["new_status"] = row.pop("status")
        row["of_feed"] = row.pop("feed_id", one.feed.id)
        states.append(row)
        free.append({"of_host": held[one.feed.id], "rested": one.at + one.gap})
    if not states:
        return
    moved = {row["host"] for row in states} - {row["of_host"] for row in free}
    insert_missing(connection, hosts, [host_row(name) for name in sorted(moved)])
    columns: dict[str, Any] = {name: sa.bindparam(name) for name in states[0] if name in feeds.c}
    columns["status"] = sa.case((_SET_ASIDE, feeds.c.status), else_=sa.bindparam("new_status"))
    connection.execute(
        sa.update(feeds).where(feeds.c.id == sa.bindparam("of_feed")).values(columns), states
    )
    connection.execute(
        sa.update(hosts)
        .where(hosts.c.name == sa.bindparam("of_host"))
        .values(
            next_at=sa.case(
                (hosts.c.next_at > sa.bindparam("rested"), hosts.c.next_at),
                else_=sa.bindparam("rested"),
            ),
            **_FREE,
        ),
        free,
    )


def _rest(connection: Connection, rest: Rest) -> None:
    """Leave a host alone until a moment: none of its feeds is due before."""
    insert_missing(connection, hosts, [host_row(rest.host)])
    connection.execute(
        sa.update(hosts)
        .where(hosts.c.name == rest.host, _until(hosts.c.next_at, rest.until))
        .values(next_at=rest.until, reason=rest.reason)
    )
    connection.execute(
        sa.update(feeds)
        .where(
            feeds.c.host == rest.host,
            feeds.c.status == FeedStatus.ACTIVE,
            feeds.c.next_poll_at < rest.until,
        )
        .values(next_poll_at=rest.until, next_poll_reason=rest.reason)
    )


def _note(connection: Connection, one: Polled, turn: Turn) -> None:
    """In the audit log, in the same transaction as the change."""
    row = {
        "at": one.at,
        "actor": ACTOR,
        "action": turn.action,
        "target": one.feed.id,
        "detail": turn.detail,
    }
    connection.execute(sa.insert(audit), row)


def _announce(connection: Connection, one: Polled, turn: Turn, channels: Sequence[str]) -> None:
    """Owe operators a message about it, in the same transaction as the change."""
    said = Announcement(
        kind=turn.kind,
        created=one.at,
        headline=turn.detail,
        lines=(f"Its address is {redact_url(one.feed.url)}.",),
        data={
            "feed_id": one.feed.id,
            "name": one.feed.name,
            "url": redact_url(one.feed.url),
            "polled_at": turn.url,
            "since": timestamp(one.at),
        },
    )
    rows = [
        announcement_row(
            ids.derive("msg", turn.kind, one.feed.id, channel, one.at.isoformat()),
            f"ops:{channel}",
            channel,
            said,
            one.at,
        )
        for channel in channels
    ]
    insert_missing(connection, deliveries, rows)
