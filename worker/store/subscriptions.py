"""Who is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Subscription
from worker.store.codec import read_subscription, subscription_row
from worker.store.concern import Concern
from worker.store.endings import end_subscriptions
from worker.store.statements import chunks, upsert
from worker.store.tables import subscriptions

_CONFIGURED = "configuration"
_NOT_CONFIGURED = "the configuration does not name it any more"
_DEFINITION = (
    "channel",
    "rules",
    "companies",
    "alliances",
    "languages",
    "min_status",
    "min_confidence",
    "quiet",
    "digest_at",
    "timezone",
    "limit",
    "active",
    "ended",
    "told",
    "origin",
    "updated",
)


class SubscriptionMethods(Concern):
    """Subscriptions are never deleted: deliveries refer to them."""

    def sync_subscriptions(self, configured: Sequence[Subscription], now: datetime) -> None:
        """Take over the subscriptions of the configuration; those it no longer names end."""
        rows = {
            subscription.id: {
                **subscription_row(subscription),
                "active": True,
                "ended": None,
                "told": None,
                "origin": _CONFIGURED,
                "created": now,
                "updated": now,
            }
            for subscription in configured
        }

        def work(connection: Connection) -> None:
            upsert(connection, subscriptions, [rows[key] for key in sorted(rows)], _DEFINITION)
            active = connection.execute(
                sa.select(subscriptions.c.id).where(
                    subscriptions.c.active, subscriptions.c.origin == _CONFIGURED
                )
            ).scalars()
            for part in chunks(sorted(set(active) - set(rows))):
                connection.execute(
                    sa.update(subscriptions)
                    .where(subscriptions.c.id.in_(part))
                    .values(active=False, ended=_NOT_CONFIGURED, told=now, updated=now)
                )

        self._database.write(work)

    def subscriptions(self) -> list[Subscription]:
        """The active subscriptions."""
        statement = (
            sa.select(subscriptions)
            .where(subscriptions.c.active)
            .order_by(subscriptions.c.created, subscriptions.c.id)
        )
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [read_subscription(row) for row in rows]

    def end_subscription(self, subscription_id: str, reason: str, now: datetime) -> bool:
        """Make a subscription inactive and give up what it is owed. `False`: it is not active."""

        def work(connection: Connection) -> bool:
            active = sa.select(subscriptions.c.id).where(
                subscriptions.c.id == subscription_id, subscriptions.c.active
            )
            if connection.execute(active.with_for_update()).first() is None:
                return False
            end_subscriptions(connection, [subscription_id], reason, now)
            return True

        return self._database.write(work)
