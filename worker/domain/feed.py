"""Feeds and what is remembered about them between polls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from worker.domain.item import Entry


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
    parsed: the same body is not parsed again.
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
    not be used, `warnings` says why in one line each.
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
