"""What is known of the endpoints behind the channels; see `domain.circuit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.circuit import Circuit
from worker.store.concern import Concern
from worker.store.outbox_tables import circuits
from worker.store.statements import chunks, insert_missing, upsert

_COLUMNS = tuple(field.name for field in fields(Circuit) if field.name != "name")


def load_circuits(
    connection: Connection, names: Sequence[str], *, make: Sequence[str] = ()
) -> dict[str, Circuit]:
    """The circuits with these names that have a row, locked until the commit.

    Those in `make` are given a row, so that there is something to lock.
    """
    found: dict[str, Circuit] = {}
    for part in chunks(sorted(set(names))):
        statement = (
            sa.select(circuits)
            .where(circuits.c.name.in_(part))
            .order_by(circuits.c.name)
            .with_for_update()
        )
        rows = connection.execute(statement).mappings().all()
        absent = sorted(set(make) & set(part) - {row["name"] for row in rows})
        if absent:
            insert_missing(connection, circuits, [asdict(Circuit(name)) for name in absent])
            rows = connection.execute(statement).mappings().all()
        found.update((row["name"], Circuit(**row)) for row in rows)
    return found


def save_circuits(
    connection: Connection, before: Mapping[str, Circuit], after: Mapping[str, Circuit]
) -> None:
    """Write those circuits that have changed."""
    moved = [asdict(each) for name, each in sorted(after.items()) if before.get(name) != each]
    upsert(connection, circuits, moved, _COLUMNS)


class CircuitMethods(Concern):
    """Reading circuits, and noting what was said about them."""

    def circuits(self) -> dict[str, Circuit]:
        """Every channel of which something is known."""
        rows = self._database.read(
            lambda c: c.execute(sa.select(circuits).order_by(circuits.c.name)).mappings().all()
        )
        return {row["name"]: Circuit(**row) for row in rows}

    def note_warning(self, channel: str, now: datetime) -> bool:
        """Note that people are told about a failing endpoint. `False`: they were told before."""

        def work(connection: Connection) -> bool:
            known = load_circuits(connection, [channel]).get(channel)
            if known is None or known.failing_since is None or known.warned is not None:
                return False
            save_circuits(connection, {}, {channel: replace(known, warned=now)})
            return True

        return self._database.write(work)
