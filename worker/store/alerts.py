"""Loading alerts with their event and item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert
from worker.store.codec import ITEM_FIELDS, read_alert
from worker.store.statements import chunks
from worker.store.tables import alerts, events, items


def select_alerts() -> sa.Select[Any]:
    """Alerts in the form that `codec.read_alert` takes."""
    item_columns = [items.c[name].label(f"item_{name}") for name in ITEM_FIELDS if name != "id"]
    return (
        sa.select(*alerts.c, events.c.body.label("event_body"), *item_columns)
        .join(events, events.c.id == alerts.c.event_id)
        .join(items, items.c.id == alerts.c.item_id)
    )


def load_alerts(connection: Connection, ids: Sequence[str]) -> dict[str, Alert]:
    """The alerts with these ids."""
    found: dict[str, Alert] = {}
    for part in chunks(sorted(set(ids))):
        rows = connection.execute(select_alerts().where(alerts.c.id.in_(part))).mappings()
        found.update((row["id"], read_alert(row)) for row in rows)
    return found
