"""The poller: polls the feeds that are due (`polling`), and keeps the sweep going.

The sweep is guarded by a lease, so that one poller at a time does it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from worker import broker, guarding, pipeline, tasks, wiring
from worker.article_lane import ArticleLane, Turns
from worker.config import Settings
from worker.feeds.articles import ArticleFetcher
from worker.feeds.fetch import Fetcher
from worker.feeds.parse import ParserPool
from worker.feeds.robots import Robots
from worker.heartbeat import Heartbeat
from worker.pipeline import Owed
from worker.polling import Polling
from worker.store import Store, StoreUnavailable

log = structlog.get_logger(__name__)

TIDY_EVERY = 600.0  # seconds
# A process that died is missed for as long as this; an ended session is kept for questions.
PARTS_KEPT = timedelta(hours=6)
SESSIONS_KEPT = timedelta(days=30)
# For how long a request with an `Idempotency-Key` is answered as it was the first time.
ANSWERS_KEPT = timedelta(days=1)

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
    async with (
        wiring.outbound(settings) as out,
        ParserPool() as parser,
        ParserPool(workers=1) as reader,
    ):
        turns = Turns(store, f"article:{heartbeat.id}", wiring.now)
        articles = ArticleLane(
            store=store,
            fetcher=ArticleFetcher(out, reader, Robots(), turns),
            owner=heartbeat.id,
            clock=wiring.now,
            enqueue=tasks.enqueue_items,
            count=heartbeat.count,
        )
        hubs = wiring.hub_lane(settings, store, out, heartbeat.id)
        polling = Polling(
            store=store,
            fetcher=Fetcher(out, parser),
            owner=heartbeat.id,
            clock=wiring.now,
            count=heartbeat.count,
            enqueue=tasks.enqueue_items,
            ops_channels=settings.delivery.ops_channels,
            headers={feed.id: feed.headers for feed in settings.feed_list()},
            await_articles=articles.offer,
            hubs=hubs,
        )
        probe = broker.probe(wiring.broker_url(settings))
        interval = settings.delivery.sweep_interval.total_seconds()
        log.info("poller_started", feeds=len(settings.feeds))
        watch = partial(
            guarding.watch,
            store,
            disable_after=settings.delivery.disable_after,
            ops_channels=settings.delivery.ops_channels,
        )
        sweeping = asyncio.create_task(_sweep_on(store, probe, heartbeat.id, interval, watch))
        asking = asyncio.create_task(hubs.run()) if hubs else None
        try:
            await polling.until(stop)
        finally:
            await articles.close()
            beside = [task for task in (sweeping, asking) if task is not None]
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            probe.close()
    log.info("poller_stopped")


async def _sweep_on(
    store: Store,
    probe: broker.BrokerProbe,
    owner: str,
    interval: float,
    watch: Callable[..., list[Owed]],
) -> None:
    """Sweep every `interval` seconds and `watch` endpoints, when this poller holds the lease."""
    lease = timedelta(seconds=max(3 * interval, 5))
    tidied = 0.0
    while True:
        try:
            if await asyncio.to_thread(sweep_once, store, probe, owner, lease) is not None:
                tasks.enqueue_deliveries(await asyncio.to_thread(watch, now=wiring.now()))
            if time.monotonic() - tidied > TIDY_EVERY:
                tidied = time.monotonic()
                await asyncio.to_thread(_tidy, store)
        except StoreUnavailable as error:
            log.warning("sweep_failed", error=str(error))
        except Exception:
            log.exception("sweep_failed")
        await asyncio.sleep(interval)


def _tidy(store: Store) -> None:
    """Forget processes that died, sessions and mutes that ended, answers that were kept."""
    now = wiring.now()
    store.forget_bands(now)
    store.forget_parts(now - PARTS_KEPT)
    store.forget_tokens(now - SESSIONS_KEPT)
    store.forget_mutes(now - SESSIONS_KEPT)
    store.forget_requests(now - ANSWERS_KEPT)


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
