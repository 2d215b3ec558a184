"""Feeds that hubs push to us: what was asked for, what was granted, what came."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from worker.domain.feed import FeedStatus
from worker.domain.push import MOST_MISSES, Hub, Push, PushState, ask_again, granted
from worker.store.concern import Concern
from worker.store.push_tables import pushes
from worker.store.statements import insert_missing
from worker.store.tables import feeds

_FIELDS = tuple(field.name for field in fields(Push))
_WATCHED = (FeedStatus.ACTIVE, FeedStatus.PAUSED)


class PushMethods(Concern):
    """Each feed has one hub at most; everything a hub is asked is written down before."""

    def want_push(self, feed_id: str, hub: Hub, key: str, secret: str, now: datetime) -> bool:
        """Note the hub that a feed names. `False`: nothing new, and `key` and `secret` unused.

        A feed that names another hub or topic than before is subscribed to anew.
        """

        def work(connection: Connection) -> bool:
            known = connection.execute(
                sa.select(pushes.c.hub, pushes.c.topic, pushes.c.state)
                .where(pushes.c.feed_id == feed_id)
                .with_for_update()
            ).one_or_none()
            fresh = {
                "hub": hub.url,
                "topic": hub.topic,
                "key": key,
                "secret": secret,
                "state": PushState.WANTED,
                "next_at": now,
                "lease_until": None,
                "pushed_at": None,
                "failures": 0,
                "misses": 0,
                "reason": "",
            }
            if known is None:
                insert_missing(connection, pushes, [{"feed_id": feed_id, **fresh}])
                return True
            if (known.hub, known.topic) == (hub.url, hub.topic):
                return False
            connection.execute(sa.update(pushes).where(pushes.c.feed_id == feed_id).values(**fresh))
            return True

        return self._database.write(work)

    def due_pushes(self, now: datetime, limit: int) -> list[tuple[Push, bool]]:
        """Those about which something is to be done, and whether their feed is still watched."""
        unwatched = sa.or_(feeds.c.status.is_(None), feeds.c.status.not_in(_WATCHED))
        statement = (
            sa.select(pushes, sa.not_(unwatched).label("watched"))
            .outerjoin(feeds, feeds.c.id == pushes.c.feed_id)
            .where(
                sa.or_(
                    pushes.c.next_at <= now,
                    sa.and_(unwatched, pushes.c.state != PushState.ENDING),
                )
            )
            .order_by(pushes.c.next_at, pushes.c.feed_id)
            .limit(limit)
        )
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [(_read(row), bool(row["watched"])) for row in rows]

    def push_asked(self, push: Push, now: datetime, *, ending: bool = False) -> None:
        """Note that the hub is about to be asked. While one is renewed it stays active."""
        kept = push.state in (PushState.ACTIVE, PushState.SILENT)
        state = PushState.ENDING if ending else (push.state if kept else PushState.ASKED)
        self._change(
            push.feed_id,
            state=state,
            failures=push.failures + 1,
            next_at=ask_again(push.failures + 1, now),
        )

    def push_refused(self, feed_id: str, reason: str) -> None:
        """Note why a hub did not take a request."""
        self._change(feed_id, reason=reason[:300])

    def push_verified(self, key: str, topic: str, seconds: str | None, now: datetime) -> bool:
        """The hub asks whether we want this. `False`: no, or not of this topic."""
        until, renew = granted(seconds, now)
        statement = (
            sa.update(pushes)
            .where(
                pushes.c.key == key,
                pushes.c.topic == topic,
                pushes.c.state.in_((PushState.ASKED, PushState.ACTIVE, PushState.SILENT)),
                pushes.c.failures > 0,  # we did ask
            )
            .values(
                state=PushState.ACTIVE,
                lease_until=until,
                next_at=renew,
                failures=0,
                misses=0,
                reason="",
            )
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def push_denied(self, key: str, topic: str, reason: str, now: datetime) -> bool:
        """The hub will not, or no more. It is asked again in a day."""
        statement = (
            sa.update(pushes)
            .where(pushes.c.key == key, pushes.c.topic == topic)
            .values(
                state=PushState.DENIED,
                lease_until=None,
                failures=0,
                next_at=ask_again(99, now),
                reason=reason[:300],
            )
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def push_ended(self, key: str, topic: str) -> bool:
        """The hub asks whether we want to leave. `False`: we do not."""
        statement = sa.delete(pushes).where(
            pushes.c.key == key, pushes.c.topic == topic, pushes.c.state == PushState.ENDING
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def forget_push(self, feed_id: str) -> None:
        """Forget a subscription whose hub does not answer our leaving."""
        statement = sa.delete(pushes).where(pushes.c.feed_id == feed_id)
        self._database.write(lambda c: c.execute(statement))

    def push_by_key(self, key: str) -> Push | None:
        """The subscription that a hub calls about."""
        return self._one(pushes.c.key == key)

    def push_of_feed(self, feed_id: str) -> Push | None:
        """What the hub of a feed does."""
        return self._one(pushes.c.feed_id == feed_id)

    def push_came(self, feed_id: str, now: datetime) -> None:
        """Note that a hub has pushed something that it signed."""
        statement = (
            sa.update(pushes)
            .where(pushes.c.feed_id == feed_id)
            .values(
                pushed_at=now,
                misses=0,
                state=sa.case(
                    (pushes.c.state == PushState.SILENT, PushState.ACTIVE), else_=pushes.c.state
                ),
            )
        )
        self._database.write(lambda c: c.execute(statement))

    def push_missed(self, feed_id: str, now: datetime) -> None:
        """A poll found what the hub should have pushed; after a few it counts as silent."""
        misses = pushes.c.misses + 1
        silent = misses >= MOST_MISSES
        statement = (
            sa.update(pushes)
            .where(pushes.c.feed_id == feed_id, pushes.c.state == PushState.ACTIVE)
            .values(
                misses=misses,
                state=sa.case((silent, PushState.SILENT), else_=pushes.c.state),
                reason=sa.case((silent, "it has not pushed what is new"), else_=pushes.c.reason),
            )
        )
        self._database.write(lambda c: c.execute(statement))

    def pushed_feeds(self, now: datetime) -> set[str]:
        """The feeds that their hubs push now, as far as is known."""
        statement = sa.select(pushes.c.feed_id).where(
            pushes.c.state == PushState.ACTIVE, pushes.c.lease_until > now
        )
        return set(self._database.read(lambda c: c.execute(statement).scalars().all()))

    def _one(self, condition: sa.ColumnElement[bool]) -> Push | None:
        statement = sa.select(pushes).where(condition)
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else _read(row)

    def _change(self, feed_id: str, **values: Any) -> None:
        statement = sa.update(pushes).where(pushes.c.feed_id == feed_id).values(**values)
        self._database.write(lambda c: c.execute(statement))


def _read(row: RowMapping) -> Push:
    return Push(**{**{name: row[name] for name in _FIELDS}, "state": PushState(row["state"])})
