"""Which entries may become items now: embargoes, withdrawals and versions honoured. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from worker.domain.item import Entry

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Release:
    """The entries of one document, each in one of four lots, in the document's order.

    `free` may become items. `embargoed` may later, each at its `embargoed_until`. `withdrawn` may
    not: withheld or cancelled. `superseded` came with a later version of themselves.
    """

    free: tuple[Entry, ...]
    embargoed: tuple[Entry, ...] = ()
    withdrawn: tuple[Entry, ...] = ()
    superseded: tuple[Entry, ...] = ()

    @property
    def next_at(self) -> datetime | None:
        """When the first embargo ends; `None` without one."""
        return min((e.embargoed_until for e in self.embargoed if e.embargoed_until), default=None)


def release(entries: Sequence[Entry], now: datetime) -> Release:
    """Sort the entries of one document by whether they may be used at `now`.

    Of several versions of one guid the latest speaks for all of them: a cancellation undoes the
    text that it stands beside. Entries without versions, of ordinary feeds, all stand for
    themselves, since their guids may well repeat by mistake.
    """
    latest: dict[str, int] = {}
    by_guid: defaultdict[str, list[int]] = defaultdict(list)
    for position, entry in enumerate(entries):
        if entry.guid:
            by_guid[entry.guid].append(position)
    for guid, positions in by_guid.items():
        if len(positions) > 1 and any(_is_managed(entries[at]) for at in positions):
            latest[guid] = max(positions, key=lambda at: (_age(entries[at]), -at))
    lots: tuple[list[Entry], ...] = ([], [], [], [])
    free, embargoed, withdrawn, superseded = lots
    for position, entry in enumerate(entries):
        if latest.get(entry.guid or "", position) != position:
            superseded.append(entry)
        elif entry.withdrawn is not None:
            withdrawn.append(entry)
        elif entry.embargoed_until is not None and entry.embargoed_until > now:
            embargoed.append(entry)
        else:
            free.append(entry)
    return Release(*map(tuple, lots))


def _is_managed(entry: Entry) -> bool:
    return bool(entry.version or entry.withdrawn or entry.embargoed_until)


def _age(entry: Entry) -> tuple[tuple[int, ...], datetime, bool]:
    """Orders versions; between equals the one that forbids more comes out as the later."""
    numbers = tuple(int(part) for part in re.findall(r"\d{1,18}", entry.version or "")[:4])
    return numbers, entry.updated or entry.published or _OLDEST, entry.withdrawn is not None
