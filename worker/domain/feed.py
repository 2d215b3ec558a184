"""Feeds and what is remembered about them between polls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from worker.domain.item import Arrival, Entry
from worker.domain.push import Hub


@dataclass(frozen=True, slots=True)
class Feed:
    """An address to poll. `headers` may carry secrets and never leaves the configuration.

    `interval` is the shortest wait between two polls.
    """

    id: str
    url: str
    name: str
    interval: timedelta = timedelta(minutes=2)
    full_text: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed says of its own pace. None of it is binding, all of it is polite to follow.

    `ttl` is how long RSS lets it be kept. `update_every` comes from `sy:updatePeriod` and
    `sy:updateFrequency`, counted from `update_base` if that is given. In `skip_hours` (0 to 23)
    and on `skip_days` (0 is Monday), both in UTC, nothing appears.
    """

    ttl: timedelta | None = None
    update_every: timedelta | None = None
    update_base: datetime | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a feed has behaved so far.

    `gap` is the mean time between its latest entries, `None` when their dates do not tell.
    `last_new` is when something new last appeared, as far as known. `hints` are those of the
    last document that was parsed.
    """

    gap: timedelta | None = None
    last_new: datetime | None = None
    hints: Hints = Hints()


@dataclass(frozen=True, slots=True)
class Move:
    """Where the origin says that a feed has moved to for good (301, 308).

    `candidate` is the address that the latest `agreed` polls were sent to. `address` is the one
    that has been saved: it is polled instead of the feed's own. `refused` was saved once and taken
    back by somebody, and is not saved again.
    """

    address: str | None = None
    candidate: str | None = None
    agreed: int = 0
    refused: str | None = None


class FeedStatus(StrEnum):
    """`GONE`: the origin answered 410. `REMOVED`: no longer in the configuration."""

    ACTIVE = "active"
    PAUSED = "paused"
    GONE = "gone"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the next poll needs to know. Validators are kept as the origin sent them.

    `failures` counts consecutive failed polls. `body_hash` is the hash of the last body that was
    parsed: the same body is not parsed again. `rhythm` is missing until one has been.
    `not_modified` counts consecutive answers 304, `last_body_at` is when a whole document last
    came.
    """

    feed_id: str
    status: FeedStatus = FeedStatus.ACTIVE
    next_poll_at: datetime | None = None
    next_poll_reason: str = ""
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None
    rhythm: Rhythm | None = None
    not_modified: int = 0
    last_body_at: datetime | None = None
    move: Move = Move()


class PollResult(StrEnum):
    """How one poll ended. `UNCHANGED` covers 304 and a 200 with the body known already."""

    NEW = "new"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The outcome of one fetch-and-parse, before anything is decided or stored.

    `retry_after` is what the origin asked for (429, 503). `dropped` counts entries that could
    not be used, `warnings` says why in one line each. `hints` are those of a document that was
    parsed, `fresh_for` is for how long HTTP says that nothing can have changed. `url` is the
    address that answered, `moved_to` where the origin says that the feed lives now (301, 308).
    `took` is how long the host was kept busy. `hub` is where the feed says that it is pushed.
    """

    result: PollResult
    entries: tuple[Entry, ...] = ()
    status_code: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    dropped: int = 0
    warnings: tuple[str, ...] = ()
    hints: Hints | None = None
    fresh_for: timedelta | None = None
    url: str | None = None
    moved_to: str | None = None
    took: timedelta = timedelta()
    hub: Hub | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """A host that asked to be left alone until a moment, and why in a few words."""

    host: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that a poll changed for good and that operators should know.

    `action` is what the audit log calls it, `kind` the type of the message to operators. `detail`
    says it in a sentence without secrets; nor has `url`, which is where the feed is polled now.
    """

    action: str
    kind: str
    detail: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll came to, as it is stored at `at`.

    Of `arrivals` some may be known already. `gap` is how long the feed's host is left alone now,
    `rests` are hosts that asked for more.
    """

    feed: Feed
    state: FeedState
    arrivals: tuple[Arrival, ...]
    at: datetime
    gap: timedelta = timedelta()
    rests: tuple[Rest, ...] = ()
    turns: tuple[Turn, ...] = ()


def polled_url(feed: Feed, state: FeedState) -> str:
    """The address at which a feed is asked: its own, or the one that it has moved to."""
    return state.move.address or feed.url


def host_of(url: str) -> str:
    """The host of an address as politeness counts it: the name, and a port that is not a usual one.

    http and https are one host; so are two spellings of a name. Never raises.
    """
    try:
        parts = urlsplit(url.strip())
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    return name if port in (None, 80, 443) else f"{name}:{port}"
