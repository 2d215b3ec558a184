"""Lists and details for the dashboard and the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.alert import Alert
from worker.domain.delivery import SUBSCRIPTION_TEST, Announcement, DeliveryState
from worker.domain.digest import DIGEST
from worker.store.alerts import load_alerts, select_alerts, with_mentions
from worker.store.arrivals import load_sources
from worker.store.codec import (
    read_alert,
    read_announcement,
    read_attempt,
    read_delivery,
    read_event,
    read_item,
    searchable,
)
from worker.store.figures import FigureReads
from worker.store.items import ItemState, in_state
from worker.store.paging import newest_first, page
from worker.store.story_reads import StoryReads
from worker.store.story_tables import digest_alerts
from worker.store.tables import (
    alert_companies,
    alerts,
    attempts,
    deliveries,
    events,
    items,
)
from worker.store.views import (
    AlertDetail,
    AlertFilter,
    DeliveryDetail,
    DeliveryFilter,
    DeliveryLine,
    ItemDetail,
    ItemFilter,
    Page,
)

Conditions = list[sa.ColumnElement[bool]]


class Reads(FigureReads, StoryReads):
    """Nothing here changes anything. A cursor that was not given out raises `ValueError`."""

    def alerts(self, filters: AlertFilter, cursor: str | None, limit: int) -> Page[Alert]:
        """The alerts that pass the filters, the newest first."""
        statement = select_alerts().where(*_alert_conditions(filters))
        statement = newest_first(statement, alerts.c.created, alerts.c.id, cursor, limit)

        def work(connection: Connection) -> Page[Alert]:
            rows = connection.execute(statement).mappings().all()
            told = with_mentions(connection, [read_alert(row) for row in rows[:limit]])
            known = {alert.id: alert for alert in told}
            return page(rows, limit, "created", lambda row: known[row["id"]])

        return self._database.read(work)

    def alerts_since(self, since: datetime, limit: int) -> list[Alert]:
        """Alerts created at or after a moment, the oldest first.

        An alert can appear up to its transaction's length after its `created`: who follows the
        stream asks again for a little of what was seen already, and leaves out known ids.
        """
        statement = (
            select_alerts()
            .where(alerts.c.created >= since)
            .order_by(alerts.c.created, alerts.c.id)
            .limit(limit)
        )
        return [read_alert(row) for row in self._rows(statement)]

    def alert(self, alert_id: str) -> AlertDetail | None:
        """One alert with its deliveries."""

        def work(connection: Connection) -> AlertDetail | None:
            found = load_alerts(connection, [alert_id]).get(alert_id)
            if found is None:
                return None
            [alert] = with_mentions(connection, [found])
            rows = connection.execute(
                sa.select(deliveries)
                .where(_about(alert_id))
                .order_by(deliveries.c.created, deliveries.c.id)
            ).mappings()
            return AlertDetail(alert, tuple(read_delivery(row) for row in rows))

        return self._database.read(work)

    def items(self, filters: ItemFilter, cursor: str | None, limit: int) -> Page[ItemDetail]:
        """The items that pass the filters with their classification, the newest first."""
        conditions: Conditions = [
            *_equal(items, feed_id=filters.feed_id),
            *_between(items.c.seen, filters.since, filters.until),
        ]
        if filters.state is not None:
            conditions.append(in_state(filters.state))
        statement = sa.select(items).where(*conditions)
        statement = newest_first(statement, items.c.seen, items.c.id, cursor, limit)

        def work(connection: Connection) -> Page[ItemDetail]:
            rows = connection.execute(statement).mappings().all()
            found = _item_details(connection, rows[:limit])
            return page(rows, limit, "seen", lambda row: found[row["id"]])

        return self._database.read(work)

    def count_items(self, since: datetime | None = None) -> int:
        """How many items are stored, or have been seen since then."""
        statement = sa.select(sa.func.count()).select_from(items)
        statement = statement.where(*_between(items.c.seen, since, None))
        return self._database.read(lambda c: int(c.execute(statement).scalar_one()))

    def item_with_events(self, item_id: str) -> ItemDetail | None:
        """One item with its classification."""

        def work(connection: Connection) -> ItemDetail | None:
            rows = (
                connection.execute(sa.select(items).where(items.c.id == item_id)).mappings().all()
            )
            return _item_details(connection, rows).get(item_id)

        return self._database.read(work)

    def deliveries(
        self, filters: DeliveryFilter, cursor: str | None, limit: int
    ) -> Page[DeliveryLine]:
        """The deliveries that pass the filters, the newest first."""
        statement: sa.Select[Any] = (
            sa.select(*deliveries.c, alerts.c.headline, alerts.c.story_id)
            .outerjoin(alerts, alerts.c.id == deliveries.c.alert_id)
            .where(*_delivery_conditions(filters))
        )
        statement = newest_first(statement, deliveries.c.created, deliveries.c.id, cursor, limit)

        def read(row: Any) -> DeliveryLine:
            said = read_announcement(row["announcement"])
            headline = said.headline if said is not None else row["headline"]
            return DeliveryLine(read_delivery(row), headline, row["story_id"], row["due_at"])

        return page(self._rows(statement), limit, "created", read)

    def delivery_ids(self, filters: DeliveryFilter, limit: int) -> list[str]:
        """Ids of the deliveries that pass the filters, the oldest first: for a replay."""
        statement = (
            sa.select(deliveries.c.id)
            .where(*_delivery_conditions(filters))
            .order_by(deliveries.c.created, deliveries.c.id)
            .limit(limit)
        )
        return [row["id"] for row in self._rows(statement)]

    def delivery(self, delivery_id: str) -> DeliveryDetail | None:
        """One delivery with its alert and attempts."""

        def work(connection: Connection) -> DeliveryDetail | None:
            row = (
                connection.execute(sa.select(deliveries).where(deliveries.c.id == delivery_id))
                .mappings()
                .one_or_none()
            )
            if row is None:
                return None
            told = load_alerts(connection, [row["alert_id"]] if row["alert_id"] else [])
            tries = connection.execute(
                sa.select(attempts)
                .where(attempts.c.delivery_id == delivery_id)
                .order_by(attempts.c.number)
            ).mappings()
            return DeliveryDetail(
                read_delivery(row),
                told.get(row["alert_id"]),
                tuple(map(read_attempt, tries)),
                _announced(connection, row),
            )

        return self._database.read(work)


_IS_TEST = sa.func.coalesce(
    sa.type_coerce(deliveries.c.announcement, sa.JSON)["kind"].as_string() == SUBSCRIPTION_TEST,
    sa.false(),
)


def _alert_conditions(filters: AlertFilter) -> Conditions:
    conditions = [
        *_equal(alerts, rule=filters.rule, alliance=filters.alliance, status=filters.status),
        *_between(alerts.c.created, filters.since, filters.until),
    ]
    if filters.company is not None:
        of_company = sa.select(alert_companies.c.alert_id).where(
            alert_companies.c.company == filters.company
        )
        conditions.append(alerts.c.id.in_(of_company))
    words = searchable(filters.q).split()
    conditions += [alerts.c.search.contains(word, autoescape=True) for word in words]
    return conditions


def _about(alert_id: str) -> sa.ColumnElement[bool]:
    """Whether a delivery takes an alert out, by itself or in a digest."""
    listed = sa.select(digest_alerts.c.delivery_id).where(digest_alerts.c.alert_id == alert_id)
    return (deliveries.c.alert_id == alert_id) | deliveries.c.id.in_(listed)


def _announced(connection: Connection, row: Any) -> Announcement | None:
    """What a delivery says that is about no single alert; a digest lists its alerts."""
    said = read_announcement(row["announcement"])
    if said is None or said.kind != DIGEST:
        return said
    headlines = connection.execute(
        sa.select(alerts.c.headline)
        .join(digest_alerts, digest_alerts.c.alert_id == alerts.c.id)
        .where(digest_alerts.c.delivery_id == row["id"])
        .order_by(alerts.c.story_id, alerts.c.sequence)
    ).scalars()
    return replace(said, lines=tuple(headlines))


def _delivery_conditions(filters: DeliveryFilter) -> Conditions:
    return [
        *_equal(
            deliveries,
            state=filters.state,
            channel=filters.channel,
            subscription_id=filters.subscription_id,
        ),
        *([_about(filters.alert_id)] if filters.alert_id is not None else []),
        *_between(deliveries.c.created, filters.since, filters.until),
        *([deliveries.c.settled.is_not(None), ~_IS_TEST] if filters.settled else []),
    ]


def _equal(table: sa.Table, **wanted: str | DeliveryState | None) -> Conditions:
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def _between(column: sa.Column[Any], since: datetime | None, until: datetime | None) -> Conditions:
    conditions: Conditions = []
    if since is not None:
        conditions.append(column >= since)
    if until is not None:
        conditions.append(column < until)
    return conditions


def _item_details(connection: Connection, rows: Any) -> dict[str, ItemDetail]:
    ids = [row["id"] for row in rows]
    if not ids:
        return {}
    found = connection.execute(
        sa.select(events).where(events.c.item_id.in_(ids)).order_by(events.c.position)
    ).mappings()
    events_of: dict[str, list[Any]] = {key: [] for key in ids}
    for row in found:
        events_of[row["item_id"]].append((row["id"], read_event(row["body"])))
    told = connection.execute(
        sa.select(alerts.c.id, alerts.c.item_id)
        .where(alerts.c.item_id.in_(ids))
        .order_by(alerts.c.created, alerts.c.id)
    )
    alerts_of: dict[str, list[str]] = {key: [] for key in ids}
    for alert_id, item_id in told:
        alerts_of[item_id].append(alert_id)
    sources = load_sources(connection, ids)
    return {
        row["id"]: ItemDetail(
            item=read_item(row),
            state=ItemState(row["state"]),
            attempts=row["attempts"],
            classified_at=row["classified_at"],
            language=row["found_language"],
            error=row["error"],
            events=tuple(events_of[row["id"]]),
            alert_ids=tuple(alerts_of[row["id"]]),
            sources=tuple(sources.get(row["id"], ())),
        )
        for row in rows
    }
