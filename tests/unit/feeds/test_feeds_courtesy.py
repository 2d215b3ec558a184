from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.domain.feed import Feed, FeedState, Fetched, Move, PollResult, host_of
from worker.feeds.courtesy import HOST_GAP, gap_after, is_on_this_machine, rests
from worker.feeds.schedule import wants_whole

NOW = datetime(2023, 1, 24, 12, tzinfo=UTC)
FEED = Feed("feed_1", "https://a.example/rss", "Wire")
STATE = FeedState(FEED.id)
DUE = NOW + timedelta(minutes=4)


def failed(status: int, after: timedelta | None = None, url: str | None = None) -> Fetched:
    return Fetched(PollResult.FAILED, status_code=status, retry_after=after, url=url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://A.example/rss", "a.example"),
        ("http://a.example:80/", "a.example"),
        ("https://u:p@a.example.:443/x", "a.example"),
        ("http://a.example:8080/", "a.example:8080"),
        ("http://[::1]:8080/", "::1:8080"),
        ("http://[broken", ""),
        ("http://a.example:port/", ""),
    ],
)
def test_a_host_is_one_however_it_is_spelt(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.9.9.9:1/",
        "http://[::1]/",
        "http://localhost/",
        "http://a.localhost/",
    ],
)
def test_this_machine_needs_no_sparing(url: str) -> None:
    assert is_on_this_machine(url)
    assert gap_after(url) == timedelta()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "https://a.example/", "http://localhost.example/", "http://[x"]
)
def test_others_are_left_alone_between_requests(url: str) -> None:
    assert gap_after(url) == HOST_GAP


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_counts_for_the_host_and_for_the_one_that_answered(status: int) -> None:
    asked = timedelta(minutes=10)
    [rest] = rests(FEED, STATE, failed(status, asked), DUE, NOW)
    assert (rest.host, rest.until) == ("a.example", NOW + asked)
    assert rest.reason == "its host asked for 10m (Retry-After)"
    moved = replace(STATE, move=Move(address="https://b.example/"))
    found = rests(FEED, moved, failed(status, asked, "https://c.example/x"), DUE, NOW)
    assert [rest.host for rest in found] == ["b.example", "c.example"]


def test_too_many_requests_without_a_wait_rest_the_host_until_the_next_poll() -> None:
    [rest] = rests(FEED, STATE, failed(429), DUE, NOW)
    assert rest.until == DUE
    assert rests(FEED, STATE, failed(503), DUE, NOW) == ()
    assert rests(FEED, STATE, failed(500, timedelta(hours=1)), DUE, NOW) == ()


@pytest.mark.parametrize(
    ("not_modified", "age", "expected"),
    [(0, 0, False), (99, 23, False), (100, 1, True), (1, 24, True)],
)
def test_the_whole_document_is_asked_for_now_and_then(
    not_modified: int, age: int, expected: bool
) -> None:
    state = replace(
        STATE,
        etag='"1"',
        not_modified=not_modified,
        last_body_at=NOW - timedelta(hours=age),
    )
    assert wants_whole(state, NOW) is expected
    assert not wants_whole(replace(state, etag=None), NOW)
    assert not wants_whole(replace(state, last_body_at=None), NOW)
