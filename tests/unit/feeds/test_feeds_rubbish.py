"""Whatever comes, a document gives a feed or one line, and in time."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.memory import Memory
from tests.support.rubbish import SEEDS, content_types, documents, large
from worker.domain.feed import Feed, FeedState, Fetched, PollResult
from worker.feeds import parsed
from worker.feeds.parse import ParsedFeed, ParserPool, Unparsable, parse_document
from worker.feeds.release import release
from worker.feeds.schedule import settle

NOW = datetime(2023, 1, 26, 12, tzinfo=UTC)
FEED = Feed(id="feed_1", url="https://wire.example/", name="Wire")
SLOWEST = 10.0
CASES = int(os.environ.get("RUBBISH_CASES", "500"))
MANY = 10_000

_usual = settings(
    suppress_health_check=[
        HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much,
    ],
)  # fmt: skip


def check(document: bytes, content_type: str | None) -> str:
    """All that a poll does with a document. Gives back what came of it."""
    started = time.process_time()
    feed, reason = read(document, content_type)
    assert reason.isprintable()
    assert len(reason) < 400
    if feed is not None:
        assert parsed.load(parsed.dump(feed)) == feed
        for entry in feed.entries:
            assert entry.title or entry.text
            assert "\n" not in entry.title
            assert entry.url is None or entry.url.startswith(("http://", "https://"))
        free = release(feed.entries, NOW).free
        known = Memory()
        assert {item.title for item in known.see(FEED, free, NOW)} <= {one.title for one in free}
        assert known.see(FEED, free, NOW) == ()
        fetched = Fetched(PollResult.NEW, feed.entries, hints=feed.hints)
        state = settle(FEED, FeedState(FEED.id), fetched, NOW)
        assert state.next_poll_at is not None
        assert state.next_poll_at >= NOW + FEED.interval
    assert time.process_time() - started < SLOWEST
    return feed.kind if feed else "refused"


def read(document: bytes, content_type: str | None) -> tuple[ParsedFeed | None, str]:
    """The feed, or the line that says why there is none."""
    try:
        return parse_document(document, content_type, "https://wire.example/all.xml"), ""
    except Unparsable as error:
        return None, str(error)


@pytest.mark.timeout(600)
def test_rubbish() -> None:
    outcomes: Counter[str] = Counter()

    @settings(_usual, max_examples=CASES, derandomize=True)
    @given(documents, content_types)
    def run(document: bytes, content_type: str | None) -> None:
        outcomes[check(document, content_type)] += 1

    run()
    # Rubbish that no reader takes for its own would prove little.
    assert outcomes.keys() >= {"refused", "rss20", "newsml-g2", "json11", "ninjs"}


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
@settings(_usual, max_examples=MANY)
@given(documents, content_types)
def test_much_more_rubbish(document: bytes, content_type: str | None) -> None:
    check(document, content_type)


def test_the_rubbish_begins_with_good_documents() -> None:
    kinds = [check(seed, None) for seed in SEEDS]
    assert kinds == [
        "rss20", "atom10", "rss10", "newsml-g2", "newsml-g2", "json11", "ninjs", "ninjs",
    ]  # fmt: skip


@pytest.mark.chaos
@pytest.mark.timeout(3_600)
async def test_large_rubbish_costs_no_more_than_its_limits() -> None:
    limit = 5.0
    reasons = []
    async with ParserPool(workers=1, timeout=limit) as pool:
        for document in large():
            started = time.monotonic()
            try:
                await pool.parse(document, None, "https://wire.example/")
            except Unparsable as error:
                reasons.append(str(error))
            assert time.monotonic() - started < 4 * limit
        assert (await pool.parse(SEEDS[0], None, "https://wire.example/")).entries
    assert all(reason.isprintable() for reason in reasons)
    print(Counter(reason[:60] for reason in reasons))


_ANYTHING = st.binary(max_size=64)


@given(_ANYTHING)
def test_any_bytes(document: bytes) -> None:
    check(document, None)
