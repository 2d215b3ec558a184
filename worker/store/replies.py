"""What readers answer: what they think of alerts, and that they want no more of them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from worker.domain.alert import Alert
from worker.domain.feedback import Feedback, Opinion, Unwanted
from worker.store.alerts import load_alerts
from worker.store.concern import Concern
from worker.store.outbox_tables import feedback, unwanted
from worker.store.statements import insert_missing, upsert
from worker.store.tables import alerts, subscriptions


class ReplyMethods(Concern):
    """Every answer may come twice: the last word of each reader counts."""

    def give_feedback(
        self, alert_id: str, reader: str, opinion: Opinion, note: str, now: datetime
    ) -> bool:
        """Keep what a reader thinks of an alert, with its item. `False`: no such alert."""

        def work(connection: Connection) -> bool:
            item_id = connection.execute(
                sa.select(alerts.c.item_id).where(alerts.c.id == alert_id)
            ).scalar_one_or_none()
            if item_id is None:
                return False
            row = {
                "alert_id": alert_id,
                "reader": reader,
                "item_id": item_id,
                "verdict": opinion.value,
                "note": note,
                "said": now,
            }
            upsert(connection, feedback, [row], ("verdict", "note", "said"))
            return True

        return self._database.write(work)

    def feedback(
        self, *, alert_id: str | None = None, since: datetime | None = None, limit: int = 1000
    ) -> list[Feedback]:
        """What readers think, of one alert or of all, the newest first."""
        statement = sa.select(feedback).order_by(feedback.c.said.desc(), feedback.c.reader)
        if alert_id is not None:
            statement = statement.where(feedback.c.alert_id == alert_id)
        if since is not None:
            statement = statement.where(feedback.c.said >= since)
        rows = self._database.read(lambda c: c.execute(statement.limit(limit)).mappings().all())
        return [_read(row) for row in rows]

    def alerts_with_feedback(
        self, since: datetime | None = None
    ) -> list[tuple[Alert, list[Feedback]]]:
        """Alerts on which readers have said something, the first one first, with all of it."""

        def work(connection: Connection) -> list[tuple[Alert, list[Feedback]]]:
            statement = sa.select(feedback).order_by(feedback.c.said, feedback.c.reader)
            if since is not None:
                statement = statement.where(feedback.c.said >= since)
            said: dict[str, list[Feedback]] = {}
            for row in connection.execute(statement).mappings():
                said.setdefault(row["alert_id"], []).append(_read(row))
            told = load_alerts(connection, list(said))
            return [(told[key], words) for key, words in said.items() if key in told]

        return self._database.read(work)

    def want_nothing(self, channel: str, address: str, reason: str, now: datetime) -> None:
        """An address gets nothing more over a channel. Who is noted already stays as noted."""
        row = {"channel": channel, "address": address, "reason": reason, "since": now}
        self._database.write(lambda c: insert_missing(c, unwanted, [row]))

    def want_again(self, channel: str, address: str) -> bool:
        """An address gets messages again. `False`: it got them all the time."""
        statement = sa.delete(unwanted).where(
            unwanted.c.channel == channel, unwanted.c.address == address
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def unwanted(self) -> list[Unwanted]:
        """Every address that gets nothing more, the newest first."""
        statement = sa.select(unwanted).order_by(
            unwanted.c.since.desc(), unwanted.c.channel, unwanted.c.address
        )
        rows = self._database.read(lambda c: c.execute(statement).mappings().all())
        return [Unwanted(**row) for row in rows]

    def subscriptions_of(self, channel: str) -> list[str]:
        """Ids of the active subscriptions that go over a channel."""
        statement = (
            sa.select(subscriptions.c.id)
            .where(subscriptions.c.channel == channel, subscriptions.c.active)
            .order_by(subscriptions.c.id)
        )
        return list(self._database.read(lambda c: c.execute(statement).scalars().all()))


def _read(row: RowMapping) -> Feedback:
    return Feedback(
        alert_id=row["alert_id"],
        item_id=row["item_id"],
        reader=row["reader"],
        opinion=Opinion(row["verdict"]),
        note=row["note"],
        said=row["said"],
    )
