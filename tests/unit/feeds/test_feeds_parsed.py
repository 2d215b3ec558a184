"""Feeds on their way between processes."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.item import Entry
from worker.feeds import parsed
from worker.feeds.parse import ParsedFeed

ENTRIES = st.builds(
    Entry,
    title=st.text(),
    text=st.text(),
    guid=st.none() | st.text(),
    url=st.none() | st.text(),
    published=st.none() | st.datetimes(timezones=st.just(UTC)),
    updated=st.none() | st.datetimes(timezones=st.just(timezone(timedelta(hours=1)))),
    author=st.none() | st.text(),
    language=st.none() | st.sampled_from(["fr", "en"]),
)


@given(
    st.builds(
        ParsedFeed,
        entries=st.lists(ENTRIES, max_size=3).map(tuple),
        title=st.none() | st.text(),
        dropped=st.integers(0),
        warnings=st.lists(st.text(), max_size=2).map(tuple),
    )
)
def test_a_feed_survives_the_way_between_processes(feed: ParsedFeed) -> None:
    assert parsed.load(parsed.dump(feed)) == feed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b'{"entries": [3]}',
        b"[" * 100_000,
        b'{"kind": 1, "title": null, "dropped": 0, "warnings": [], "entries": []}',
    ],
)
def test_an_answer_that_makes_no_sense_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        parsed.load(data)
