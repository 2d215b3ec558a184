"""What a store remembers of entries, in memory: for tests of identities without a database.

Memory().see(feed, entries, moment)     one poll; gives the items that are new
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.domain.feed import Feed
from worker.domain.item import Entry, Item
from worker.feeds import arrivals, identity


@dataclass
class Memory:
    keys: dict[str, str] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)

    def see(self, feed: Feed, entries: Sequence[Entry], moment: datetime) -> tuple[Item, ...]:
        found = identity.sightings(feed, entries, moment)
        settled = arrivals.settle(found, self.keys, self._forms())
        arrived = [one for one in settled if one is not None]
        new = tuple(one.item for one in arrived if one.same_as is None)
        for one in arrived:
            for key in (one.item.id, *one.keys):
                self.keys.setdefault(key, one.same_as or one.item.id)
            if one.same_as is None:
                self.items[one.item.id] = one.item
        return new

    def _forms(self) -> dict[str, tuple[Item, ...]]:
        return {
            key: tuple(
                form
                for form in self.items.values()
                if (item.updates or item.id) in (form.id, form.updates)
            )
            for key, item in self.items.items()
        }
