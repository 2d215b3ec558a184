"""When a feed is polled next, and what is remembered of a poll. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from worker.domain.feed import (
    Feed,
    FeedState,
    FeedStatus,
    Fetched,
    PollResult,
    Rhythm,
    Turn,
)
from worker.feeds.calendar import Place, as_preferred
from worker.feeds.courtesy import is_on_this_machine
from worker.feeds.moves import after_move
from worker.feeds.pacing import learn, pace, span
from worker.feeds.release import release
from worker.net import redact_url

OPS_FEED_GONE = "ops.feed_gone"
OPS_FEED_MOVED = "ops.feed_moved"
BACK_OFF_CAP = timedelta(hours=1)
_JITTER = 0.1
A_FEW = 20
"""So many feeds may be polled at once without harm."""
_SHORT = timedelta(seconds=10)
_MAX_DOUBLINGS = 12
_REST_FOR_TIME = 10
_NOT_MODIFIED = 304
# Some origins answer 304 for ever, whatever has changed.
NOT_MODIFIED_MOST = 100
BODY_AGE_MOST = timedelta(days=1)


def first_poll(feed: Feed, position: int, count: int, now: datetime) -> datetime:
    """When to poll a feed first that was added as number `position` (from 0) of `count`.

    A few are polled at once; many are spread evenly over the interval.
    """
    if count <= A_FEW:
        return now
    return now + feed.interval * position / count


def next_poll(
    feed: Feed,
    state: FeedState,
    fetched: Fetched,
    now: datetime,
    new: int = 0,
    place: Place = as_preferred,
) -> tuple[datetime | None, str]:
    """When to poll again after `fetched`, which brought `new` items, and why then.

    `None` for never. `state` is the one before the poll. The interval is the floor: no poll comes
    earlier. A feed that answers is left alone for longer as `pacing` says, unless its interval is
    short or it is on this machine: that is meant as it is written. After failures the wait
    doubles up to an hour, then stays there, since no transient error retires a feed.
    `Retry-After` counts when it asks for longer.

    Every wait is lengthened by up to a tenth, by a share that is the feed's own, so that feeds
    added together do not stay together; the first by up to an interval, so that they part at once.
    `place` may choose another moment within that tenth, or interval (which a feed whose interval is
    meant as it is written uses up only when many were added at once).
    """
    if fetched.result is PollResult.GONE:
        return None, "the origin says that the feed is gone (410)"
    stretch = room = _JITTER
    wait, reason = feed.interval, f"interval {span(feed.interval)}"
    if fetched.result is PollResult.FAILED:
        failures = state.failures + 1
        doubled = feed.interval * 2 ** min(failures - 1, _MAX_DOUBLINGS)
        # A feed that kept its host busy for nothing must not do so all day: others live there too.
        wait = max(feed.interval, min(max(doubled, fetched.took * _REST_FOR_TIME), BACK_OFF_CAP))
        times = "1 failure" if failures == 1 else f"{failures} failures in a row"
        reason = f"{times}, waiting {span(wait)}"
    elif not _is_meant_literally(feed):
        rhythm = _rhythm(state, fetched, now, new)
        # Of a feed that is not known yet a cache's word must not hide that it is a busy one.
        fresh_for = fetched.fresh_for
        if rhythm is None and fetched.result is PollResult.UNCHANGED:
            fresh_for = None
        wait, reason = pace(feed.interval, rhythm, fresh_for, now)
        if _is_first(state):
            stretch = max(_JITTER, feed.interval / wait)
    elif _is_first(state):
        room = 1.0
    wished, latest = wait * (1 + stretch), wait * (1 + max(stretch, room))
    if fetched.retry_after is not None and fetched.retry_after > wait:
        # The same stretch on top: not every feed of a host is to come back at one moment.
        wait = fetched.retry_after
        wished = latest = wait + feed.interval * _JITTER
        reason = f"the origin asked for {span(wait)} (Retry-After)"
    preferred = wait + (wished - wait) * _fraction(feed.id)
    due = place(now + wait, now + latest, now + preferred)
    ends = release(fetched.entries, now).next_at
    if ends is not None and ends < due:
        due, reason = max(ends, now + feed.interval), "an embargo ends"
    return due, reason


def after_poll(
    feed: Feed, state: FeedState, fetched: Fetched, now: datetime, new: int = 0
) -> FeedState:
    """What is known of the feed after a poll that brought `new` items; not yet when the next is.

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
    whole = fetched.status_code != _NOT_MODIFIED
    return replace(
        state,
        etag=fetched.etag if is_read else None,
        last_modified=fetched.last_modified if is_read else None,
        body_hash=fetched.body_hash if is_read else None,
        failures=0,
        last_polled_at=now,
        last_success_at=now,
        last_error=None,
        rhythm=_rhythm(state, fetched, now, new),
        not_modified=0 if whole else state.not_modified + 1,
        last_body_at=now if whole else state.last_body_at,
        move=after_move(feed, state, fetched),
    )


def wants_whole(state: FeedState, now: datetime) -> bool:
    """Whether the document is to be asked for without conditions this time.

    After a hundred answers in a row that it has not changed (304), and a day after it last came.
    """
    if state.last_body_at is None or not (state.etag or state.last_modified):
        return False
    return state.not_modified >= NOT_MODIFIED_MOST or now - state.last_body_at >= BODY_AGE_MOST


def settle(
    feed: Feed,
    state: FeedState,
    fetched: Fetched,
    now: datetime,
    new: int = 0,
    place: Place = as_preferred,
) -> FeedState:
    """`after_poll` and `next_poll` in one: the state to store."""
    due, reason = next_poll(feed, state, fetched, now, new, place)
    after = after_poll(feed, state, fetched, now, new)
    return replace(after, next_poll_at=due, next_poll_reason=reason)


def turns(feed: Feed, before: FeedState, after: FeedState) -> tuple[Turn, ...]:
    """What a poll changed for good."""
    if after.status is FeedStatus.GONE and before.status is not FeedStatus.GONE:
        detail = f"Feed {feed.name} is gone for good (410) and polled no more"
        return (Turn("retire_feed", OPS_FEED_GONE, detail),)
    if after.move.address is not None and after.move.address != before.move.address:
        url = redact_url(after.move.address)
        detail = f"Feed {feed.name} has moved for good and is polled at {url}"
        return (Turn("move_feed", OPS_FEED_MOVED, detail, url),)
    return ()


def _rhythm(state: FeedState, fetched: Fetched, now: datetime, new: int) -> Rhythm | None:
    if fetched.result is not PollResult.NEW:
        return state.rhythm
    return learn(state.rhythm, fetched.entries, fetched.hints, new, now)


def _is_first(state: FeedState) -> bool:
    return state.last_polled_at is None and not (state.body_hash or state.etag)


def _is_meant_literally(feed: Feed) -> bool:
    """Short intervals, and feeds on this machine, which cost nobody anything."""
    return feed.interval < _SHORT or is_on_this_machine(feed.url)


def _fraction(feed_id: str) -> float:
    """A number in 0..1 that is the feed's own."""
    digest = hashlib.blake2b(feed_id.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
