"""The running parts of the service, and what only one of them may do at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from worker.domain.part import Part
from worker.store.codec import part_row, read_part
from worker.store.concern import Concern
from worker.store.statements import upsert
from worker.store.tables import leases, parts


class PartMethods(Concern):
    """Heartbeats and named leases."""

    def beat(self, part: Part) -> None:
        """Record that a part is alive, and its figures."""
        row = part_row(part)
        update = [name for name in row if name != "id"]
        self._database.write(lambda connection: upsert(connection, parts, [row], update))

    def parts(self) -> list[Part]:
        """Every part that has not been forgotten, by kind and age."""
        statement = sa.select(parts).order_by(parts.c.kind, parts.c.started, parts.c.id)
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [read_part(row) for row in rows]

    def forget_parts(self, before: datetime) -> int:
        """Forget the parts last seen before that moment; gives their number."""
        statement = sa.delete(parts).where(parts.c.seen < before)
        return self._database.write(lambda c: c.execute(statement).rowcount)

    def forget_part(self, part_id: str) -> None:
        """Forget one part, which has stopped in order."""
        statement = sa.delete(parts).where(parts.c.id == part_id)
        self._database.write(lambda c: c.execute(statement))

    def try_lease(self, name: str, owner: str, now: datetime, lease: timedelta) -> bool:
        """Take or prolong a named lease. `False`: another holds it."""
        row = {"name": name, "owner": owner, "until": now + lease}
        free = sa.or_(leases.c.owner == owner, leases.c.until <= now)
        return self._database.write(
            lambda connection: upsert(connection, leases, [row], ["owner", "until"], free) > 0
        )

    def release_lease(self, name: str, owner: str) -> None:
        """Give a lease back, if it is still ours."""
        statement = sa.delete(leases).where(leases.c.name == name, leases.c.owner == owner)
        self._database.write(lambda c: c.execute(statement))
