"""The tables around deliveries: endpoints, circuits, threads, what readers said."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Table

from worker.store.columns import Json, Moment, Text
from worker.store.tables import alerts, items, metadata, subscriptions

__all__ = ["circuits", "endpoints", "feedback", "metadata", "requests", "threads", "unwanted"]

# Where a subscriber of the API takes webhooks. `url` and `secrets` are sealed; `shown_url` is
# what people may see. `wanted` is the request as it was made.
endpoints = Table(
    "endpoints",
    metadata,
    Column("subscription_id", Text, ForeignKey(subscriptions.c.id), primary_key=True),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("shown_url", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("wanted", Json, nullable=False),
    Column("verified", Moment),
    Column("deleted", Moment),
    Index("ix_endpoints_channel", "channel", unique=True),
)

# A row for each channel about which there is something to know; see `domain.circuit`.
circuits = Table(
    "circuits",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", sa.Integer, nullable=False),
    Column("openings", sa.Integer, nullable=False),
    Column("failing_since", Moment),
    Column("open_until", Moment),
    Column("probe", Text),
    Column("next_at", Moment),
    Column("held", sa.Boolean, nullable=False),
    Column("warned", Moment),
    Column("last_error", Text),
)

threads = Table(
    "threads",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("story_id", Text, primary_key=True),
    Column("receipt", Text, nullable=False),
    Column("alert_id", Text, ForeignKey(alerts.c.id), nullable=False),
    Column("created", Moment, nullable=False),
)

# Addresses of a channel that get nothing more: they asked for that, or were refused for good.
unwanted = Table(
    "unwanted",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

# The last word of each reader on each alert.
feedback = Table(
    "feedback",
    metadata,
    Column("alert_id", Text, ForeignKey(alerts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("item_id", Text, ForeignKey(items.c.id), nullable=False),
    Column("verdict", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("said", Moment, nullable=False),
    Index("ix_feedback_said", "said"),
)

# Answers to requests that carried an `Idempotency-Key`, sealed, for as long as it is remembered.
requests = Table(
    "requests",
    metadata,
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("status", sa.Integer),
    Column("answer", Text),
    Index("ix_requests_begun", "begun"),
)
