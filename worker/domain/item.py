"""News items, and the entries of a feed from which they are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed as parsed and cleaned: plain text, no mark-up, times in UTC.

    Every field but `title` and `text` may be missing in what a feed sends; an entry without
    title and without text is dropped by the parser. `published` is as the feed says, even when
    it lies in the future.

    The last fields are what licensed wires add (NewsML-G2, ninjs). `version` counts the versions
    of one guid. `provider` is who sends it. Before `embargoed_until` it must not be used, and not
    at all when `withdrawn` says why: withheld or cancelled by its publisher. `signal` is
    `correction` or `update`, `note` what the editors tell their colleagues about it.
    """

    title: str
    text: str
    guid: str | None = None
    url: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    language: str | None = None
    version: str | None = None
    provider: str | None = None
    embargoed_until: datetime | None = None
    withdrawn: str | None = None
    signal: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A stored piece of news, one however often it is seen.

    `id` is derived from the feed and the identity of the entry (`domain.ids`). `published` is
    never later than `seen`; `published_raw` keeps what the feed claimed.
    `source` says whose news it is, for people: the agency that the text names, else its provider,
    else the feed. `guid` is what its publisher calls it. A `correction` says that an earlier item
    was wrong; `withdrawn` says why it must not be used any more. An item that a publisher made of
    an earlier one by an edit `updates` that one; `difference` holds the sentences that went
    (`- …`) and came (`+ …`), one a line.
    """

    id: str
    feed_id: str
    title: str
    text: str
    seen: datetime
    source: str = ""
    url: str | None = None
    published: datetime | None = None
    published_raw: datetime | None = None
    language: str | None = None
    content_hash: str = ""
    guid: str | None = None
    correction: bool = False
    withdrawn: str | None = None
    updates: str | None = None
    difference: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody else who brought an item that was there already.

    `seen` is when we saw it there. `title` and `published` are as this source has them.
    """

    feed_id: str
    name: str
    title: str
    url: str | None
    published: datetime | None
    seen: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item on its way into the store, with what it may be known by later.

    `keys` are ids under which the entry will be looked up (`feeds.identity`), `bands` numbers that
    it shares with items that tell the same (`feeds.likeness`). `same_as` names the stored item that
    it is already known to be: only what is new about it is kept then. A version by its feed's own
    count (`is_version`) is never taken for an earlier one of that feed.
    """

    item: Item
    keys: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    same_as: str | None = None
    is_version: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival: the id of its item, and whether that was new."""

    item_id: str
    new: bool
