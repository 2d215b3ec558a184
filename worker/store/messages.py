"""What deliveries say: the same on every attempt, whatever comes in meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert
from worker.domain.digest import DIGEST, Digest
from worker.store.alerts import as_told, load_mentions
from worker.store.statements import chunks
from worker.store.story_tables import digest_alerts
from worker.store.tables import deliveries


def load(connection: Connection, rows: Sequence[Any]) -> dict[str, Alert | Digest]:
    """The alert or digest of each delivery in `rows`, by the delivery's id.

    An alert names the reports that were known at the first attempt, on every later one too.
    """
    alone = [row for row in rows if row["alert_id"] is not None]
    gathered = [row for row in rows if row["alert_id"] is None and _is_digest(row)]
    listed = _listed(connection, [row["id"] for row in gathered])
    told = as_told(
        connection,
        [(row["alert_id"], row["told_by"]) for row in alone]
        + [pair for pairs in listed.values() for pair in pairs],
    )
    found: dict[str, Alert | Digest] = {}
    known = load_mentions(connection, [row["alert_id"] for row in alone])
    first: dict[int, list[str]] = {}
    for row in alone:
        alert = told[row["alert_id"], row["told_by"]]
        mentions = known.get(alert.id, [])
        also = row["also"]
        if also is None:
            also = max((number for number, _ in mentions), default=0)
            first.setdefault(also, []).append(row["id"])
        others = (m for number, m in mentions if number <= also and m.item_id != alert.item.id)
        found[row["id"]] = replace(alert, also_reported_by=tuple(others))
    _remember(connection, first)
    for row in gathered:
        alerts = [told[pair] for pair in listed.get(row["id"], ()) if pair in told]
        found[row["id"]] = Digest(row["planned"], _story_by_story(alerts))
    return found


def _story_by_story(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Each story in its order, that one first which moved first."""
    began: dict[str, datetime] = {}
    for alert in sorted(alerts, key=lambda each: each.created):
        began.setdefault(alert.story_id, alert.created)
    return tuple(sorted(alerts, key=lambda a: (began[a.story_id], a.story_id, a.sequence)))


def _is_digest(row: Any) -> bool:
    return bool(row["announcement"]) and row["announcement"].get("kind") == DIGEST


def _remember(connection: Connection, known: Mapping[int, Sequence[str]]) -> None:
    """How many reports the first attempt of each delivery knew of."""
    for also, ids in known.items():
        for part in chunks(sorted(ids)):
            connection.execute(
                sa.update(deliveries).where(deliveries.c.id.in_(part)).values(also=also)
            )


def _listed(connection: Connection, ids: Sequence[str]) -> dict[str, list[tuple[str, str | None]]]:
    found: dict[str, list[tuple[str, str | None]]] = {}
    for part in chunks(sorted(ids)):
        rows = connection.execute(
            sa.select(digest_alerts).where(digest_alerts.c.delivery_id.in_(part))
        )
        for row in rows:
            found.setdefault(row.delivery_id, []).append((row.alert_id, row.told_by))
    return found
