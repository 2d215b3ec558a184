"""When a feed is polled next, and what is remembered of a poll. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from worker.domain.feed import Feed, FeedState, FeedStatus, Fetched, PollResult
from worker.feeds.release import release

BACK_OFF_CAP = timedelta(hours=1)
_JITTER = 0.1
_MAX_DOUBLINGS = 12


def next_poll(
    feed: Feed, state: FeedState, fetched: Fetched, now: datetime
) -> tuple[datetime | None, str]:
    """When to poll again after `fetched`, and why then; `None` for never.

    `state` is the one before the poll. The interval is the floor: no poll comes earlier. After
    failures the wait doubles up to an hour, then stays there, since no transient error retires
    a feed. `Retry-After` counts when it asks for longer. Every wait is lengthened by up to a
    tenth, always the same for one feed, so that feeds added together do not stay together.
    """
    if fetched.result is PollResult.GONE:
        return None, "the origin says that the feed is gone (410)"
    wait, reason = feed.interval, f"interval {_span(feed.interval)}"
    if fetched.result is PollResult.FAILED:
        failures = state.failures + 1
        doubled = feed.interval * 2 ** min(failures - 1, _MAX_DOUBLINGS)
        wait = max(feed.interval, min(doubled, BACK_OFF_CAP))
        times = "1 failure" if failures == 1 else f"{failures} failures in a row"
        reason = f"{times}, waiting {_span(wait)}"
    wait *= 1 + _JITTER * _fraction(feed.id)
    if fetched.retry_after is not None and fetched.retry_after > wait:
        # The same stretch on top: not every feed of a host is to come back at one moment.
        wait = fetched.retry_after + feed.interval * _JITTER * _fraction(feed.id)
        reason = f"the origin asked for {_span(fetched.retry_after)} (Retry-After)"
    due = now + wait
    ends = release(fetched.entries, now).next_at
    if ends is not None and ends < due:
        due, reason = max(ends, now + feed.interval), "an embargo ends"
    return due, reason


def after_poll(state: FeedState, fetched: Fetched, now: datetime) -> FeedState:
    """What is known of the feed after a poll; when to poll next is not set here.

    Success takes over validators and body hash. A failure keeps them: the body that they belong
    to is still the last one that was parsed. While an entry waits for the end of its embargo none
    is kept, so that the document is read again although it has not changed.
    """
    if fetched.result is PollResult.FAILED:
        return replace(
            state,
            failures=state.failures + 1,
            last_polled_at=now,
            last_error=fetched.error or "failed",
        )
    if fetched.result is PollResult.GONE:
        return replace(
            state, status=FeedStatus.GONE, last_polled_at=now, last_error=fetched.error or "gone"
        )
    is_read = not release(fetched.entries, now).embargoed
    return replace(
        state,
        etag=fetched.etag if is_read else None,
        last_modified=fetched.last_modified if is_read else None,
        body_hash=fetched.body_hash if is_read else None,
        failures=0,
        last_polled_at=now,
        last_success_at=now,
        last_error=None,
    )


def settle(feed: Feed, state: FeedState, fetched: Fetched, now: datetime) -> FeedState:
    """`after_poll` and `next_poll` in one: the state to store."""
    due, reason = next_poll(feed, state, fetched, now)
    return replace(after_poll(state, fetched, now), next_poll_at=due, next_poll_reason=reason)


def _fraction(feed_id: str) -> float:
    """A number in 0..1 that is the feed's own."""
    digest = hashlib.blake2b(feed_id.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _span(duration: timedelta) -> str:
    """`90s`, `2m`, `1h`: as in the configuration, to the second."""
    seconds = round(duration.total_seconds())
    if seconds and seconds % 3600 == 0:
        return f"{seconds // 3600}h"
    if seconds and seconds % 60 == 0:
        return f"{seconds // 60}m"
    return f"{seconds}s"
