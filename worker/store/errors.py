"""What can go wrong with the database, told apart by what a caller can do about it."""

from __future__ import annotations

import sqlite3
from enum import Enum

from sqlalchemy import exc


class StoreError(Exception):
    """Base of everything that this package raises about the database."""


class StoreUnavailable(StoreError):  # noqa: N818 - it states a condition, as the callers read it
    """The database cannot serve now: down, locked, out of space, or its schema is not current.

    Nothing of the transaction was kept, unless the connection broke during its commit. Trying
    again later is right. The message holds no secret.
    """


class StoreFault(StoreError):  # noqa: N818 - as above
    """A statement that the database refuses by its content: a fault in the program."""


class Failure(Enum):
    """The kinds of driver errors."""

    CONFLICT = "conflict"  # rolled back in favour of another transaction: run it again
    DISCONNECTED = "disconnected"  # the connection broke: run it again on a new one
    UNAVAILABLE = "unavailable"  # the server cannot serve: not worth trying at once
    SCHEMA = "schema"  # a table or column is missing
    FAULT = "fault"  # the statement is wrong

    @property
    def transient(self) -> bool:
        """Whether the same transaction may succeed when it is run again at once."""
        return self in (Failure.CONFLICT, Failure.DISCONNECTED)


# SQLSTATE codes, https://www.postgresql.org/docs/current/errcodes-appendix.html
_CONFLICTS = {"40001", "40P01"}
_MISSING = {"42P01", "42703", "3F000"}
_DOWN = {"55P03", "57014", "25006", "25P02", "25P03", "25P04", "3D000", "0A000"}
_DOWN_CLASSES = {"08", "28", "53", "57", "58", "XX", "F0"}

# Primary result codes, https://www.sqlite.org/rescode.html
_SQLITE_DOWN = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
}


def classify(error: exc.SQLAlchemyError) -> Failure:
    """What kind of failure a driver's error is."""
    if isinstance(error, exc.TimeoutError):
        return Failure.UNAVAILABLE
    if not isinstance(error, exc.DBAPIError):
        return Failure.FAULT
    original = error.orig
    if isinstance(original, sqlite3.Error):
        return _classify_sqlite(original)
    state: str | None = getattr(original, "sqlstate", None)
    if state in _CONFLICTS:
        return Failure.CONFLICT
    if error.connection_invalidated:
        return Failure.DISCONNECTED
    if state is None:
        broken = isinstance(error, (exc.OperationalError, exc.InterfaceError, exc.InternalError))
        return Failure.UNAVAILABLE if broken else Failure.FAULT
    if state in _MISSING:
        return Failure.SCHEMA
    if state in _DOWN or state[:2] in _DOWN_CLASSES:
        return Failure.UNAVAILABLE
    return Failure.FAULT


def _classify_sqlite(error: sqlite3.Error) -> Failure:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _SQLITE_DOWN:
        return Failure.UNAVAILABLE
    if str(error).startswith(("no such table", "no such column", "table ")):
        return Failure.SCHEMA
    return Failure.FAULT


def translate(error: exc.SQLAlchemyError, secrets: tuple[str, ...]) -> StoreError:
    """The error that leaves the store for a driver's error; `secrets` never appear in it."""
    failure = classify(error)
    if failure is Failure.SCHEMA:
        return StoreUnavailable(
            "the database's schema is not current: run `alliance-watch db upgrade`"
        )
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines() or [type(original).__name__]
    message = lines[0][:300]
    for secret in secrets:
        message = message.replace(secret, "***")
    if failure is Failure.FAULT:
        return StoreFault(f"{type(original).__name__}: {message}")
    return StoreUnavailable(f"the database is not available: {message}")
