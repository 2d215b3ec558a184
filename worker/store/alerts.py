"""Loading alerts with their event, their item and the other reports of their news."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert
from worker.domain.item import Source
from worker.domain.story import Mention
from worker.store.arrivals import load_sources
from worker.store.codec import ITEM_FIELDS, read_alert, read_event, read_item
from worker.store.statements import chunks
from worker.store.story_tables import reports
from worker.store.tables import alerts, events, items

_ITEM_COLUMNS = [items.c[name].label(f"item_{name}") for name in ITEM_FIELDS if name != "id"]


def select_alerts() -> sa.Select[Any]:
    """Alerts in the form that `codec.read_alert` takes."""
    return (
        sa.select(*alerts.c, events.c.body.label("event_body"), *_ITEM_COLUMNS)
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


def with_mentions(connection: Connection, told: Sequence[Alert]) -> list[Alert]:
    """The alerts with everybody else who reported their news, in words of their own or not."""
    known = load_mentions(connection, [alert.id for alert in told])
    others = {alert.id: [mention for _, mention in known.get(alert.id, ())] for alert in told}
    of_items = {alert.item.id for alert in told}
    of_items.update(mention.item_id for mentions in others.values() for mention in mentions)
    sources = load_sources(connection, sorted(of_items))
    found = []
    for alert in told:
        also = _copies(alert.item.id, sources)
        for mention in others[alert.id]:
            also += [mention, *_copies(mention.item_id, sources)]
        found.append(replace(alert, also_reported_by=tuple(also)))
    return found


def _copies(item_id: str, sources: Mapping[str, Sequence[Source]]) -> list[Mention]:
    """Those who brought the same item."""
    return [
        Mention(item_id, one.title, one.name, one.url, one.published)
        for one in sources.get(item_id, ())
    ]


def load_mentions(
    connection: Connection, ids: Iterable[str]
) -> dict[str, list[tuple[int, Mention]]]:
    """The further reports of alerts with their numbers, in their order."""
    found: dict[str, list[tuple[int, Mention]]] = {}
    for part in chunks(sorted(set(ids))):
        rows = connection.execute(
            sa.select(
                reports.c.alert_id,
                reports.c.number,
                items.c.id,
                items.c.title,
                items.c.source,
                items.c.url,
                items.c.published,
            )
            .join(events, events.c.id == reports.c.event_id)
            .join(items, items.c.id == events.c.item_id)
            .where(reports.c.alert_id.in_(part), reports.c.number > 1)
            .order_by(reports.c.alert_id, reports.c.number)
        )
        for row in rows:
            mention = Mention(row.id, row.title, row.source, row.url, row.published)
            found.setdefault(row.alert_id, []).append((row.number, mention))
    return found


def as_told(
    connection: Connection, wanted: Sequence[tuple[str, str | None]]
) -> dict[tuple[str, str | None], Alert]:
    """Alerts, each in its own words or in those of another report: pairs of alert and event."""
    found = load_alerts(connection, [alert_id for alert_id, _ in wanted])
    words = _words(connection, sorted({told_by for _, told_by in wanted if told_by}))
    return {
        (alert_id, told_by): _in_words(found[alert_id], words.get(told_by or ""))
        for alert_id, told_by in wanted
        if alert_id in found
    }


def _words(connection: Connection, event_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for part in chunks(event_ids):
        rows = connection.execute(
            sa.select(
                reports.c.event_id,
                reports.c.headline,
                events.c.body,
                items.c.id.label("item_id"),
                items.c.found_language,
                *_ITEM_COLUMNS,
            )
            .join(events, events.c.id == reports.c.event_id)
            .join(items, items.c.id == events.c.item_id)
            .where(reports.c.event_id.in_(part))
        ).mappings()
        found.update((str(row["event_id"]), dict(row)) for row in rows)
    return found


def _in_words(alert: Alert, words: Mapping[str, Any] | None) -> Alert:
    if words is None:
        return alert
    return replace(
        alert,
        event=replace(read_event(words["body"]), status=alert.event.status),
        item=read_item(words, "item_"),
        headline=words["headline"],
        language=words["found_language"] or alert.language,
        told_by=words["event_id"],
    )
