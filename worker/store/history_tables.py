"""The tables of how the service has fared."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, Table

from worker.store.columns import Json, Moment, Text
from worker.store.story_tables import metadata

__all__ = ["history", "marks", "metadata"]

# `step` in seconds. What is older than its step is kept for is deleted as points are added.
history = Table(
    "history",
    metadata,
    Column("step", sa.Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, primary_key=True),
    Column("figures", Json, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("at", Moment, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
