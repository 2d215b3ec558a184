"""Statements that SQLAlchemy spells differently for the two databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Row = Mapping[str, Any]
T = TypeVar("T")

# SQLite before 3.32 takes 999 parameters in a statement.
CHUNK = 400
# From so many rows on the way through SQLAlchemy costs more than the writing itself.
_MANY = 50


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """`values` in pieces that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _insert(connection: Connection, table: Table) -> Any:
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return build(table)


def insert_missing(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those rows whose primary key is not there yet."""
    if rows:
        statement = _insert(connection, table).on_conflict_do_nothing(
            index_elements=list(table.primary_key)
        )
        if len(rows) < _MANY or connection.dialect.name != "sqlite":
            connection.execute(statement, list(rows))
        else:
            _insert_many(connection, statement, table, rows)


def _insert_many(connection: Connection, statement: Any, table: Table, rows: Sequence[Row]) -> None:
    """The same rows for less: the types are asked once for how they store a value, and values go
    to the driver without a look at each row as a whole. All rows have the same columns."""
    compiled = statement.values(dict.fromkeys(rows[0])).compile(connection)
    columns = []
    for name in compiled.positiontup:
        kind = table.c[name].type
        store = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        values = [row[name] for row in rows]
        columns.append(values if store is None else list(map(store, values)))
    connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True)))


def insert_plain(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """As `insert_missing`, for many rows of plain numbers and ids, which need no conversion."""
    if not rows:
        return
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608 - names of ours
        f"VALUES ({', '.join([sign] * len(columns))}) ON CONFLICT DO NOTHING"
    )
    connection.exec_driver_sql(statement, list(rows))


def select_in(connection: Connection, statement: str, ids: Sequence[str]) -> Iterator[Any]:
    """Rows of a `statement` that ends with `IN`, for each of `ids`: plain ids, in their chunks.

    Spelled out for the driver: SQLAlchemy takes longer to expand such a list than the database
    takes to look it up.
    """
    sign = "?" if connection.dialect.name == "sqlite" else "%s"
    for part in chunks(ids):
        signs = ", ".join([sign] * len(part))
        yield from connection.exec_driver_sql(f"{statement} ({signs})", tuple(part))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> list[str]:
    """The same for a table with the key `id`; gives back the ids that were new."""
    unique = {row["id"]: row for row in rows}
    if connection.dialect.name == "sqlite":  # nobody else writes during our transaction
        known = existing_ids(connection, table, list(unique))
        new = [row for key, row in unique.items() if key not in known]
        insert_missing(connection, table, new)
        return [row["id"] for row in new]
    inserted: set[str] = set()
    # In the order of the keys: two transactions with the same rows then cannot deadlock.
    for part in chunks(sorted(unique.values(), key=lambda row: str(row["id"]))):
        statement = (
            postgresql.insert(table)
            .on_conflict_do_nothing(index_elements=list(table.primary_key))
            .returning(table.c.id)
        )
        inserted.update(connection.execute(statement, list(part)).scalars())
    return [key for key in unique if key in inserted]


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    update: Sequence[str],
    where: sa.ColumnElement[bool] | None = None,
) -> int:
    """Insert rows; of those whose key is there set the columns `update` (where `where` holds).

    Gives back how many rows were written, which is exact for a single row only.
    """
    if not rows:
        return 0
    statement = _insert(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={name: statement.excluded[name] for name in update},
        where=where,
    )
    parameters = dict(rows[0]) if len(rows) == 1 else list(rows)
    options = {"preserve_rowcount": True}  # else not kept for an INSERT
    return connection.execute(statement, parameters, execution_options=options).rowcount


def existing_ids(connection: Connection, table: Table, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that are in the table."""
    found: set[str] = set()
    for part in chunks(ids):
        found.update(
            connection.execute(sa.select(table.c.id).where(table.c.id.in_(part))).scalars()
        )
    return found
