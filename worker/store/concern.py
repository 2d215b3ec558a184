"""What every part of the store is built on."""

from __future__ import annotations

from worker.store.database import Database


class Concern:
    """One group of the store's methods, over the shared database.

    Every method raises `StoreUnavailable` when the database cannot serve; times are aware.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
