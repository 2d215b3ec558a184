"""Connections and transactions, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
import structlog
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine, make_url

from worker.store.errors import StoreUnavailable, classify, translate

log = structlog.get_logger(__name__)

T = TypeVar("T")

SQLITE_BUSY_TIMEOUT_MS = 10_000
_RETRY_PAUSES_S = (0.02, 0.1, 0.3)
_POSTGRES_SESSION = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "15s",
}


def parse_url(database_url: str) -> URL:
    """The address of a database that we can use.

    Raises `ValueError`, without the address in it (it may hold a password).
    """
    try:
        url = make_url(database_url)
    except (exc.ArgumentError, ValueError):
        raise ValueError("not a database address") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        if not url.database or url.database == ":memory:":
            raise ValueError("an SQLite database must be a file: sqlite:////path/to/file.db")
        return url
    raise ValueError("a database address starts with sqlite:/// or postgresql+psycopg://")


def _secrets(url: URL) -> tuple[str, ...]:
    """What must not appear in a message, in every form in which it may."""
    passwords = {str(url.password or ""), str(url.query.get("password", ""))} - {""}
    return tuple(passwords | {quote(password, safe="") for password in passwords})


class Database:
    """One database. Opening connects to nothing yet; safe to use from several threads.

    A forked child starts with no connection of its parent's.
    """

    def __init__(self, database_url: str) -> None:
        self.url = parse_url(database_url)
        self._secrets = _secrets(self.url)
        self._engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url)
        self._writer = self._engine.execution_options(writing=True)
        self._turn = threading.Lock()
        self._pid = os.getpid()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that only reads. Raises `StoreError`."""
        return self._run(self._engine.begin, work, repeatable=True)

    def write(self, work: Callable[[Connection], T], *, repeatable: bool = True) -> T:
        """Run `work` in one transaction and commit it. Raises `StoreError`.

        It is run again, a few times, when the database rolled it back in favour of another, or
        when the connection broke; `repeatable=False` forbids that where a broken connection
        leaves open whether the commit took place.
        """
        return self._run(self._begin_writing, work, repeatable=repeatable)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction over a block, committed at its end; never run again."""
        self._leave_parents_connections()
        try:
            with self._begin_writing() as connection:
                yield connection
        except exc.SQLAlchemyError as error:
            raise translate(error, self._secrets) from None

    def ping(self) -> None:
        """Raises `StoreUnavailable` unless the database answers."""
        self.read(lambda connection: connection.execute(sa.select(1)).scalar_one())

    def close(self) -> None:
        """Close every connection."""
        self._leave_parents_connections()
        self._engine.dispose()

    @contextmanager
    def _begin_writing(self) -> Iterator[Connection]:
        """A write transaction. On SQLite the threads of a process take turns.

        SQLite lets one writer in and has the others look again after naps of up to 0.1 s; those
        of one process need not nap.
        """
        patience = SQLITE_BUSY_TIMEOUT_MS / 1000
        if self.is_sqlite and not self._turn.acquire(timeout=patience):
            raise StoreUnavailable("the database is not available: another thread is writing")
        try:
            with self._writer.begin() as connection:
                yield connection
        finally:
            if self.is_sqlite:
                self._turn.release()

    def _run(
        self,
        begin: Callable[[], AbstractContextManager[Connection]],
        work: Callable[[Connection], T],
        *,
        repeatable: bool,
    ) -> T:
        self._leave_parents_connections()
        pauses = iter(_RETRY_PAUSES_S)
        while True:
            committing = False
            try:
                with begin() as connection:
                    result = work(connection)
                    committing = True
                return result
            except exc.SQLAlchemyError as error:
                pause = next(pauses, None)
                failure = classify(error)
                again = failure.transient and (repeatable or not committing)
                if pause is None or not again:
                    raise translate(error, self._secrets) from None
            log.warning("transaction_repeated", why=failure.value)
            time.sleep(pause)

    def _leave_parents_connections(self) -> None:
        if os.getpid() != self._pid:
            self._engine.dispose(close=False)
            self._turn = threading.Lock()
            self._pid = os.getpid()


def _sqlite(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        pool_timeout=SQLITE_BUSY_TIMEOUT_MS / 1000,
        connect_args={"timeout": SQLITE_BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        # The driver would begin transactions by itself, too late and as readers.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
        _enter_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that reads first and writes later could find
        # that another wrote in between, and would have to fail.
        if connection.get_execution_options().get("writing"):
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _enter_wal(driver: sqlite3.Connection) -> None:
    """Switch the file to WAL, which lasts. SQLite does not wait for others in doing so."""
    _patiently(lambda: driver.execute("PRAGMA journal_mode = WAL").fetchone())


def _begin_immediate(connection: Connection) -> None:
    """Become SQLite's one writer, looking every few milliseconds whether the place is free.

    SQLite's own waiting naps for up to 0.1 s between looks, and who has waited longest naps
    longest: with several processes at work some would wait for seconds.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        # The last look goes through SQLAlchemy, whose error the caller expects.
        _patiently(
            lambda: driver.execute("BEGIN IMMEDIATE"),
            lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"),
        )
    finally:
        driver.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")


def _patiently(act: Callable[[], object], last: Callable[[], object] | None = None) -> None:
    """Do `act` as soon as no other process is in the way; `last` (or it) when patience ends."""
    deadline = time.monotonic() + SQLITE_BUSY_TIMEOUT_MS / 1000
    while time.monotonic() < deadline:
        try:
            act()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                break
        else:
            return
        time.sleep(random.uniform(0.001, 0.004))  # noqa: S311 - keeps them out of step
    (last or act)()


def _postgres(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=4,
        max_overflow=12,
        pool_timeout=10,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": 5,
            "application_name": "alliance-watch",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        # Not as start-up `options`: connection poolers refuse those.
        calls = ", ".join("set_config(%s, %s, false)" for _ in _POSTGRES_SESSION)
        values = [part for pair in _POSTGRES_SESSION.items() for part in pair]
        connection.execute(f"SELECT {calls}", values)
        connection.commit()

    return engine
