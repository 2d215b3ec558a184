"""Dashboards on real databases, behind a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.dashboards import Harness, beat, running
from tests.support.stores import (
    database_url,
    postgres_server,
    postgres_template,
    postgres_url,
    shared_folder,
    sqlite_store,
    sqlite_template,
    sqlite_url,
    store,
)
from worker.store import Store

__all__ = [
    "database_url",
    "postgres_server",
    "postgres_template",
    "postgres_url",
    "shared_folder",
    "sqlite_store",
    "sqlite_template",
    "sqlite_url",
    "store",
]


@pytest.fixture
def dashboard(sqlite_store: Store) -> Iterator[Harness]:
    """A dashboard on SQLite with nothing wrong."""
    beat(sqlite_store)
    with running(sqlite_store) as harness:
        yield harness


@pytest.fixture
def any_dashboard(store: Store) -> Iterator[Harness]:
    """The same on each kind of database."""
    beat(store)
    with running(store) as harness:
        yield harness
