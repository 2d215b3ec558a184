"""Keeps how the service has fared, and forgets it again in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.history import STEPS, Mark, Point
from worker.store.concern import Concern
from worker.store.history_tables import history, marks
from worker.store.statements import insert_missing


class HistoryMethods(Concern):
    """Several dashboards may write the same stretch; the first one's point stands."""

    def add_point(self, step: timedelta, point: Point) -> None:
        """Keep a point, and drop those of its step that have become too old."""
        seconds = int(step.total_seconds())
        row = {"step": seconds, "at": point.at, "figures": dict(point.figures)}
        outdated = sa.delete(history).where(
            history.c.step == seconds, history.c.at < point.at - STEPS[step]
        )

        def work(connection: Connection) -> None:
            insert_missing(connection, history, [row])
            connection.execute(outdated)

        self._database.write(work)

    def add_mark(self, mark: Mark) -> bool:
        """Note a change unless the newest mark of its kind says the same; whether it was noted."""
        newest = (
            sa.select(marks.c.value)
            .where(marks.c.kind == mark.kind)
            .order_by(marks.c.at.desc())
            .limit(1)
        )
        outdated = sa.delete(marks).where(marks.c.at < mark.at - 2 * max(STEPS.values()))

        def work(connection: Connection) -> bool:
            if connection.execute(newest).scalar() == mark.value:
                return False
            row = {"at": mark.at, "kind": mark.kind, "value": mark.value}
            insert_missing(connection, marks, [row])
            connection.execute(outdated)
            return True

        return self._database.write(work)

    def points(self, step: timedelta, since: datetime) -> list[Point]:
        """The points of a step from `since` on, the oldest first."""
        statement = (
            sa.select(history.c.at, history.c.figures)
            .where(history.c.step == int(step.total_seconds()), history.c.at >= since)
            .order_by(history.c.at)
        )
        rows = self._database.read(lambda c: c.execute(statement).all())
        return [Point(row.at, row.figures) for row in rows]

    def marks(self, since: datetime) -> list[Mark]:
        """What has changed since then, the oldest first."""
        statement = sa.select(marks).where(marks.c.at >= since).order_by(marks.c.at)
        rows = self._database.read(lambda c: c.execute(statement).all())
        return [Mark(row.at, row.kind, row.value) for row in rows]
