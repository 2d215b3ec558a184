"""The loop over feeds that are due, for any number of pollers that share them.

A claim in the database is a lease on the feed's host, which this process renews while it polls. So
a host is never asked two things at a time, and what a poller had when it died is another's after
`LEASE`. A poller that cannot renew lets go of its polls before its leases have run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from worker import pipeline
from worker.domain.feed import Feed, FeedState
from worker.feeds.calendar import Calendar
from worker.feeds.schedule import A_FEW
from worker.poll_writer import PollWriter
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

CONCURRENT_POLLS = 64
LEASE = timedelta(seconds=15)
RENEW_EVERY = 3.0
LONGEST_NAP = 1.0
# Polls that end together are followed by one look at what is due, not by one each.
SHORTEST_NAP = 0.02
LONGEST_POLL = 600.0  # waiting for a parser included
READ_CALENDAR_EVERY = 60.0
STOP_GRACE = 4.0


@dataclass(slots=True)
class Polling:
    """Polls for `owner` until it is told to stop.

    `headers` by feed id come from the configuration, not the store. `enqueue` takes the ids of
    new items, `await_articles` of those that are classified when their article is there.
    `ops_channels` are told of feeds that are gone or have moved.
    """

    store: Store
    fetcher: pipeline.Fetches
    owner: str
    clock: pipeline.Clock
    count: Callable[[str, float], None]
    enqueue: Callable[[list[str]], object]
    headers: Mapping[str, Mapping[str, str]]
    await_articles: Callable[[list[str]], object] = lambda ids: None
    hubs: pipeline.Hubs | None = None
    ops_channels: Sequence[str] = ()
    under_way: dict[asyncio.Task[None], str] = field(default_factory=dict)
    _calendar: Calendar = field(default_factory=Calendar)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _held_until: float = 0.0
    _read_calendar_at: float = 0.0

    async def until(self, stop: asyncio.Event) -> None:
        """Poll until `stop`, then let what is under way finish for a moment."""
        writer = PollWriter(self.store, self.owner, self.ops_channels)
        renewing = asyncio.create_task(self._renew())
        failures = 0
        fresh = True
        while not stop.is_set():
            nap = LONGEST_NAP
            try:
                if fresh:
                    # A process of the same name, here before us, has left them: nobody polls them.
                    await asyncio.to_thread(self.store.release_polls, self.owner)
                    await asyncio.to_thread(self.store.resume_first_polls, self.clock(), A_FEW)
                    fresh = False
                nap = await self._start_due(writer)
                failures = 0
            except StoreUnavailable as error:
                failures += 1
                nap = min(10.0, 0.5 * 2**failures)
                log.warning("store_unavailable", error=str(error), retry_in=nap)
            await self._nap(nap, stop)
        if self.under_way:
            _, late = await asyncio.wait(self.under_way, timeout=STOP_GRACE)
            await self._let_go(late)
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)

    async def _start_due(self, writer: PollWriter) -> float:
        """Start polls of feeds that are due, as far as there is room; seconds until the next."""
        loop = asyncio.get_running_loop()
        room = CONCURRENT_POLLS - len(self.under_way)
        if room <= 0:
            return LONGEST_NAP
        now = self.clock()
        if loop.time() >= self._read_calendar_at:
            self._calendar.load(await asyncio.to_thread(self.store.planned_polls, now))
            self._read_calendar_at = loop.time() + READ_CALENDAR_EVERY
        following = await asyncio.to_thread(
            self.store.next_poll_due, now, timedelta(seconds=LONGEST_NAP)
        )
        if following is None:
            return LONGEST_NAP
        if following > now:
            return max(SHORTEST_NAP, (following - self.clock()).total_seconds())
        if not self.under_way:
            self._held_until = loop.time() + LEASE.total_seconds()
        due = await asyncio.to_thread(
            self.store.claim_due_feeds, self.clock(), limit=room, lease=LEASE, owner=self.owner
        )
        for feed, state in due:
            known = self.headers.get(feed.id)
            task = asyncio.create_task(
                self._poll(replace(feed, headers=known) if known else feed, state, writer)
            )
            self.under_way[task] = feed.id
            task.add_done_callback(self._end)
        return 0.0 if len(due) == room else SHORTEST_NAP

    def _end(self, task: asyncio.Task[None]) -> None:
        self.under_way.pop(task, None)
        self._ended.set()

    async def _nap(self, seconds: float, stop: asyncio.Event) -> None:
        """Sleep, but wake for `stop`, and soon after a poll that has ended: its host is free."""
        stopping = asyncio.create_task(stop.wait())
        ending = asyncio.create_task(self._ended.wait())
        await asyncio.wait({stopping, ending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if ending.done() and not stopping.done():
            await asyncio.wait({stopping}, timeout=min(seconds, SHORTEST_NAP))
        self._ended.clear()
        stopping.cancel()
        ending.cancel()

    async def _renew(self) -> None:
        """Renew the leases of the polls under way; end those polls when that cannot be done."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(RENEW_EVERY)
            if not self.under_way:
                continue
            began, feeds = loop.time(), list(self.under_way.values())
            try:
                async with asyncio.timeout_at(self._held_until - 1):
                    await asyncio.to_thread(
                        self.store.renew_polls, self.owner, feeds, self.clock() + LEASE
                    )
                self._held_until = began + LEASE.total_seconds()
            except (StoreUnavailable, TimeoutError) as error:
                if loop.time() + RENEW_EVERY < self._held_until - 1:
                    continue
                log.warning("polls_let_go", polls=len(feeds), error=str(error) or "too slow")
                await self._let_go(set(self.under_way))

    async def _let_go(self, late: set[asyncio.Task[None]]) -> None:
        """End polls; their feeds stay due, for whoever comes first."""
        feeds = [self.under_way[task] for task in late if task in self.under_way]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        try:
            for feed_id in feeds:
                await asyncio.to_thread(self.store.release_polls, self.owner, feed_id)
        except StoreUnavailable:
            return  # the leases run out by themselves

    async def _poll(self, feed: Feed, state: FeedState, writer: PollWriter) -> None:
        try:
            async with asyncio.timeout(LONGEST_POLL):
                new = await pipeline.poll(
                    feed,
                    state,
                    fetcher=self.fetcher,
                    store=self.store,
                    keep=writer.keep,
                    clock=self.clock,
                    place=self._calendar.place,
                    hubs=self.hubs,
                    count=self.count,
                )
        except StoreUnavailable as error:
            # The lease runs out and the feed is polled again; nothing has been marked as seen.
            log.warning("poll_not_stored", feed=feed.name, error=str(error))
            return
        except Exception:
            log.exception("poll_crashed", feed=feed.name)
            self.count("polls_crashed", 1)
            return
        self.count("polls", 1)
        if new and feed.full_text:
            self.await_articles(new)
        elif new:
            await asyncio.to_thread(self.enqueue, new)
