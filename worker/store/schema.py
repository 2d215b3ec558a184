"""Bringing the database's schema up to date.

Every process of the service asks at its start whether the schema is current. That needs no
Alembic, which takes a while to import and stays in memory; only a migration does.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.store.database import Database
from worker.store.errors import StoreFault

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_KEY = 0x616C_6C69_616E_6365  # one number that nothing else in the database uses
_IN_THIS_PROCESS = threading.Lock()  # Alembic keeps its context in module globals


def upgrade(database: Database) -> None:
    """Migrate to the newest schema, in one transaction; a process that comes second waits.

    Raises `StoreFault` when the database was made by a newer version of the program.
    """
    if database.is_sqlite:
        Path(database.url.database or "").parent.mkdir(parents=True, exist_ok=True)
    with _IN_THIS_PROCESS, database.transaction() as connection:
        if not database.is_sqlite:  # on SQLite the transaction itself is exclusive
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            connection.execute(sa.text("SET LOCAL lock_timeout = '5min'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_KEY)))
        present = _revision(connection)
        if present == newest_revision():
            return
        if present is not None and present not in _revisions():
            raise StoreFault("the database was made by a newer version of alliance-watch")
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Whether the schema is the one that this version of the program works with."""
    return database.read(_revision) == newest_revision()


def newest_revision() -> str | None:
    """The revision that `upgrade` leads to."""
    return max(_revisions(), default=None)


@cache
def _revisions() -> frozenset[str]:
    """The revisions in their order, by the names of their files: `r0001_what_it_does.py`."""
    return frozenset(
        path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("r[0-9]*_*.py")
    )


_versions = sa.table("alembic_version", sa.column("version_num", sa.String))


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in the database; `None` for an empty one."""
    if not sa.inspect(connection).has_table(_versions.name):
        return None
    revision: str | None = connection.execute(sa.select(_versions)).scalar_one_or_none()
    return revision
