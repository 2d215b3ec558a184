"""Who is told what of a story: deliveries planned, gathered into digests, or made pointless."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.digest import DIGEST
from worker.domain.standing import Digested, Pending, Standing
from worker.domain.story import Mute, Story
from worker.store.alerts import load_alerts
from worker.store.statements import chunks, insert_missing
from worker.store.story_tables import digest_alerts, mutes
from worker.store.tables import alerts, deliveries

_OVERTAKEN = "not sent: a later message of its story says more"
_ROUNDS = 50


def load_standing(
    connection: Connection, story: Story, now: datetime, *, everyone: bool
) -> Standing:
    """What has been told of a story; with `everyone`, all who were ever sent anything of it."""
    latest = alerts.c.id == story.alert_id
    sent = connection.execute(
        sa.select(
            deliveries.c.id,
            deliveries.c.channel,
            deliveries.c.state,
            alerts.c.id.label("alert_id"),
            alerts.c.sequence,
            alerts.c.changes,
        )
        .join(alerts, alerts.c.id == deliveries.c.alert_id)
        .where(
            alerts.c.story_id == story.id, latest | (deliveries.c.state == DeliveryState.PENDING)
        )
        .order_by(alerts.c.sequence, deliveries.c.id)
    ).all()
    gathered = connection.execute(
        sa.select(deliveries.c.channel)
        .join(digest_alerts, digest_alerts.c.delivery_id == deliveries.c.id)
        .where(digest_alerts.c.alert_id == story.alert_id)
    ).scalars()
    told = {row.channel for row in sent if row.alert_id == story.alert_id}
    return Standing(
        latest=_latest(connection, story),
        told=frozenset(told.union(gathered)),
        pending=tuple(
            Pending(row.id, row.channel, row.sequence, frozenset(c[0] for c in row.changes))
            for row in sent
            if row.state == DeliveryState.PENDING
        ),
        mutes=load_mutes(connection, story.id, now),
        listeners=_listeners(connection, story) if everyone else frozenset(),
    )


def _listeners(connection: Connection, story: Story) -> frozenset[str]:
    alone = (
        sa.select(deliveries.c.subscription_id)
        .join(alerts, alerts.c.id == deliveries.c.alert_id)
        .where(alerts.c.story_id == story.id, deliveries.c.state != DeliveryState.SUPERSEDED)
    )
    gathered = (
        sa.select(deliveries.c.subscription_id)
        .join(digest_alerts, digest_alerts.c.delivery_id == deliveries.c.id)
        .join(alerts, alerts.c.id == digest_alerts.c.alert_id)
        .where(alerts.c.story_id == story.id)
    )
    return frozenset(connection.execute(alone.union(gathered)).scalars())


def _latest(connection: Connection, story: Story) -> Any:
    return load_alerts(connection, [story.alert_id]).get(story.alert_id) if story.alert_id else None


def load_mutes(connection: Connection, story_id: str, now: datetime) -> tuple[Mute, ...]:
    """The mutes of a story that are in force."""
    rows = connection.execute(
        sa.select(mutes).where(mutes.c.story_id == story_id, mutes.c.until > now)
    )
    return tuple(map(read_mute, rows))


def read_mute(row: Any) -> Mute:
    """A mute from its row."""
    return Mute(row.story_id, row.until, row.subscription_id or None, row.by)


def count_planned(connection: Connection, channel: str, since: datetime, until: datetime) -> int:
    """How many messages about one alert a channel is to get within that time."""
    return connection.execute(
        sa.select(sa.func.count()).where(
            deliveries.c.channel == channel,
            deliveries.c.planned >= since,
            deliveries.c.planned < until,
            deliveries.c.alert_id.is_not(None),
            deliveries.c.state != DeliveryState.SUPERSEDED,
        )
    ).scalar_one()


def record_deliveries(connection: Connection, wanted: Sequence[Delivery], now: datetime) -> None:
    """Owe deliveries; those that are known stay as they are."""
    insert_missing(connection, deliveries, [delivery_row(delivery, now) for delivery in wanted])


def delivery_row(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The columns of a delivery that nobody has tried yet."""
    pending = delivery.state is DeliveryState.PENDING
    due = (delivery.next_attempt_at or now) if pending else None
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "subscription_id": delivery.subscription_id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": 0,
        "due_at": due,
        "queued_at": now,
        "created": delivery.created or now,
        "settled": None if pending else (delivery.settled or now),
        "last_error": delivery.last_error,
        "planned": due,
        "told_by": delivery.told_by,
    }


def record_digests(
    connection: Connection, entries: Sequence[Digested], now: datetime
) -> list[tuple[str, str, datetime]]:
    """Put alerts into the digests that are to go out; id, channel and time of each of these.

    One that is on its way already must not change any more: what comes late gets another.
    """
    owed: dict[str, tuple[str, str, datetime]] = {}
    for entry in entries:
        if _is_gathered(connection, entry):
            continue
        for round_ in range(_ROUNDS):
            digest_id = entry.digest_id(round_)
            insert_missing(connection, deliveries, [_digest_row(digest_id, entry, now)])
            held = connection.execute(
                sa.select(deliveries.c.state, deliveries.c.attempts, deliveries.c.replayed)
                .where(deliveries.c.id == digest_id)
                .with_for_update()
            ).one()
            if held.state == DeliveryState.PENDING and not held.attempts and not held.replayed:
                break
        row = {"delivery_id": digest_id, "alert_id": entry.alert_id, "told_by": entry.told_by}
        insert_missing(connection, digest_alerts, [row])
        owed[digest_id] = (digest_id, entry.channel, entry.due)
    return list(owed.values())


def _is_gathered(connection: Connection, entry: Digested) -> bool:
    known = (
        sa.select(deliveries.c.id)
        .join(digest_alerts, digest_alerts.c.delivery_id == deliveries.c.id)
        .where(
            digest_alerts.c.alert_id == entry.alert_id,
            deliveries.c.subscription_id == entry.subscription_id,
        )
    )
    return connection.execute(known).first() is not None


def _digest_row(digest_id: str, entry: Digested, now: datetime) -> dict[str, Any]:
    return {
        "id": digest_id,
        "alert_id": None,
        "announcement": {
            "kind": DIGEST,
            "created": entry.due.isoformat(),
            "headline": "Digest",
            "lines": [],
            "data": {},
        },
        "subscription_id": entry.subscription_id,
        "channel": entry.channel,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "due_at": entry.due,
        "queued_at": now,
        "created": now,
        "planned": entry.due,
    }


def supersede(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Drop messages that have not gone out; those under way arrive all the same."""
    for part in chunks(sorted(ids)):
        connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.id.in_(part), deliveries.c.state == DeliveryState.PENDING)
            .values(state=DeliveryState.SUPERSEDED, due_at=None, settled=now, last_error=_OVERTAKEN)
        )
