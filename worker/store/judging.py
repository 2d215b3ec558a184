"""Recording what an item came to: its events, their stories, alerts and deliveries, at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert, Story
from worker.domain.delivery import Delivery, DeliveryState
from worker.domain.event import Event
from worker.store.codec import alert_row, event_json, read_story, story_row
from worker.store.concern import Concern
from worker.store.items import ItemState, classified
from worker.store.statements import chunks, insert_missing, upsert
from worker.store.tables import alert_companies, alerts, deliveries, events, items, stories

_STORY_MOVES = ("updated", "sequence", "status", "state")


class Judging:
    """One item under judgement, inside its transaction.

    `done`: the item has been classified already (or is gone), so that nothing is to be recorded.
    `stories`: those of the wanted stories that exist; they do not change until the end.
    """

    def __init__(
        self,
        connection: Connection,
        item_id: str,
        now: datetime,
        *,
        done: bool,
        stories: dict[str, Story],
        locked: frozenset[str],
    ) -> None:
        self._connection = connection
        self._item_id = item_id
        self._now = now
        self._locked = locked
        self.done = done
        self.stories = stories

    def record(
        self,
        language: str | None,
        events: Sequence[tuple[str, Event]],
        stories: Sequence[Story],
        alerts: Sequence[Alert],
        deliveries: Sequence[Delivery],
    ) -> None:
        """Write the result: all of it when the block ends, or nothing.

        `events` are pairs of id and event, the item's main one first. Rows that exist stay as
        they are, except stories, which move on. Nothing is written when `done`. Raises
        `ValueError` for a story that this judging has not locked.
        """
        if self.done:
            return
        strangers = {s.id for s in stories} | {a.story_id for a in alerts}
        if strangers := strangers - self._locked:
            raise ValueError(f"stories that were not locked: {', '.join(sorted(strangers))}")
        _record_events(self._connection, self._item_id, events, self._now)
        rows = [story_row(story, self._now) for story in sorted(stories, key=lambda s: s.id)]
        upsert(self._connection, _stories, rows, _STORY_MOVES)
        _record_alerts(self._connection, alerts)
        _record_deliveries(self._connection, deliveries, self._now)
        self._connection.execute(
            sa.update(items)
            .where(items.c.id == self._item_id)
            .values(classified(language, self._now))
        )
        self.done = True


class JudgingMethods(Concern):
    """The one transaction between an item and its alerts."""

    @contextmanager
    def judging(self, item_id: str, story_ids: Sequence[str], now: datetime) -> Iterator[Judging]:
        """One transaction in which an item is judged against its stories.

        Nobody else judges the item, or an item of one of the stories, until the block ends.
        What `record` wrote is committed at the end; an exception takes everything back.
        """
        with self._database.transaction() as connection:
            done = _lock_item(connection, item_id)
            known: dict[str, Story] = {}
            if not done:
                _lock_stories(connection, story_ids)
                known = _load_stories(connection, story_ids)
            yield Judging(
                connection,
                item_id,
                now,
                done=done,
                stories=known,
                locked=frozenset(story_ids),
            )


_stories = stories  # the methods above have parameters of these names


def _lock_item(connection: Connection, item_id: str) -> bool:
    state = connection.execute(
        sa.select(items.c.state).where(items.c.id == item_id).with_for_update()
    ).scalar_one_or_none()
    return state is None or state == ItemState.CLASSIFIED


def _lock_stories(connection: Connection, story_ids: Sequence[str]) -> None:
    """Lock stories that may not exist yet, always in the same order so that none deadlock."""
    if connection.dialect.name == "sqlite":
        return
    for key in sorted({_lock_key(story_id) for story_id in story_ids}):
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _lock_key(story_id: str) -> int:
    digest = hashlib.blake2b(story_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _load_stories(connection: Connection, story_ids: Sequence[str]) -> dict[str, Story]:
    found: dict[str, Story] = {}
    for part in chunks(sorted(set(story_ids))):
        rows = connection.execute(sa.select(stories).where(stories.c.id.in_(part))).mappings()
        found.update((row["id"], read_story(row)) for row in rows)
    return found


def _record_events(
    connection: Connection, item_id: str, found: Sequence[tuple[str, Event]], now: datetime
) -> None:
    rows = [
        {
            "id": event_id,
            "item_id": item_id,
            "position": position,
            "rule": event.rule,
            "created": now,
            "body": event_json(event),
        }
        for position, (event_id, event) in enumerate(found)
    ]
    insert_missing(connection, events, rows)


def _record_alerts(connection: Connection, raised: Sequence[Alert]) -> None:
    insert_missing(connection, alerts, [alert_row(alert) for alert in raised])
    companies = [
        {"company": company, "alert_id": alert.id}
        for alert in raised
        for company in dict.fromkeys(alert.event.companies)
    ]
    insert_missing(connection, alert_companies, companies)


def _record_deliveries(connection: Connection, wanted: Sequence[Delivery], now: datetime) -> None:
    rows = [_delivery_row(delivery, now) for delivery in wanted]
    insert_missing(connection, deliveries, rows)


def _delivery_row(delivery: Delivery, now: datetime) -> dict[str, Any]:
    pending = delivery.state is DeliveryState.PENDING
    return {
        "id": delivery.id,
        "alert_id": delivery.alert_id,
        "subscription_id": delivery.subscription_id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "attempts": 0,
        "due_at": (delivery.next_attempt_at or now) if pending else None,
        "queued_at": now,
        "created": delivery.created or now,
        "settled": None if pending else (delivery.settled or now),
        "last_error": delivery.last_error,
    }
