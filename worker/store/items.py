"""Items on their way to being classified."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.domain.item import Item
from worker.store.codec import item_row, read_item
from worker.store.concern import Concern
from worker.store.statements import chunks, insert_new
from worker.store.tables import items


class ItemState(StrEnum):
    """`FAILED`: given up after several attempts, kept for people to look at."""

    WAITING = "waiting"
    CLASSIFIED = "classified"
    FAILED = "failed"


class ItemMethods(Concern):
    """An item is leased to one worker at a time; each claim counts as an attempt."""

    def store_items(self, new: Sequence[Item], now: datetime) -> list[str]:
        """Store items as they are; gives back the ids that are new. No likeness is looked for."""
        return self._database.write(lambda connection: insert_items(connection, new, now))

    def item(self, item_id: str) -> Item | None:
        """One item."""
        statement = sa.select(items).where(items.c.id == item_id)
        row = self._database.read(lambda c: c.execute(statement).mappings().one_or_none())
        return None if row is None else read_item(row)

    def claim_items(
        self,
        ids: Sequence[str],
        now: datetime,
        *,
        lease: timedelta,
        owner: str,
        max_attempts: int = 5,
        untried: bool = False,
    ) -> list[Item]:
        """Lease those of `ids` to `owner` that wait and are not held by another.

        With `untried` only those that have had no attempt yet.

        An item that has had `max_attempts` becomes `FAILED` instead: what kills its worker
        must not do so for ever. In the order of `ids`.
        """

        def work(connection: Connection) -> list[Item]:
            claimed: dict[str, Item] = {}
            for part in chunks(sorted(set(ids))):
                claimable = _claimable(part, owner, now)
                if untried:
                    claimable = claimable.where(items.c.attempts == 0)
                rows = connection.execute(claimable).mappings().all()
                spent = [row["id"] for row in rows if row["attempts"] >= max_attempts]
                taken = [row for row in rows if row["attempts"] < max_attempts]
                if spent:
                    _give_up(connection, spent, max_attempts)
                if taken:
                    connection.execute(
                        sa.update(items)
                        .where(items.c.id.in_([row["id"] for row in taken]))
                        .values(
                            lease_owner=owner,
                            lease_until=now + lease,
                            attempts=items.c.attempts + 1,
                        )
                    )
                claimed.update((row["id"], read_item(row)) for row in taken)
            return [claimed[key] for key in dict.fromkeys(ids) if key in claimed]

        return self._database.write(work)

    def record_without_events(self, found: Sequence[tuple[str, str | None]], now: datetime) -> None:
        """Items, as pairs of id and language, are classified and hold no event.

        One that is classified already stays as it is.
        """
        by_language: dict[str | None, list[str]] = {}
        for item_id, language in found:
            by_language.setdefault(language, []).append(item_id)

        def work(connection: Connection) -> None:
            for language, ids in by_language.items():
                for part in chunks(sorted(ids)):
                    connection.execute(
                        sa.update(items)
                        .where(items.c.id.in_(part), items.c.state != ItemState.CLASSIFIED)
                        .values(classified(language, now))
                    )

        if by_language:
            self._database.write(work)

    def fail_item(self, item_id: str, error: str, now: datetime) -> None:
        """Note why an attempt failed and end its lease.

        The item is tried again when it is next overdue, until its attempts are used up.
        """
        statement = (
            sa.update(items)
            .where(items.c.id == item_id, items.c.state == ItemState.WAITING)
            .values(error=error, lease_owner=None, lease_until=None, queued_at=now)
        )
        self._database.write(lambda c: c.execute(statement))

    def release_items(self, ids: Sequence[str], owner: str, now: datetime) -> None:
        """Give items back untried, in an orderly stop: their attempt does not count."""

        def work(connection: Connection) -> None:
            for part in chunks(sorted(set(ids))):
                connection.execute(
                    sa.update(items)
                    .where(
                        items.c.id.in_(part),
                        items.c.state == ItemState.WAITING,
                        items.c.lease_owner == owner,
                    )
                    .values(lease_owner=None, lease_until=None, attempts=items.c.attempts - 1)
                )

        self._database.write(work)

    def settle_article(self, item_id: str, owner: str, article: str | None) -> bool:
        """End the wait for an item's article, which stands instead of its text if there is one.

        `False`: `owner` does not hold the item any more, and nothing has been changed.
        """
        values: dict[str, object] = {"lease_owner": None, "lease_until": None}
        if article is not None:
            values["text"] = article
        statement = (
            sa.update(items)
            .where(
                items.c.id == item_id,
                items.c.state == ItemState.WAITING,
                items.c.lease_owner == owner,
            )
            .values(values)
        )
        return self._database.write(lambda c: c.execute(statement).rowcount > 0)

    def retry_failed_items(self, ids: Sequence[str], now: datetime) -> list[str]:
        """Put items that were given up back, with all their attempts; gives back which."""

        def work(connection: Connection) -> list[str]:
            put_back: list[str] = []
            for part in chunks(sorted(set(ids))):
                failed = (
                    sa.select(items.c.id)
                    .where(items.c.id.in_(part), items.c.state == ItemState.FAILED)
                    .with_for_update()
                )
                found = list(connection.execute(failed).scalars())
                connection.execute(
                    sa.update(items)
                    .where(items.c.id.in_(found))
                    .values(state=ItemState.WAITING, attempts=0, queued_at=now)
                )
                put_back += found
            return put_back

        return self._database.write(work)

    def overdue_items(self, now: datetime, *, queued_before: datetime, limit: int) -> list[str]:
        """Ids of items that wait, unleased, and were last queued before that moment.

        They count as queued now: the caller queues them.
        """
        overdue = (
            sa.select(items.c.id)
            .where(
                in_state(ItemState.WAITING),
                items.c.queued_at < queued_before,
                sa.or_(items.c.lease_until.is_(None), items.c.lease_until <= now),
            )
            .order_by(items.c.queued_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> list[str]:
            ids = list(connection.execute(overdue).scalars())
            for part in chunks(ids):
                connection.execute(
                    sa.update(items).where(items.c.id.in_(part)).values(queued_at=now)
                )
            return ids

        return self._database.write(work)


def classified(language: str | None, now: datetime) -> dict[str, object]:
    """The columns of an item that is done."""
    return {
        "state": ItemState.CLASSIFIED,
        "found_language": language,
        "classified_at": now,
        "lease_owner": None,
        "lease_until": None,
        "error": None,
    }


def in_state(state: ItemState) -> sa.ColumnElement[bool]:
    """Written out, not as a parameter: only then do planners see that a partial index fits."""
    return items.c.state == sa.literal_column(f"'{state.value}'")


def insert_items(connection: Connection, new: Sequence[Item], now: datetime) -> list[str]:
    """Insert items not known yet, as waiting and queued now; gives back their ids."""
    waiting = {"state": ItemState.WAITING, "attempts": 0, "queued_at": now}
    return insert_new(connection, items, [{**item_row(item), **waiting} for item in new])


def _claimable(ids: Sequence[str], owner: str, now: datetime) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(items)
        .where(
            items.c.id.in_(ids),
            items.c.state == ItemState.WAITING,
            sa.or_(
                items.c.lease_until.is_(None),
                items.c.lease_until <= now,
                items.c.lease_owner == owner,
            ),
        )
        .order_by(items.c.id)
        .with_for_update(skip_locked=True)
    )


def _give_up(connection: Connection, ids: Sequence[str], attempts: int) -> None:
    reason = f"given up after {attempts} attempts that ended without a result"
    connection.execute(
        sa.update(items)
        .where(items.c.id.in_(ids))
        .values(
            state=ItemState.FAILED,
            lease_owner=None,
            lease_until=None,
            error=sa.func.coalesce(items.c.error, reason),
        )
    )
