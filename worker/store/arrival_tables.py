"""The tables by which an item is known again, whoever brings it and however it is dressed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table

from worker.store.columns import Moment, Text
from worker.store.tables import items, metadata

# Every id under which an entry may be looked up (`feeds.identity`). It outlives its item, so that
# one that was deleted does not come back with the next poll.
entry_keys = Table(
    "entry_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("item_id", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What items share that may tell the same (`feeds.likeness`); kept for a few days. `seen` is in
# seconds since 1970. There are many rows, so nothing about them costs more than it must.
item_bands = Table(
    "item_bands",
    metadata,
    Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", Text, primary_key=True),
    Column("seen", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Who else brought an item that was there already.
item_sources = Table(
    "item_sources",
    metadata,
    Column("item_id", Text, ForeignKey(items.c.id, ondelete="CASCADE"), primary_key=True),
    Column("feed_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("published", Moment),
    Column("seen", Moment, nullable=False),
)
