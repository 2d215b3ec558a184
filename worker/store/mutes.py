"""Mutes: nothing of a story until a moment, for one subscription or for all."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.story import Mute
from worker.store.concern import Concern
from worker.store.statements import upsert
from worker.store.story_tables import mutes
from worker.store.tables import stories
from worker.store.telling import read_mute


class MuteMethods(Concern):
    """A mute ends by itself. What it holds back is shown as not sent, with the reason."""

    def mute(self, mute: Mute, now: datetime) -> bool:
        """Mute a story, or change until when. `False`: there is no such story."""
        row = {
            "story_id": mute.story_id,
            "subscription_id": mute.subscription_id or "",
            "until": mute.until,
            "by": mute.by,
            "created": now,
        }

        def work(connection: Connection) -> bool:
            known = sa.select(stories.c.id).where(stories.c.id == mute.story_id)
            if connection.execute(known).first() is None:
                return False
            upsert(connection, mutes, [row], ("until", "by", "created"))
            return True

        return self._database.write(work)

    def unmute(self, story_id: str, subscription_id: str | None = None) -> bool:
        """End a mute before its time. `False`: there is none like that."""
        statement = sa.delete(mutes).where(
            mutes.c.story_id == story_id, mutes.c.subscription_id == (subscription_id or "")
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def mutes(self, now: datetime) -> list[Mute]:
        """The mutes that are in force, the next to end first."""
        statement = sa.select(mutes).where(mutes.c.until > now).order_by(mutes.c.until)
        rows = self._database.read(lambda c: c.execute(statement).all())
        return list(map(read_mute, rows))

    def forget_mutes(self, ended_before: datetime) -> int:
        """Delete mutes that ended long ago; gives back how many."""
        statement = sa.delete(mutes).where(mutes.c.until < ended_before)
        return self._database.write(lambda c: c.execute(statement).rowcount)
