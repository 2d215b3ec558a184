"""Fixtures of the contract tests: every promise of the store is checked on both databases."""

from tests.support.stores import (
    database_url,
    empty_database_url,
    postgres_server,
    postgres_store,
    postgres_template,
    postgres_url,
    shared_folder,
    sqlite_store,
    sqlite_template,
    sqlite_url,
    store,
)

__all__ = [
    "database_url",
    "empty_database_url",
    "postgres_server",
    "postgres_store",
    "postgres_template",
    "postgres_url",
    "shared_folder",
    "sqlite_store",
    "sqlite_template",
    "sqlite_url",
    "store",
]
