"""Taking items in: each piece of news once, whoever brings it and however many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from worker.domain.item import Arrival, Item, Source, Taken
from worker.domain.sameness import is_same_news
from worker.store.arrival_tables import entry_keys, item_bands, item_sources
from worker.store.codec import item_row, read_item
from worker.store.concern import Concern
from worker.store.items import ItemState
from worker.store.statements import chunks, insert_missing, insert_plain, select_in
from worker.store.tables import items

LIKENESS_WINDOW = timedelta(hours=72)
"""For how long after an item was seen others are compared with it."""

_MOST_FORMS = 20
_MOST_CANDIDATES = 4
# A band that so many share belongs to a form that is filled in again and again: it finds nothing
# any more, and would cost more with every item.
_CROWDED = 20
_BANDS_AT_ONCE = 2_000
_ADVISORY_KEY = 0x6974_656D_735F_696E  # one number that nothing else in the database uses


class Hold(NamedTuple):
    """A lease with which new items are stored: nobody else works on them until it ends."""

    owner: str
    until: datetime


class Lot(NamedTuple):
    """Arrivals of one moment."""

    arrivals: Sequence[Arrival]
    at: datetime
    hold: Hold | None = None


class ArrivalMethods(Concern):
    """Two who bring the same news at the same moment wait for each other: the second adds to
    what the first has stored."""

    def take_in(self, arrivals: Sequence[Arrival], now: datetime) -> list[Taken]:
        """Store items that come from elsewhere than a poll; what became of each, in order."""
        return self._database.write(lambda connection: take_in(connection, [Lot(arrivals, now)])[0])

    def known_entries(self, keys: Iterable[str]) -> dict[str, str]:
        """The items that are known under these keys, their own ids included."""
        wanted = sorted(set(keys))

        def work(connection: Connection) -> dict[str, str]:
            found = {id_: id_ for id_ in _existing(connection, wanted)}
            return found | _bound(connection, wanted)

        return self._database.read(work)

    def item_forms(self, item_ids: Iterable[str]) -> dict[str, tuple[Item, ...]]:
        """The forms of each of these items: the first one and those by which it was edited."""
        wanted = sorted(set(item_ids))

        def work(connection: Connection) -> dict[str, tuple[Item, ...]]:
            forms: dict[str, tuple[Item, ...]] = {}
            for part in chunks(wanted):
                rows = connection.execute(
                    sa.select(items.c.id, items.c.updates).where(items.c.id.in_(part))
                )
                first_of = {row.id: row.updates or row.id for row in rows}
                by_first = _load_forms(connection, sorted(set(first_of.values())))
                forms.update((id_, by_first.get(first, ())) for id_, first in first_of.items())
            return forms

        return self._database.read(work)

    def forget_bands(self, now: datetime) -> int:
        """Delete what items were found by that are too old to be compared; gives its number."""
        oldest = int((now - LIKENESS_WINDOW).timestamp())
        statement = sa.delete(item_bands).where(item_bands.c.seen < oldest)
        return self._database.write(lambda c: c.execute(statement).rowcount)


def take_in(connection: Connection, lots: Sequence[Lot]) -> list[list[Taken]]:
    """Take in several lots within the caller's transaction; what became of each arrival."""
    if not any(lot.arrivals for lot in lots):
        return [[] for _ in lots]
    if connection.dialect.name != "sqlite":  # whose writers take turns by themselves
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_KEY)))
    door = _Door(connection, [one for lot in lots for one in lot.arrivals])
    taken = [[door.take(one, lot) for one in lot.arrivals] for lot in lots]
    door.close()
    return taken


class _Door:
    """What is there of what may come in, read at once, and what came in, written at once."""

    def __init__(self, connection: Connection, arrivals: Sequence[Arrival]) -> None:
        self._connection = connection
        ids = {one.item.id for one in arrivals} | {one.same_as for one in arrivals if one.same_as}
        self._stored = _existing(connection, sorted(ids))
        self._deleted = _bound(connection, sorted(ids - self._stored))
        new = [one for one in arrivals if one.same_as is None and one.item.id not in self._stored]
        self._items, self._by_band = _candidates(connection, new)
        self._rows: list[dict[str, Any]] = []
        self._keys: dict[str, str] = {}
        self._bands: list[tuple[int, str, int]] = []
        self._sources: dict[tuple[str, str], dict[str, Any]] = {}

    def take(self, one: Arrival, lot: Lot) -> Taken:
        """Let one in: as itself, or as a source more of an item that tells the same."""
        item = one.item
        if item.id in self._stored:
            return Taken(item.id, False)
        if item.id in self._deleted:
            return Taken(self._deleted[item.id], False)
        known = one.same_as if one.same_as in self._stored else self._same_news(one)
        if known is not None:
            self._bind((item.id, *one.keys), known)
            self._add_source(known, item)
            return Taken(known, False)
        self._stored.add(item.id)
        self._items[item.id] = item
        self._rows.append(
            {
                **item_row(item),
                "state": ItemState.WAITING,
                "attempts": 0,
                "queued_at": lot.at,
                "lease_owner": lot.hold and lot.hold.owner,
                "lease_until": lot.hold and lot.hold.until,
            }
        )
        self._bind(one.keys, item.id)
        seen = int(item.seen.timestamp())
        for band in one.bands:
            sharing = self._by_band[band]
            if len(sharing) < _CROWDED:
                sharing.append(item.id)
                self._bands.append((band, item.id, seen))
        return Taken(item.id, True)

    def close(self) -> None:
        """Write what came in."""
        if self._rows:
            insert_missing(self._connection, items, self._rows)
        keys = sorted(self._keys.items())
        insert_plain(self._connection, entry_keys, ("id", "item_id"), keys)
        insert_plain(self._connection, item_bands, ("band", "item_id", "seen"), self._bands)
        insert_missing(self._connection, item_sources, list(self._sources.values()))

    def _same_news(self, one: Arrival) -> str | None:
        """The item that tells the same already, the one with most in common first."""
        shared: dict[str, int] = defaultdict(int)
        for band in one.bands:
            for item_id in self._by_band.get(band, ()):
                shared[item_id] += 1
        for item_id in sorted(shared, key=lambda key: (-shared[key], key))[:_MOST_CANDIDATES]:
            known = self._items[item_id]
            if _is_comparable(one, known) and is_same_news(one.item, known):
                return item_id
        return None

    def _bind(self, keys: Iterable[str], item_id: str) -> None:
        for key in keys:
            if key != item_id:
                self._keys.setdefault(key, item_id)

    def _add_source(self, item_id: str, item: Item) -> None:
        self._sources.setdefault(
            (item_id, item.feed_id),
            {
                "item_id": item_id,
                "feed_id": item.feed_id,
                "name": item.source,
                "title": item.title,
                "url": item.url,
                "published": item.published,
                "seen": item.seen,
            },
        )


def _is_comparable(one: Arrival, known: Item) -> bool:
    """Edits and versions are told apart from their own earlier forms by those who made them.

    What corrects is not what it corrects, and what was taken back stands for nothing.
    """
    if one.item.seen - known.seen > LIKENESS_WINDOW or known.withdrawn is not None:
        return False
    if one.item.correction and not known.correction:
        return False
    family = one.item.updates
    if family is not None and family in (known.id, known.updates):
        return False
    return not (one.is_version and known.feed_id == one.item.feed_id)


def _existing(connection: Connection, ids: Sequence[str]) -> set[str]:
    return {id_ for (id_,) in select_in(connection, "SELECT id FROM items WHERE id IN", ids)}


def _bound(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Ids that another item has taken over, or whose own item is gone."""
    statement = "SELECT id, item_id FROM entry_keys WHERE id IN"
    return {row[0]: row[1] for row in select_in(connection, statement, ids)}


def _candidates(
    connection: Connection, new: Sequence[Arrival]
) -> tuple[dict[str, Item], defaultdict[int, list[str]]]:
    """Stored items that share a band with one of `new`, and who shares which."""
    by_band: defaultdict[int, list[str]] = defaultdict(list)
    if not new:
        return {}, by_band
    for part in chunks(sorted({band for one in new for band in one.bands}), _BANDS_AT_ONCE):
        # Numbers of ours, written out: thousands of parameters would cost more than the search.
        listed = ", ".join(map(str, part))
        rows = connection.exec_driver_sql(
            f"SELECT band, item_id FROM item_bands WHERE band IN ({listed})"  # noqa: S608
        )
        for band, item_id in rows:
            by_band[band].append(item_id)
    found: dict[str, Item] = {}
    wanted = {item_id for ids in by_band.values() for item_id in ids}
    for some in chunks(sorted(wanted)):
        loaded = connection.execute(sa.select(items).where(items.c.id.in_(some))).mappings()
        found.update((row["id"], read_item(row)) for row in loaded)
    for ids in by_band.values():
        ids[:] = [item_id for item_id in ids if item_id in found]
    return found, by_band


def _load_forms(connection: Connection, first: Sequence[str]) -> dict[str, tuple[Item, ...]]:
    rows = connection.execute(
        sa.select(items)
        .where(sa.or_(items.c.id.in_(first), items.c.updates.in_(first)))
        .order_by(items.c.updates.is_not(None), items.c.seen, items.c.id)
    ).mappings()
    forms: defaultdict[str, list[Item]] = defaultdict(list)
    for row in rows:
        item = read_item(row)
        forms[item.updates or item.id].append(item)
    return {key: (*found[:1], *found[1:][-_MOST_FORMS:]) for key, found in forms.items()}


def load_sources(connection: Connection, item_ids: Sequence[str]) -> Mapping[str, list[Source]]:
    """Who else brought these items, the first to do so first."""
    found: dict[str, list[Source]] = {}
    for part in chunks(sorted(set(item_ids))):
        rows = connection.execute(
            sa.select(item_sources)
            .where(item_sources.c.item_id.in_(part))
            .order_by(item_sources.c.seen, item_sources.c.feed_id)
        ).mappings()
        for row in rows:
            found.setdefault(row["item_id"], []).append(_read_source(row))
    return found


def _read_source(row: RowMapping) -> Source:
    return Source(**{name: row[name] for name in Source.__slots__})


def new_ids(taken: Iterable[Taken]) -> Iterator[str]:
    """The ids of those that were new."""
    return (one.item_id for one in taken if one.new)
