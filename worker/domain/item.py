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
    else the feed.
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
