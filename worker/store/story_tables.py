"""The tables around stories: who is in them, who reported on them, who wants to hear no more."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from worker.store.columns import Moment, Text
from worker.store.outbox_tables import metadata
from worker.store.tables import alerts, deliveries, events, stories

__all__ = ["digest_alerts", "metadata", "mutes", "reports", "story_companies"]

# By which companies a story is found.
story_companies = Table(
    "story_companies",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("company", Text, primary_key=True),
    Column("story_id", Text, ForeignKey(stories.c.id, ondelete="CASCADE"), primary_key=True),
)

# Every event of a story. `number` counts the reports of an alert, from 1: the one that raised it.
# `headline` tells the event in its item's language; `at` is when the item was published.
reports = Table(
    "reports",
    metadata,
    Column("event_id", Text, ForeignKey(events.c.id), primary_key=True),
    Column("story_id", Text, ForeignKey(stories.c.id), nullable=False),
    Column("alert_id", Text, ForeignKey(alerts.c.id)),
    Column("number", sa.Integer, nullable=False),
    Column("headline", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_reports_alert", "alert_id", "number"),
    Index("ix_reports_story", "story_id", "at"),
)

# A mute of all subscriptions has the empty text as its subscription.
mutes = Table(
    "mutes",
    metadata,
    Column("story_id", Text, ForeignKey(stories.c.id), primary_key=True),
    Column("subscription_id", Text, primary_key=True),
    Column("until", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

# What a digest lists. `told_by` as in deliveries.
digest_alerts = Table(
    "digest_alerts",
    metadata,
    Column("delivery_id", Text, ForeignKey(deliveries.c.id, ondelete="CASCADE"), primary_key=True),
    Column("alert_id", Text, ForeignKey(alerts.c.id), primary_key=True),
    Column("told_by", Text),
    Index("ix_digest_alerts_alert", "alert_id"),
)
