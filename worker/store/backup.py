"""A copy of the embedded database, taken while the service runs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from worker.store.database import Database
from worker.store.errors import StoreUnavailable


class NotEmbedded(Exception):  # noqa: N818 - states a condition
    """The database is a server's, which has tools of its own for this."""


def back_up(database: Database, target: Path) -> None:
    """Write all that is committed now to the new file `target`, readable for its owner alone.

    Writers go on meanwhile. Raises `NotEmbedded`, `FileExistsError` and other `OSError`s, and
    `StoreUnavailable`; a copy that could not be finished leaves no file behind.
    """
    source = database.url.database
    if not database.is_sqlite or source is None:
        raise NotEmbedded
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        # SQLite writes into a file that exists when it is empty.
        address = f"{Path(source).resolve().as_uri()}?mode=ro"  # a missing source is not made
        with closing(sqlite3.connect(address, timeout=10, uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        target.unlink()
        raise StoreUnavailable(f"the copy could not be made: {error}") from error
