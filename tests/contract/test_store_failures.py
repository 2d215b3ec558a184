"""What callers see when the database fails, and what is mended without them."""

from __future__ import annotations

import sqlite3
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.factories import NOW, make_alert, make_item
from tests.support.postgres import Server
from tests.support.stores import record_alert
from worker.store import Store, StoreError, StoreFault, StoreUnavailable, database
from worker.store.database import Database
from worker.store.tables import leases

MINUTE = timedelta(minutes=1)
SECRET = "hush-h@sh"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nonsense",
        f"mysql://user:{SECRET}@host/db",
        f"postgresql+psycopg2://user:{SECRET}@host/db",
        f"postgresql+psycopg://user:{SECRET}:x@host:port/db",
        "sqlite+aiosqlite:////tmp/store.db",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_an_address_that_is_none_of_ours_is_refused(address: str) -> None:
    with pytest.raises(ValueError) as caught:
        Store.open(address)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql"])
def test_a_server_that_is_not_there(scheme: str) -> None:
    store = Store.open(f"{scheme}://user:hush-h%40sh@127.0.0.1:1/db")
    for call in (store.ping, store.upgrade, store.feeds, store.schema_is_current):
        with pytest.raises(StoreUnavailable) as caught:
            call()
        told = "".join(traceback.format_exception(caught.value))
        assert SECRET not in told
        assert "hush-h%40sh" not in told
        # The driver's own error, whose frames hold the password, is not passed on.
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    assert "hush" not in repr(store._database.url)
    store.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'absent' / 'store.db'}")
    with pytest.raises(StoreUnavailable, match="unable to open"):
        store.ping()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    store = Store.open(f"sqlite:///{file}")
    for call in (store.ping, store.upgrade):
        with pytest.raises(StoreUnavailable):
            call()


def test_a_database_locked_for_too_long(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_TIMEOUT_MS", 50)
    store = Store.open(sqlite_url)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.store_items([make_item()], NOW)
    assert store.item(make_item().id) is None  # readers are not held up
    other.execute("ROLLBACK")
    other.close()
    assert store.store_items([make_item()], NOW)
    store.close()


def test_the_switch_to_wal_waits_for_a_writer(tmp_path: Path) -> None:
    writer = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    store = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    with ThreadPoolExecutor(1) as pool:
        upgrade = pool.submit(store.upgrade)
        with pytest.raises(TimeoutError):
            upgrade.result(timeout=0.3)
        writer.execute("ROLLBACK")
        upgrade.result(timeout=20)
    assert store.schema_is_current()
    writer.close()
    store.close()


def test_a_wrong_statement_is_a_fault_and_not_an_outage(store: Store) -> None:
    alert = make_alert()
    orphan = sa.insert(sa.table("events", sa.column("id"))).values(id="x")
    with pytest.raises(StoreFault):
        store._database.write(lambda c: c.execute(orphan))
    with pytest.raises(StoreFault):
        store._database.read(lambda c: c.execute(sa.text("SELECT nonsense FROM (")))
    record_alert(store, alert)  # and the store goes on


def test_errors_do_not_show_the_values(store: Store) -> None:
    record_alert(store, make_alert(text="a text that nobody else may read"))
    statement = sa.text("INSERT INTO tokens (id) VALUES (:value)")
    with pytest.raises(StoreFault) as caught:
        store._database.write(lambda c: c.execute(statement, {"value": SECRET}))
    assert "INSERT INTO" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_connections_that_were_cut_while_idle_are_replaced(
    postgres_server: Server, postgres_url: str
) -> None:
    store = Store.open(postgres_url)
    store.ping()
    assert postgres_server.break_connections(postgres_url) >= 1
    store.ping()
    store.close()


def test_a_connection_cut_in_the_middle_is_tried_again(
    postgres_server: Server, postgres_url: str
) -> None:
    base = Database(postgres_url)
    runs: list[int] = []

    def work(connection: sa.Connection) -> int:
        row = {"name": "x", "owner": f"run {len(runs)}", "until": NOW}
        connection.execute(sa.insert(leases), row)
        runs.append(1)
        if len(runs) == 1:
            postgres_server.break_connections(postgres_url)
        return connection.execute(sa.select(sa.func.count()).select_from(leases)).scalar_one()

    assert base.write(work) == 1
    assert len(runs) == 2
    assert base.read(lambda c: c.execute(sa.select(leases.c.owner)).scalar_one()) == "run 1"
    base.close()


def test_a_connection_that_is_always_cut_is_given_up(
    postgres_server: Server, postgres_url: str
) -> None:
    base = Database(postgres_url)
    runs: list[int] = []

    def work(connection: sa.Connection) -> None:
        runs.append(1)
        connection.execute(sa.select(1))
        postgres_server.break_connections(postgres_url)
        connection.execute(sa.select(1))

    with pytest.raises(StoreUnavailable):
        base.write(work)
    assert len(runs) == 4
    base.close()


def test_what_cannot_be_repeated_is_not_repeated_after_its_commit(
    postgres_server: Server, postgres_url: str
) -> None:
    base = Database(postgres_url)
    runs: list[int] = []

    def work(connection: sa.Connection) -> None:
        runs.append(1)
        connection.execute(sa.select(1))
        postgres_server.break_connections(postgres_url)  # what fails now is the commit

    with pytest.raises(StoreUnavailable):
        base.write(work, repeatable=False)
    assert len(runs) == 1
    base.close()


def test_judging_over_a_cut_connection_leaves_nothing(
    postgres_server: Server, postgres_url: str
) -> None:
    store = Store.open(postgres_url)
    item = make_item()
    store.store_items([item], NOW)

    def judge() -> None:
        with store.judging(item.id, [], NOW) as judging:
            judging.record("en", [], [], [], [])
            postgres_server.break_connections(postgres_url)

    with pytest.raises(StoreUnavailable):
        judge()
    assert store.reads.items_waiting(NOW).count == 1
    store.close()


def test_deadlocked_transactions_are_tried_again(postgres_url: str) -> None:
    base = Database(postgres_url)
    rows = [{"name": name, "owner": "nobody", "until": NOW} for name in ("a", "b")]
    base.write(lambda c: c.execute(sa.insert(leases), rows))
    meeting = threading.Barrier(2, timeout=20)
    runs: list[str] = []

    def take(names: tuple[str, str]) -> None:
        def work(connection: sa.Connection) -> None:
            runs.append(names[0])
            for name in names:
                statement = sa.update(leases).where(leases.c.name == name)
                connection.execute(statement.values(owner=names[0]))
                if name == names[0] and runs.count(names[0]) == 1:
                    meeting.wait()

        base.write(work)

    threads = [threading.Thread(target=take, args=[names]) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(runs) == 3
    owners = base.read(lambda c: c.execute(sa.select(leases.c.owner)).scalars().all())
    assert len(set(owners)) == 1
    assert "nobody" not in owners
    base.close()


def test_every_error_of_the_store_has_one_base() -> None:
    assert issubclass(StoreUnavailable, StoreError)
    assert issubclass(StoreFault, StoreError)
    assert not issubclass(StoreFault, StoreUnavailable)
