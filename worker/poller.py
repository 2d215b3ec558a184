"""The poller: claims feeds that are due, fetches them, and keeps the sweep going.

Any number of pollers share the feeds: a claim in the database is a lease, and the poller that
dies with one only delays that feed. The sweep is guarded by a lease of its own, so that one
poller at a time does it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from worker import broker, pipeline, tasks, wiring
from worker.config import Settings
from worker.domain.feed import Feed, FeedState
from worker.feeds.fetch import Fetcher
from worker.feeds.parse import ParserPool
from worker.heartbeat import Heartbeat
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

CONCURRENT_POLLS = 64
# Longer than the longest fetch and parse, so that no feed is polled twice at a time.
FEED_LEASE = timedelta(seconds=90)
LONGEST_NAP = 1.0
TIDY_EVERY = 600.0  # seconds
# A process that died is missed for as long as this; an ended session is kept for questions.
PARTS_KEPT = timedelta(hours=6)
SESSIONS_KEPT = timedelta(days=30)
STOP_GRACE = 4.0

# An id in the queue for longer than this has been lost, if nothing waits in its queue, …
REQUEUE_WHEN_EMPTY = timedelta(seconds=8)
# … and is put in once more if something does: the message may be there, or lost all the same.
REQUEUE_WHEN_BUSY = timedelta(seconds=90)


def main(settings: Settings) -> int:
    """Run a poller until it is told to stop. Returns the exit code."""
    wiring.configure_part(settings, "poller")
    store = wiring.open_store(settings)
    wiring.require_schema(store)
    wiring.prepare_store(settings, store)
    tasks.configure(wiring.broker_url(settings))
    heartbeat = Heartbeat(store, "poller", clock=wiring.now).start()
    try:
        asyncio.run(_run(settings, store, heartbeat))
    finally:
        heartbeat.stop()
        store.close()
    return 0


async def _run(settings: Settings, store: Store, heartbeat: Heartbeat) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with wiring.outbound(settings) as out, ParserPool() as parser:
        polling = Polling(
            store=store,
            fetcher=Fetcher(out, parser),
            heartbeat=heartbeat,
            headers={feed.id: feed.headers for feed in settings.feed_list()},
        )
        probe = broker.probe(wiring.broker_url(settings))
        interval = settings.delivery.sweep_interval.total_seconds()
        log.info("poller_started", feeds=len(settings.feeds))
        sweeping = asyncio.create_task(_sweep_on(store, probe, heartbeat.id, interval))
        try:
            await polling.until(stop)
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            probe.close()
    log.info("poller_stopped")


@dataclass(slots=True)
class Polling:
    """The loop over due feeds. `headers` by feed id come from the configuration, not the store."""

    store: Store
    fetcher: pipeline.Fetches
    heartbeat: Heartbeat
    headers: Mapping[str, Mapping[str, str]]
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def until(self, stop: asyncio.Event) -> None:
        """Poll until `stop`, then let what is under way finish for a moment."""
        failures = 0
        while not stop.is_set():
            nap = LONGEST_NAP
            try:
                nap = await self._start_due()
                failures = 0
            except StoreUnavailable as error:
                failures += 1
                nap = min(10.0, 0.5 * 2**failures)
                log.warning("store_unavailable", error=str(error), retry_in=nap)
            await self._nap(nap, stop)
        if self.under_way:
            _, late = await asyncio.wait(self.under_way, timeout=STOP_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _start_due(self) -> float:
        """Start polls of feeds that are due, as far as there is room; seconds until the next."""
        room = CONCURRENT_POLLS - len(self.under_way)
        if room <= 0:
            return LONGEST_NAP
        now = wiring.now()
        due = await asyncio.to_thread(
            self.store.claim_due_feeds, now, limit=room, lease=FEED_LEASE, owner=self.heartbeat.id
        )
        for feed, state in due:
            known = self.headers.get(feed.id)
            task = asyncio.create_task(
                self._poll(replace(feed, headers=known) if known else feed, state)
            )
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
        if len(due) == room:
            return 0.0
        following = await asyncio.to_thread(self.store.next_poll_due, wiring.now())
        if following is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.05, (following - wiring.now()).total_seconds()))

    async def _nap(self, seconds: float, stop: asyncio.Event) -> None:
        """Sleep, but wake at once for `stop` and as soon as a full house has room again."""
        stopping = asyncio.create_task(stop.wait())
        waiting = {stopping}
        if len(self.under_way) >= CONCURRENT_POLLS:
            waiting |= self.under_way  # type: ignore[arg-type]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _poll(self, feed: Feed, state: FeedState) -> None:
        try:
            new = await pipeline.poll(
                feed,
                state,
                fetcher=self.fetcher,
                store=self.store,
                owner=self.heartbeat.id,
                clock=wiring.now,
                count=self.heartbeat.count,
            )
        except StoreUnavailable as error:
            # The lease runs out and the feed is polled again; nothing has been marked as seen.
            log.warning("poll_not_stored", feed=feed.name, error=str(error))
            return
        except Exception:
            log.exception("poll_crashed", feed=feed.name)
            self.heartbeat.count("polls_crashed")
            return
        self.heartbeat.count("polls")
        if new:
            await asyncio.to_thread(tasks.enqueue_items, new)


async def _sweep_on(store: Store, probe: broker.BrokerProbe, owner: str, interval: float) -> None:
    """Sweep every `interval` seconds, when this poller holds the lease for it."""
    lease = timedelta(seconds=max(3 * interval, 5))
    tidied = 0.0
    while True:
        try:
            await asyncio.to_thread(sweep_once, store, probe, owner, lease)
            if time.monotonic() - tidied > TIDY_EVERY:
                tidied = time.monotonic()
                await asyncio.to_thread(_tidy, store)
        except StoreUnavailable as error:
            log.warning("sweep_failed", error=str(error))
        except Exception:
            log.exception("sweep_failed")
        await asyncio.sleep(interval)


def _tidy(store: Store) -> None:
    """Forget processes that died long ago and sessions that ended."""
    now = wiring.now()
    store.forget_parts(now - PARTS_KEPT)
    store.forget_tokens(now - SESSIONS_KEPT)


def sweep_once(
    store: Store, probe: broker.BrokerProbe, owner: str, lease: timedelta
) -> pipeline.Overdue | None:
    """One sweep; `None` when another poller does it or the broker cannot take anything."""
    if not store.try_lease("sweep", owner, wiring.now(), lease):
        return None
    reading = probe.read()
    if not reading.reachable:
        return None
    overdue = pipeline.sweep(
        store,
        now=wiring.now(),
        items_after=_requeue_after(reading, broker.CLASSIFY),
        deliveries_after=_requeue_after(reading, broker.DELIVER),
    )
    if overdue.items or overdue.deliveries:
        log.info("requeued", items=len(overdue.items), deliveries=len(overdue.deliveries))
        tasks.enqueue_overdue(overdue)
    return overdue


def _requeue_after(reading: broker.BrokerReading, queue: str) -> timedelta:
    held = reading.queues.get(queue)
    busy = held is not None and held.depth + (held.in_flight or 0) > 0
    return REQUEUE_WHEN_BUSY if busy else REQUEUE_WHEN_EMPTY
