"""Items that their publishers take back: found by the names that these gave them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.event import Event
from worker.domain.item import Item
from worker.store.codec import ITEM_FIELDS, read_event, read_item
from worker.store.concern import Concern
from worker.store.items import ItemState
from worker.store.story_tables import reports, story_companies
from worker.store.tables import events, items

Heard = tuple[str, Item, Event]
"""An event of a story: its id, its item, and itself."""


class WithdrawalMethods(Concern):
    """An item that was taken back is judged once more, to take back what it has led to."""

    def withdraw_items(self, feed_id: str, reasons: Mapping[str, str], now: datetime) -> list[str]:
        """Mark every version of these guids, with the reason, and have them judged again.

        Gives back the ids of those that were not marked before: the caller queues them.
        """

        def work(connection: Connection) -> list[str]:
            found: list[str] = []
            for guid, reason in sorted(reasons.items()):
                standing = (
                    sa.select(items.c.id)
                    .where(
                        items.c.feed_id == feed_id,
                        items.c.guid == guid,
                        items.c.withdrawn.is_(None),
                    )
                    .order_by(items.c.id)
                    .with_for_update()
                )
                ids = list(connection.execute(standing).scalars())
                connection.execute(
                    sa.update(items)
                    .where(items.c.id.in_(ids))
                    .values(
                        withdrawn=reason,
                        state=ItemState.WAITING,
                        attempts=0,
                        queued_at=now,
                        lease_owner=None,
                        lease_until=None,
                    )
                )
                found += ids
            return found

        return self._database.write(work) if reasons else []

    def story_keys(self, item_id: str) -> list[tuple[str, str]]:
        """Rule and company of each side of the stories that an item has reported on."""
        statement = (
            sa.select(story_companies.c.rule, story_companies.c.company)
            .distinct()
            .join(reports, reports.c.story_id == story_companies.c.story_id)
            .join(events, events.c.id == reports.c.event_id)
            .where(events.c.item_id == item_id)
            .order_by(story_companies.c.rule, story_companies.c.company)
        )
        return self._database.read(lambda c: [(r.rule, r.company) for r in c.execute(statement)])


def heard_of(connection: Connection, story_id: str) -> list[Heard]:
    """Every event of a story, the oldest first; `Item.withdrawn` says which were taken back."""
    columns = [items.c[name].label(f"item_{name}") for name in ITEM_FIELDS]
    rows = connection.execute(
        sa.select(reports.c.event_id, events.c.body, *columns)
        .join(events, events.c.id == reports.c.event_id)
        .join(items, items.c.id == events.c.item_id)
        .where(reports.c.story_id == story_id)
        .order_by(reports.c.at, reports.c.event_id)
    ).mappings()
    return [(row["event_id"], read_item(row, "item_"), read_event(row["body"])) for row in rows]
