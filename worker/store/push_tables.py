"""The table of feeds that hubs push to us."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Index, Table

from worker.store.columns import Moment, Text
from worker.store.tables import metadata

# `key` is the end of the address that the hub calls, `secret` is sealed (`worker.seal`).
pushes = Table(
    "pushes",
    metadata,
    Column("feed_id", Text, primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_at", Moment),
    Column("lease_until", Moment),
    Column("pushed_at", Moment),
    Column("failures", sa.Integer, nullable=False),
    Column("misses", sa.Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_pushes_key", "key", unique=True),
    Index("ix_pushes_due", "next_at"),
)
