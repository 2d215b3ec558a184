"""What is new of what comes in, by poll or by push: entries against what the store knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from worker.domain.feed import Feed
from worker.domain.item import Arrival, Entry, Taken
from worker.feeds import arrivals, identity
from worker.store import Store


def arrivals_of(
    feed: Feed, entries: Sequence[Entry], store: Store, now: datetime
) -> tuple[Arrival, ...]:
    """What is to be kept of the entries of one document; nothing of those that are known."""
    found = identity.sightings(feed, entries, now)
    settled = _settle(found, store.known_entries(identity.all_keys(found)), store)
    return tuple(one for one in settled if one is not None)


def push(feed: Feed, entries: Sequence[Entry], store: Store, now: datetime) -> list[Taken]:
    """Store entries that somebody sends us, as if `feed` had shown them: what became of each.

    Entries that are one within the document are one here.
    """
    found = identity.sightings(feed, entries, now)
    known = store.known_entries(identity.all_keys(found))
    settled = _settle(found, known, store)
    taken = iter(store.take_in([one for one in settled if one is not None], now))
    return [
        Taken(next(known[key] for key in sighting.keys if key in known), False)
        if arrival is None
        else next(taken)
        for sighting, arrival in zip(found, settled, strict=True)
    ]


def _settle(
    found: Sequence[identity.Sighting], known: Mapping[str, str], store: Store
) -> tuple[Arrival | None, ...]:
    doubtful = arrivals.to_compare(found, known)
    return arrivals.settle(found, known, store.item_forms(doubtful) if doubtful else {})
