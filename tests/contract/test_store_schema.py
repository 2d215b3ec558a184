"""The schema: one set of migrations for both databases, equal to the tables in the code."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from worker.store import Store, StoreFault, StoreUnavailable
from worker.store.database import Database
from worker.store.history_tables import metadata
from worker.store.schema import ADVISORY_KEY, MIGRATIONS, newest_revision


def test_upgrade_makes_an_empty_database_current(empty_database_url: str) -> None:
    store = Store.open(empty_database_url)
    if empty_database_url.startswith("postgresql"):
        assert not store.schema_is_current()
    store.upgrade()
    assert store.schema_is_current()
    store.upgrade()
    assert store.schema_is_current()
    assert store.feeds() == []
    store.close()


def test_migrations_are_in_the_order_of_their_names() -> None:
    """Which is the newest is read from the files' names alone."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    names = {path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")}
    assert names == set(revisions)
    assert newest_revision() == scripts.get_current_head()


def test_asking_for_the_schema_needs_no_alembic(store: Store, database_url: str) -> None:
    program = (
        "import sys; from worker.store import Store; store = Store.open(sys.argv[1]);"
        "assert store.schema_is_current();"
        "print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, database_url]
    assert subprocess.check_output(command, text=True).strip() == "False"


def test_opening_touches_nothing(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path / 'absent' / 'store.db'}").close()
    assert not (tmp_path / "absent").exists()


def test_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    database = Database(database_url)
    with database.transaction() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    database.close()


def test_partial_indexes_are_partial(database_url: str) -> None:
    # The comparison above does not look at an index's condition.
    catalogue = (
        "SELECT sql FROM sqlite_master WHERE name = :name"
        if database_url.startswith("sqlite")
        else "SELECT indexdef FROM pg_indexes WHERE indexname = :name"
    )
    database = Database(database_url)
    with database.transaction() as connection:
        for name in ("ix_items_waiting", "ix_items_failed", "ix_deliveries_due"):
            assert "WHERE" in connection.execute(sa.text(catalogue), {"name": name}).scalar_one()
    database.close()


def test_migrations_can_be_taken_back(database_url: str) -> None:
    database = Database(database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.transaction() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
    database.close()


def test_five_processes_upgrade_at_once(empty_database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(5) as pool:
        assert pool.map(_upgrade, [empty_database_url] * 5, chunksize=1) == [True] * 5


def _upgrade(url: str) -> bool:
    store = Store.open(url)
    store.upgrade()
    current = store.schema_is_current()
    store.close()
    return current


def test_an_upgrade_waits_for_one_under_way(empty_database_url: str) -> None:
    first, second = Store.open(empty_database_url), Store.open(empty_database_url)
    done = threading.Event()

    def upgrade() -> None:
        second.upgrade()
        done.set()

    if empty_database_url.startswith("sqlite"):
        Path(empty_database_url.removeprefix("sqlite:///")).parent.mkdir()
    with first._database.transaction() as connection:
        if not first._database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_KEY)))
        thread = threading.Thread(target=upgrade)
        thread.start()
        assert not done.wait(0.5)
    assert done.wait(20)
    thread.join()
    assert first.schema_is_current()
    for store in (first, second):
        store.close()


def test_five_threads_upgrade_at_once(empty_database_url: str) -> None:
    store = Store.open(empty_database_url)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: store.upgrade(), range(5)))
    assert store.schema_is_current()
    store.close()


def test_a_missing_schema_is_told_as_such(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "fresh").mkdir()
    store = Store.open(empty_database_url)
    with pytest.raises(StoreUnavailable, match="alliance-watch db upgrade"):
        store.feeds()
    assert not store.schema_is_current()
    store.close()


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    database = Database(database_url)
    database.write(lambda c: c.execute(sa.text("UPDATE alembic_version SET version_num = 'r9'")))
    store = Store.open(database_url)
    assert not store.schema_is_current()
    with pytest.raises(StoreFault, match="newer version"):
        store.upgrade()
    database.close()
    store.close()


def test_sqlite_runs_as_promised(sqlite_url: str) -> None:
    def settings(connection: sa.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    database = Database(sqlite_url)
    assert database.read(settings) == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }
    database.close()


def test_postgres_sessions_have_limits(postgres_url: str) -> None:
    def settings(connection: sa.Connection) -> list[str]:
        names = (
            "timezone",
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
        )
        return [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names]

    database = Database(postgres_url)
    assert database.read(settings) == ["UTC", "30s", "10s", "15s"]
    database.close()
