from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.feed import Feed, FeedState, Fetched, Hints, PollResult, Rhythm
from worker.domain.item import Entry
from worker.feeds.pacing import LONGEST, learn, pace, span
from worker.feeds.schedule import first_poll, next_poll, settle

NOW = datetime(2023, 1, 25, 12, 10, tzinfo=UTC)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FLOOR = 2 * MINUTE
FEED = Feed(id="feed_1", url="https://a.example/", name="A", interval=FLOOR)
KNOWN = FeedState(FEED.id, last_polled_at=NOW - HOUR, body_hash="h")
QUIET = Rhythm(gap=None, last_new=NOW - 3 * HOUR)


def entries(*ages: timedelta) -> list[Entry]:
    return [Entry("t", "x", published=NOW - age) for age in ages]


def hinted(**hints: object) -> Rhythm:
    return replace(QUIET, hints=Hints(**hints))  # type: ignore[arg-type]


# ── what is learnt ────────────────────────────────────────────────────────────────────────────


def test_the_gap_is_measured_up_to_now() -> None:
    rhythm = learn(None, entries(2 * HOUR, 4 * HOUR, 12 * HOUR), None, 3, NOW)
    assert rhythm == Rhythm(gap=4 * HOUR, last_new=NOW - 2 * HOUR)


def test_only_the_latest_entries_count() -> None:
    old = [1000 * DAY] * 30
    rhythm = learn(None, entries(*old, *(HOUR * n for n in range(1, 21))), None, 0, NOW)
    assert rhythm is not None
    assert rhythm.gap == HOUR


def test_two_entries_are_no_measure_and_dates_ahead_are_now() -> None:
    rhythm = learn(None, entries(-5 * DAY, 40 * DAY), None, 2, NOW)
    assert rhythm == Rhythm(gap=None, last_new=NOW)


def test_without_dates_new_items_tell_when_something_was_new() -> None:
    undated = [Entry("t", "x")]
    first = learn(None, undated, None, 1, NOW)
    assert first == Rhythm(None, NOW)
    later = learn(first, undated, None, 0, NOW + HOUR)
    assert later == Rhythm(None, NOW)
    assert learn(later, undated, None, 1, NOW + DAY) == Rhythm(None, NOW + DAY)


def test_late_dates_do_not_hide_that_something_is_new() -> None:
    delayed = entries(3 * HOUR, 5 * HOUR, 9 * HOUR)
    first = learn(None, delayed, None, 3, NOW)
    assert first is not None
    assert first.last_new == NOW - 3 * HOUR
    again = learn(first, delayed, None, 1, NOW)
    assert again is not None
    assert again.last_new == NOW


def test_hints_are_those_of_the_last_document() -> None:
    with_ttl = learn(None, (), Hints(ttl=HOUR), 0, NOW)
    assert with_ttl == Rhythm(hints=Hints(ttl=HOUR))
    assert learn(with_ttl, entries(HOUR), Hints(), 0, NOW) == Rhythm(None, NOW - HOUR)
    assert learn(with_ttl, (), None, 0, NOW) == with_ttl


# ── what comes of it ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rhythm", "fresh_for", "expected", "words"),
    [
        (None, None, FLOOR, "interval 2m"),
        (QUIET, None, FLOOR, "interval 2m"),
        (replace(QUIET, gap=4 * HOUR), None, 30 * MINUTE, "30m: one entry in 4h on average"),
        (replace(QUIET, gap=10 * MINUTE), None, 5 * MINUTE + timedelta(seconds=37.5), "45m on"),
        (Rhythm(10 * MINUTE, NOW - 4 * DAY), None, HOUR, "1h: one entry in 1d on average"),
        (Rhythm(MINUTE, NOW - 65 * MINUTE), None, timedelta(seconds=121.875), "16m 15s"),
        (replace(QUIET, gap=30 * DAY), None, HOUR, "1h: one entry in 30d on average"),
        (hinted(ttl=30 * MINUTE), None, 30 * MINUTE, "30m: ttl of the feed 30m"),
        (hinted(ttl=5 * DAY), None, HOUR, "1h: ttl of the feed 5d"),
        (replace(hinted(ttl=HOUR), gap=48 * MINUTE), None, 48 * MINUTE, "48m: ttl of the feed 1h"),
        (hinted(ttl=MINUTE), None, FLOOR, "interval 2m"),
        (hinted(update_every=20 * MINUTE), None, 20 * MINUTE, "updated every 20m"),
        (
            hinted(update_every=HOUR, update_base=datetime(2000, 1, 1, 0, 30, tzinfo=UTC)),
            None,
            20 * MINUTE,
            "20m: feed updated every 1h (sy:updatePeriod)",
        ),
        (None, 10 * MINUTE, 10 * MINUTE, "10m: answer fresh for 10m (HTTP caching)"),
        (hinted(ttl=15 * MINUTE), 10 * MINUTE, 15 * MINUTE, "ttl"),
        (QUIET, 3 * DAY, HOUR, "1h: answer fresh for 3d (HTTP caching)"),
        (hinted(skip_hours=frozenset({12})), None, 50 * MINUTE, "50m: interval 2m, then nothing"),
        (hinted(skip_hours=frozenset({12, 13, 14})), None, HOUR, "from 12:00 UTC (skipHours)"),
        (hinted(skip_hours=frozenset({13})), None, FLOOR, "interval 2m"),
        (hinted(skip_days=frozenset({2})), None, HOUR, "nothing on Wednesdays (skipDays)"),
    ],
)
def test_a_quiet_feed_is_left_alone_for_longer(
    rhythm: Rhythm | None, fresh_for: timedelta | None, expected: timedelta, words: str
) -> None:
    wait = pace(FLOOR, rhythm, fresh_for, NOW)
    assert wait.length == expected
    assert words in wait.reason


def test_something_new_within_the_hour_outweighs_every_wish() -> None:
    everything = Rhythm(
        30 * DAY,
        NOW - 59 * MINUTE,
        Hints(DAY, DAY, None, frozenset(range(23)), frozenset(range(6))),
    )
    wait = pace(FLOOR, everything, DAY, NOW)
    assert wait == (FLOOR, "interval 2m, something new within the hour")


HINTS = st.builds(
    Hints,
    ttl=st.none() | st.timedeltas(timedelta(), 400 * DAY),
    update_every=st.none() | st.timedeltas(timedelta(microseconds=1), 400 * DAY),
    update_base=st.none() | st.datetimes(timezones=st.just(UTC)),
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
)
RHYTHMS = st.none() | st.builds(
    Rhythm,
    gap=st.none() | st.timedeltas(timedelta(), 9_000 * DAY),
    last_new=st.none() | st.datetimes(max_value=NOW.replace(tzinfo=None), timezones=st.just(UTC)),
    hints=HINTS,
)


@given(
    st.timedeltas(timedelta(seconds=1), 30 * DAY),
    RHYTHMS,
    st.none() | st.timedeltas(timedelta(), 7 * DAY),
)
def test_every_wait_lies_between_the_interval_and_an_hour(
    floor: timedelta, rhythm: Rhythm | None, fresh_for: timedelta | None
) -> None:
    wait = pace(floor, rhythm, fresh_for, NOW)
    assert floor <= wait.length <= max(floor, LONGEST)
    assert wait.reason.isprintable()
    if rhythm and rhythm.last_new and NOW - rhythm.last_new < HOUR:
        assert wait.length == floor


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=90), "90s"),
        (2 * MINUTE, "2m"),
        (timedelta(seconds=121.9), "2m 2s"),
        (90 * MINUTE, "1h 30m"),
        (HOUR, "1h"),
        (DAY + 3 * HOUR + MINUTE, "1d 3h"),
    ],
)
def test_spans_read_well(duration: timedelta, words: str) -> None:
    assert span(duration) == words


# ── in the schedule ───────────────────────────────────────────────────────────────────────────


def test_what_was_learnt_holds_while_the_feed_does_not_change() -> None:
    fetched = Fetched(PollResult.NEW, tuple(entries(4 * HOUR, 8 * HOUR, 12 * HOUR)), body_hash="h")
    state = settle(FEED, KNOWN, fetched, NOW, new=0)
    assert state.rhythm == Rhythm(4 * HOUR, NOW - 4 * HOUR)
    same = settle(FEED, state, Fetched(PollResult.UNCHANGED, body_hash="h"), NOW)
    assert same.rhythm == state.rhythm
    assert same.next_poll_at is not None
    assert 30 * MINUTE <= same.next_poll_at - NOW <= 33 * MINUTE
    failed = settle(FEED, same, Fetched(PollResult.FAILED, error="x"), NOW)
    assert failed.rhythm == state.rhythm


def test_a_feed_with_news_is_polled_at_its_interval() -> None:
    fetched = Fetched(
        PollResult.NEW,
        tuple(entries(4 * HOUR, 8 * HOUR, 12 * HOUR)),
        hints=Hints(ttl=DAY),
        fresh_for=DAY,
    )
    rhythm = Rhythm(4 * HOUR, NOW - 4 * HOUR)
    due, reason = next_poll(FEED, replace(KNOWN, rhythm=rhythm), fetched, NOW, new=1)
    assert due is not None
    assert due - NOW <= FLOOR * 1.1
    assert "something new within the hour" in reason


def test_a_cache_does_not_hide_that_an_unknown_feed_is_busy() -> None:
    same = Fetched(PollResult.UNCHANGED, fresh_for=HOUR)
    due, _ = next_poll(FEED, KNOWN, same, NOW)
    assert due is not None
    assert due - NOW <= FLOOR * 1.1
    due, _ = next_poll(FEED, replace(KNOWN, rhythm=QUIET), same, NOW)
    assert due is not None
    assert due - NOW >= HOUR


@pytest.mark.parametrize(
    "feed",
    [
        replace(FEED, interval=timedelta(seconds=9)),
        replace(FEED, url="http://127.0.0.1:8080/a"),
        replace(FEED, url="http://[::1]:8080/a"),
        replace(FEED, url="http://localhost/a"),
        replace(FEED, url="http://wire.localhost/a"),
    ],
)
@pytest.mark.parametrize("state", [FeedState(FEED.id), replace(KNOWN, rhythm=QUIET)])
def test_short_intervals_and_this_machine_are_taken_literally(feed: Feed, state: FeedState) -> None:
    fetched = Fetched(PollResult.NEW, tuple(entries(30 * DAY, 60 * DAY, 90 * DAY)), fresh_for=DAY)
    due, reason = next_poll(feed, state, fetched, NOW)
    assert due is not None
    assert feed.interval <= due - NOW <= feed.interval * 1.1
    assert reason == f"interval {span(feed.interval)}"


@pytest.mark.parametrize("url", ["https://a.example/", "https://[", "https://10.0.0.1/x"])
def test_other_feeds_adapt(url: str) -> None:
    due, _ = next_poll(
        replace(FEED, url=url), replace(KNOWN, rhythm=replace(QUIET, gap=DAY)),
        Fetched(PollResult.UNCHANGED), NOW,
    )  # fmt: skip
    assert due is not None
    assert due - NOW >= HOUR


def test_feeds_added_together_part_after_their_first_poll() -> None:
    first = Fetched(PollResult.NEW)
    waits = []
    for number in range(1_000):
        feed = replace(FEED, id=f"feed_{number}")
        due, _ = next_poll(feed, FeedState(feed.id), first, NOW)
        assert due is not None
        assert due == next_poll(feed, FeedState(feed.id), first, NOW)[0]
        waits.append(due - NOW)
    assert min(waits) >= FLOOR
    assert max(waits) <= 2 * FLOOR
    for part in range(4):
        low = FLOOR * (1 + part / 4)
        assert 200 <= sum(low <= wait < low + FLOOR / 4 for wait in waits) <= 300


def test_many_feeds_added_at_once_are_polled_one_after_the_other() -> None:
    assert {first_poll(FEED, position, 20, NOW) for position in range(20)} == {NOW}
    dues = [first_poll(FEED, position, 240, NOW) for position in range(240)]
    assert dues[0] == NOW
    assert {late - early for early, late in pairwise(dues)} == {timedelta(seconds=0.5)}
    assert dues[-1] < NOW + FLOOR
