"""Counts and ages for the dashboard and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.delivery import DeliveryState, Outcome
from worker.store.codec import read_feed
from worker.store.concern import Concern
from worker.store.items import ItemState, in_state
from worker.store.tables import alerts, attempts, deliveries, feeds, hosts, items, subscriptions
from worker.store.views import ChannelFigures, FeedOverview, Receipt, Throughput, Waiting

_FAILURES = (Outcome.RETRY, Outcome.PERMANENT, Outcome.GONE)


class FigureReads(Concern):
    """Each method is a few statements on an index, cheap enough for a page that refreshes."""

    def _rows(self, statement: sa.Select[Any]) -> Sequence[Any]:
        return self._database.read(lambda c: c.execute(statement).mappings().all())

    def feed_overview(self, now: datetime) -> list[FeedOverview]:
        """Every feed, the removed ones too, with what it has brought; by name."""
        counts = (
            sa.select(
                items.c.feed_id,
                sa.func.count().label("number"),
                sa.func.max(items.c.seen).label("last_seen"),
            )
            .group_by(items.c.feed_id)
            .subquery()
        )
        recent = (
            sa.select(items.c.feed_id, sa.func.count().label("number"))
            .where(items.c.seen >= now - timedelta(days=1))
            .group_by(items.c.feed_id)
            .subquery()
        )
        statement = (
            sa.select(
                *feeds.c,
                sa.func.coalesce(counts.c.number, 0).label("items"),
                counts.c.last_seen,
                sa.func.coalesce(recent.c.number, 0).label("items_last_day"),
                hosts.c.lease_until,
            )
            .outerjoin(counts, counts.c.feed_id == feeds.c.id)
            .outerjoin(recent, recent.c.feed_id == feeds.c.id)
            .outerjoin(hosts, hosts.c.feed_id == feeds.c.id)
            .order_by(feeds.c.name, feeds.c.id)
        )

        def read(row: Any) -> FeedOverview:
            feed, state = read_feed(row)
            until = row["lease_until"]
            return FeedOverview(
                feed=feed,
                state=state,
                configured=row["origin"] == "configuration",
                items=row["items"],
                items_last_day=row["items_last_day"],
                last_item_seen=row["last_seen"],
                being_polled=until is not None and until > now,
            )

        return [read(row) for row in self._rows(statement)]

    def outbox_figures(self, now: datetime) -> list[ChannelFigures]:
        """What is on its way or set aside, a channel each; channels with nothing are left out."""
        open_states = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.EXHAUSTED)
        by_state = (
            sa.select(deliveries.c.channel, deliveries.c.state, sa.func.count().label("number"))
            .where(deliveries.c.state.in_(open_states))
            .group_by(deliveries.c.channel, deliveries.c.state)
        )
        due = (
            sa.select(
                deliveries.c.channel,
                sa.func.count().label("number"),
                sa.func.min(deliveries.c.due_at).label("oldest"),
            )
            .where(
                deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
                deliveries.c.due_at <= now,
            )
            .group_by(deliveries.c.channel)
        )

        def work(connection: Connection) -> list[ChannelFigures]:
            counts: dict[str, dict[str, int]] = {}
            for channel, state, number in connection.execute(by_state):
                counts.setdefault(channel, {})[state] = number
            waiting = {row.channel: row for row in connection.execute(due)}
            return [
                ChannelFigures(
                    channel=channel,
                    pending=states.get(DeliveryState.PENDING, 0),
                    sending=states.get(DeliveryState.SENDING, 0),
                    exhausted=states.get(DeliveryState.EXHAUSTED, 0),
                    due=waiting[channel].number if channel in waiting else 0,
                    oldest_due=now - waiting[channel].oldest if channel in waiting else None,
                )
                for channel, states in sorted(counts.items())
            ]

        return self._database.read(work)

    def items_waiting(self, now: datetime) -> Waiting:
        """How many items wait to be classified, and since when."""
        failed = sa.select(sa.func.count()).select_from(items).where(in_state(ItemState.FAILED))
        statement: sa.Select[Any] = sa.select(
            sa.func.count().label("count"),
            sa.func.min(items.c.seen).label("since"),
            failed.scalar_subquery().label("failed"),
        ).where(in_state(ItemState.WAITING))
        [row] = self._rows(statement)
        return Waiting(
            count=row["count"],
            oldest=max(now - row["since"], timedelta(0)) if row["since"] else None,
            failed=row["failed"],
        )

    def throughput(self, now: datetime, window: timedelta) -> Throughput:
        """What happened between `now - window` and `now`."""

        def within(column: sa.Column[Any], *conditions: sa.ColumnElement[bool]) -> Any:
            counted = sa.select(sa.func.count()).select_from(column.table)
            return counted.where(
                column > now - window, column <= now, *conditions
            ).scalar_subquery()

        state = deliveries.c.state
        statement = sa.select(
            within(items.c.seen).label("items_seen"),
            within(items.c.classified_at).label("items_classified"),
            within(alerts.c.created).label("alerts"),
            within(deliveries.c.settled, state == DeliveryState.DELIVERED).label("delivered"),
            within(deliveries.c.settled, state == DeliveryState.EXHAUSTED).label("exhausted"),
            within(attempts.c.finished, attempts.c.outcome.in_(_FAILURES)).label("attempts_failed"),
        )
        [row] = self._rows(statement)
        return Throughput(window=window, **row)

    def receipts(self, now: datetime, window: timedelta) -> list[Receipt]:
        """What was delivered between `now - window` and `now`, at most 5,000 of it.

        Replays, and what a subscription holds back for quiet hours, say nothing of the service's
        speed and are left out.
        """
        statement = (
            sa.select(
                items.c.seen,
                alerts.c.created.label("raised"),
                deliveries.c.settled.label("received"),
            )
            .join(alerts, alerts.c.id == deliveries.c.alert_id)
            .join(items, items.c.id == alerts.c.item_id)
            .outerjoin(subscriptions, subscriptions.c.id == deliveries.c.subscription_id)
            .where(
                deliveries.c.state == DeliveryState.DELIVERED,
                deliveries.c.settled > now - window,
                deliveries.c.settled <= now,
                deliveries.c.replayed.is_(None),
                subscriptions.c.quiet.is_(None),
            )
            .limit(5_000)
        )
        return [Receipt(**row) for row in self._rows(statement)]
