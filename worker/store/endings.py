"""How subscriptions end and endpoints are proved, inside a transaction of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.delivery import DeliveryState
from worker.store.outbox_tables import circuits, endpoints
from worker.store.statements import chunks
from worker.store.tables import deliveries, subscriptions

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When something was queued that no message carries."""


def end_subscriptions(
    connection: Connection,
    ids: Sequence[str],
    reason: str,
    now: datetime,
    *,
    unverified: bool = False,
) -> None:
    """Nothing more is sent to these; what they are still owed is visibly given up.

    With `unverified` only those end whose endpoint has never answered a test.
    """
    if unverified:
        statement = sa.select(endpoints.c.subscription_id).where(
            endpoints.c.subscription_id.in_(list(ids)), endpoints.c.verified.is_(None)
        )
        ids = list(connection.execute(statement).scalars())
    for part in chunks(sorted(set(ids))):
        connection.execute(
            sa.update(subscriptions)
            .where(subscriptions.c.id.in_(part))
            .values(active=False, ended=reason, told=None, updated=now)
        )
        connection.execute(
            sa.update(endpoints).where(endpoints.c.subscription_id.in_(part)).values(verified=None)
        )
        connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.subscription_id.in_(part),
                deliveries.c.state == DeliveryState.PENDING,
            )
            .values(
                state=DeliveryState.EXHAUSTED,
                due_at=None,
                settled=now,
                last_error=f"not sent: {reason}",
            )
        )


def verify_endpoint(connection: Connection, subscription_id: str, now: datetime) -> None:
    """An endpoint has answered its test: what was held for it goes out."""
    channel = connection.execute(
        sa.update(endpoints)
        .where(
            endpoints.c.subscription_id == subscription_id,
            endpoints.c.subscription_id.in_(
                sa.select(subscriptions.c.id).where(subscriptions.c.active)
            ),
        )
        .values(verified=now)
        .returning(endpoints.c.channel)
    ).scalar_one_or_none()
    if channel is None:
        return
    connection.execute(sa.update(circuits).where(circuits.c.name == channel).values(held=False))
    connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.channel == channel, deliveries.c.state == DeliveryState.PENDING)
        .values(queued_at=NEVER)
    )
