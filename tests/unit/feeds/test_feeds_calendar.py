from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.feed import Feed, FeedState, Fetched, PollResult
from worker.domain.ids import feed_id
from worker.feeds.calendar import Calendar
from worker.feeds.schedule import first_poll, next_poll

NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_without_others_the_wish_is_granted() -> None:
    wish = NOW + 5.25 * SECOND
    assert Calendar().place(NOW, NOW + 10 * SECOND, wish) == wish


def test_a_full_second_is_passed_over_and_the_nearest_empty_one_taken() -> None:
    calendar = Calendar()
    calendar.load([NOW + 5 * SECOND, NOW + 5.5 * SECOND, NOW + 4 * SECOND])
    wish = NOW + 5.25 * SECOND
    assert calendar.place(NOW, NOW + 10 * SECOND, wish) == NOW + 6.25 * SECOND
    assert calendar.place(NOW + 5 * SECOND, NOW + 5.9 * SECOND, wish) == wish


@given(
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.floats(0, 1),
)
def test_what_is_granted_lies_between_the_bounds(
    start: timedelta, length: timedelta, share: float
) -> None:
    earliest = NOW + start
    latest = earliest + length
    moment = Calendar().place(earliest, latest, earliest + length * share)
    assert earliest - timedelta(milliseconds=1) <= moment <= latest + timedelta(milliseconds=1)


def test_a_thousand_imported_feeds_never_crowd_a_second() -> None:
    """Half an hour of feeds from one list, planned by four pollers that see one another's plans
    once a minute: no second has more than twice the mean of polls."""
    urls = [f"http://127.0.0.1/{n}" for n in range(1000)]
    feeds = [Feed(feed_id(url), url, url) for url in urls]
    unchanged = Fetched(PollResult.UNCHANGED, status_code=304)
    due = {feed.id: first_poll(feed, n, 1000, NOW) for n, feed in enumerate(feeds)}
    states = {feed.id: FeedState(feed.id) for feed in feeds}
    calendars = [Calendar() for _ in range(4)]
    polls: Counter[int] = Counter()
    for second in range(1800):
        now = NOW + second * SECOND
        if second % 60 == 0:
            for calendar in calendars:
                calendar.load(due.values())
        for number, feed in enumerate(feeds):
            if due[feed.id] < now + SECOND:
                polls[second] += 1
                place = calendars[(number + second) % 4].place
                moment, _ = next_poll(feed, states[feed.id], unchanged, due[feed.id], place=place)
                assert moment is not None
                due[feed.id] = moment
                states[feed.id] = FeedState(feed.id, last_polled_at=now, body_hash="h")
    mean = polls.total() / 1800
    assert mean > 7
    assert max(polls.values()) <= 2 * mean


def test_those_added_all_at_once_part_by_their_second_poll() -> None:
    feeds = [Feed(f"feed_{n}", "http://127.0.0.1/", "x") for n in range(600)]
    calendar = Calendar()
    new = Fetched(PollResult.NEW, status_code=200)
    moments = [next_poll(f, FeedState(f.id), new, NOW, place=calendar.place)[0] for f in feeds]
    seconds = Counter((moment - NOW) // SECOND for moment in moments if moment)
    assert max(seconds.values()) <= 2 * 600 / 120
