"""Polls as a poller makes them, but by a clock that the test moves.

Polls    a store, a fetcher and a time; `run()` polls what is due, `at(…)` moves the time on
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from worker import pipeline
from worker.domain.feed import Feed, FeedState, FeedStatus
from worker.domain.ids import feed_id
from worker.feeds.fetch import Fetcher
from worker.feeds.parse import ParserPool
from worker.net import Outbound
from worker.poll_writer import PollWriter
from worker.store import Store

OWNER = "poller@test:1"
HOUR = timedelta(hours=1)


def feed_at(url: str, interval: timedelta = timedelta(minutes=2)) -> Feed:
    return Feed(feed_id(url), url, url.rpartition("/")[2], interval)


class Polls:
    """`now` begins at the real time, since origins answer with real dates."""

    def __init__(self, store: Store, out: Outbound, pool: ParserPool, timeout: float) -> None:
        self.store = store
        self.now = datetime.now(UTC)
        self._fetcher = Fetcher(out, pool, timeout=timeout, clock=lambda: self.now)

    async def run(self) -> int:
        """Poll until nothing is due; gives the number of polls."""
        writer, polls = PollWriter(self.store, OWNER), 0
        while due := self.store.claim_due_feeds(self.now, limit=64, lease=HOUR, owner=OWNER):
            polls += len(due)
            await asyncio.gather(*(self._poll(writer, feed, state) for feed, state in due))
        return polls

    async def later(self, wait: timedelta) -> int:
        """Move the time on by `wait`, and poll what is due then."""
        self.now += wait
        return await self.run()

    async def again(self) -> int:
        """Poll every active feed once more, as soon as its host allows that."""
        for feed, state in self.store.feeds():
            if state.status is FeedStatus.ACTIVE:
                self.store.poll_soon(feed.id, self.now)
        return await self.run()

    def watch(self, urls: Sequence[str]) -> None:
        """Watch these addresses, all due now."""
        self.store.sync_feeds([feed_at(url) for url in urls], self.now)

    def state(self, url: str) -> FeedState:
        """What is known of the feed at this address."""
        return next(state for feed, state in self.store.feeds() if feed.url == url)

    async def _poll(self, writer: PollWriter, feed: Feed, state: FeedState) -> None:
        await pipeline.poll(
            feed,
            state,
            fetcher=self._fetcher,
            store=self.store,
            keep=writer.keep,
            clock=lambda: self.now,
        )


@asynccontextmanager
async def polls(store: Store, timeout: float = 10) -> AsyncIterator[Polls]:  # noqa: ASYNC109
    """Polls over real HTTP on loopback, parsed in a real child process."""
    async with Outbound(["127.0.0.0/8"]) as out, ParserPool(workers=1) as pool:
        yield Polls(store, out, pool, timeout)
