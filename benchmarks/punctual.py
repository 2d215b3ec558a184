"""Ten thousand feeds, ten simulated minutes: how late is the latest poll?

Time is simulated, everything else is real: the store (SQLite), the claims by host, the scheduling
and the calendar. A poll keeps one of the poller's places busy for as long as origins take, drawn
from a fixed sequence; what our own work takes on top is measured and added to the clock.
"""

from __future__ import annotations

import heapq
import random
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from benchmarks.report import Section
from worker.domain.feed import Feed, FeedState, Fetched, Polled, PollResult
from worker.domain.ids import feed_id
from worker.feeds import courtesy, schedule
from worker.feeds.calendar import Calendar
from worker.polling import CONCURRENT_POLLS, LEASE, READ_CALENDAR_EVERY
from worker.store import Store

FEEDS = 10_000
MINUTES = 10
_INTERVALS = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 600, 900, 1800))
# How often the simulated poller looks, at most; a real one looks more often.
_STEP = 0.2
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)
_OWNER = "poller@simulated:1"


def measure(section: Section, *, quick: bool) -> None:
    """Fill `section`: how late polls were, how many a second, how much work of ours."""
    count = FEEDS // 10 if quick else FEEDS
    section.about = (
        f"{count:,} feeds, two a host, with intervals between 30 s and 30 min, spread as by an "
        f"import; {MINUTES} simulated minutes of one poller with {CONCURRENT_POLLS} polls at a "
        "time. Origins take 0.05 to 2 s. Lateness is from when a poll was due to when it began."
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/simulated.db")
        store.upgrade()
        try:
            late, seconds, worked = simulate(store, count, MINUTES)
        finally:
            store.close()
    late.sort()
    section.add("polls", len(late), "", f"{len(late) / MINUTES / 60:.0f} a second")
    section.add("latest poll", late[-1], "s late")
    section.add("p99", late[int(len(late) * 0.99)], "s late")
    mean = sum(seconds.values()) / (MINUTES * 60)
    section.add("busiest second", max(seconds.values()) / mean, "times the mean")
    section.add("work of ours", worked / len(late) * 1000, "ms a poll", "claim, schedule, store")


def simulate(store: Store, count: int, minutes: float) -> tuple[list[float], Counter[int], float]:
    """How late each poll began, how many began in each second, and the work of ours, in seconds."""
    feeds = [
        Feed(feed_id(url), url, url, _INTERVALS[n % len(_INTERVALS)])
        for n in range(count)
        for url in (f"https://host{n // 2}.example/{n % 2}",)
    ]
    first = [(feed, schedule.first_poll(feed, n, count, _START)) for n, feed in enumerate(feeds)]
    store.add_feeds(first, _START)
    draw, calendar = random.Random(7), Calendar()
    due = {feed.id: moment for feed, moment in first}
    late: list[float] = []
    seconds: Counter[int] = Counter()
    busy: list[tuple[datetime, int, Feed, FeedState]] = []
    now, end, worked, number = _START, _START + timedelta(minutes=minutes), 0.0, 0
    read_calendar = _START
    while now < end:
        began = time.process_time()
        if now >= read_calendar:
            calendar.load(store.planned_polls(now))
            read_calendar = now + timedelta(seconds=READ_CALENDAR_EVERY)
        ended = []
        while busy and busy[0][0] <= now:
            _, _, feed, state = heapq.heappop(busy)
            ended.append(_polled(feed, state, now, calendar))
            due[feed.id] = ended[-1].state.next_poll_at or end
        if ended:
            store.store_polls(_OWNER, ended)
        room = CONCURRENT_POLLS - len(busy)
        if room:
            for feed, state in store.claim_due_feeds(now, limit=room, lease=LEASE, owner=_OWNER):
                late.append((now - due[feed.id]).total_seconds())
                seconds[int((now - _START).total_seconds())] += 1
                number += 1
                takes = timedelta(seconds=draw.uniform(0.05, 2.0) ** 2 / 2 + 0.05)
                heapq.heappush(busy, (now + takes, number, feed, state))
        took = time.process_time() - began
        worked += took
        now += timedelta(seconds=max(took, _STEP))
    return late, seconds, worked


def _polled(feed: Feed, state: FeedState, now: datetime, calendar: Calendar) -> Polled:
    fetched = Fetched(PollResult.UNCHANGED, status_code=304, etag='"1"', body_hash="h")
    after = schedule.settle(feed, state, fetched, now, place=calendar.place)
    return Polled(feed, after, (), now, gap=courtesy.gap_after(feed.url))
