from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.feed import Feed, FeedState, FeedStatus, Fetched, PollResult
from worker.feeds.schedule import BACK_OFF_CAP, after_poll, next_poll, settle

NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)
FEED = Feed(id="feed_1", url="https://a.example/", name="A", interval=timedelta(minutes=2))
STATE = FeedState("feed_1", etag='"a"', last_modified="yesterday", body_hash="h", failures=0)
NEW = Fetched(PollResult.NEW, etag='"b"', body_hash="i")
FAILED = Fetched(PollResult.FAILED, error="HTTP 500", status_code=500)


def wait(fetched: Fetched, failures: int = 0, feed: Feed = FEED) -> timedelta:
    due, _ = next_poll(feed, replace(STATE, failures=failures), fetched, NOW)
    assert due is not None
    return due - NOW


@pytest.mark.parametrize("result", [PollResult.NEW, PollResult.UNCHANGED])
def test_success_keeps_the_interval_with_a_little_jitter(result: PollResult) -> None:
    assert timedelta(minutes=2) <= wait(Fetched(result), 5) <= timedelta(minutes=2.2)
    assert next_poll(FEED, STATE, Fetched(result), NOW)[1] == "interval 2m"


def test_jitter_is_the_feeds_own_and_spreads_feeds() -> None:
    assert wait(NEW) == wait(NEW)
    waits = {wait(NEW, feed=replace(FEED, id=f"feed_{n}")) for n in range(200)}
    assert len(waits) > 190
    assert max(waits) - min(waits) > timedelta(seconds=10)


def test_failures_double_the_wait_up_to_an_hour() -> None:
    waits = [wait(FAILED, failures).total_seconds() / 60 for failures in range(8)]
    for got, minutes in zip(waits, [2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert minutes <= got <= minutes * 1.1
    assert next_poll(FEED, replace(STATE, failures=2), FAILED, NOW)[1] == (
        "3 failures in a row, waiting 8m"
    )
    assert wait(FAILED, 10**6) <= BACK_OFF_CAP * 1.1


def test_the_interval_stays_the_floor_when_it_is_longer_than_the_cap() -> None:
    slow = replace(FEED, interval=timedelta(hours=6))
    assert wait(FAILED, 9, slow) >= timedelta(hours=6)


@pytest.mark.parametrize("failures", [0, 3, 50])
def test_retry_after_is_honoured_when_it_asks_for_longer(failures: int) -> None:
    asked = replace(FAILED, status_code=429, retry_after=timedelta(hours=3))
    assert timedelta(hours=3) <= wait(asked, failures) <= timedelta(hours=3, minutes=1)
    assert "Retry-After" in next_poll(FEED, STATE, asked, NOW)[1]
    short = replace(asked, retry_after=timedelta(seconds=1))
    assert wait(short, failures) == wait(FAILED, failures)


def test_a_feed_that_is_gone_is_polled_no_more() -> None:
    gone = Fetched(PollResult.GONE, status_code=410, error="gone")
    due, reason = next_poll(FEED, STATE, gone, NOW)
    assert due is None
    assert "410" in reason
    state = settle(FEED, STATE, gone, NOW)
    assert (state.status, state.next_poll_at) == (FeedStatus.GONE, None)


def test_success_takes_over_what_the_origin_sent() -> None:
    state = after_poll(FEED, replace(STATE, failures=3, last_error="x"), NEW, NOW)
    assert state == replace(
        STATE,
        etag='"b"',
        last_modified=None,
        body_hash="i",
        failures=0,
        last_polled_at=NOW,
        last_success_at=NOW,
        last_error=None,
        last_body_at=NOW,
    )


def test_failure_counts_and_keeps_the_validators() -> None:
    state = after_poll(FEED, after_poll(FEED, STATE, FAILED, NOW), FAILED, NOW)
    assert state == replace(STATE, failures=2, last_polled_at=NOW, last_error="HTTP 500")


def test_settling_sets_when_and_why() -> None:
    state = settle(FEED, STATE, NEW, NOW)
    due, reason = next_poll(FEED, STATE, NEW, NOW)
    assert (state.next_poll_at, state.next_poll_reason) == (due, reason)
    assert state.etag == '"b"'


@given(
    st.integers(0, 10**6),
    st.timedeltas(timedelta(seconds=1), timedelta(days=30)),
    st.none() | st.timedeltas(timedelta(), timedelta(days=7)),
    st.sampled_from([PollResult.NEW, PollResult.UNCHANGED, PollResult.FAILED]),
)
def test_no_poll_comes_before_the_interval_or_what_was_asked(
    failures: int, interval: timedelta, asked: timedelta | None, result: PollResult
) -> None:
    got = wait(Fetched(result, retry_after=asked), failures, replace(FEED, interval=interval))
    assert interval <= got
    assert (asked or timedelta()) <= got
    assert got <= max(interval, BACK_OFF_CAP, asked or timedelta()) + max(interval, BACK_OFF_CAP)
