"""One sampler for the whole process: fifty viewers cost the database what one costs.

The database and the queue are read by a thread each, so that one which hangs holds up neither
the other nor the event loop; the loop puts their last readings together into a `Snapshot`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from worker.broker import BrokerReading
from worker.dashboard.health import READING_AGE
from worker.dashboard.latency import Latencies
from worker.dashboard.recent import Recent
from worker.dashboard.services import Services
from worker.dashboard.snapshot import WINDOWS, Snapshot, StoreReading, Totals, nested
from worker.dashboard.waits import Waits
from worker.dashboard.words import span
from worker.domain.alert import Alert
from worker.store import DeliveryFilter, DeliveryLine, FeedOverview, StoreError, Throughput

log = structlog.get_logger(__name__)

T = TypeVar("T")

# What counts whole tables is read this much less often.
SLOW_EVERY = 15.0
# A transaction may show up this long after the times it carries.
SETTLED = timedelta(seconds=10)
HISTORY = 300  # readings of queue depth that are kept: five minutes
LISTED = 50


@dataclass(frozen=True, slots=True)
class _Result(Generic[T]):
    value: T | None = None
    taken: datetime | None = None
    error: str = ""


class _Source(Generic[T]):
    """Calls `read` every `interval` seconds in its own thread and keeps the last good answer."""

    def __init__(
        self,
        name: str,
        read: Callable[[], T],
        *,
        clock: Callable[[], datetime],
        interval: float,
        done: Callable[[], None],
    ) -> None:
        self.result: _Result[T] = _Result()
        self._begun: datetime | None = None
        self._read = read
        self._clock = clock
        self._interval = interval
        self._done = done
        self._stop = threading.Event()
        self._failing = False
        self._name = name
        # A daemon: a read that hangs must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name=f"sample-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def current(self, now: datetime) -> _Result[T]:
        """The last answer, as an error when the next one is late."""
        begun, result = self._begun, self.result
        if not result.error and begun is not None and now - begun > READING_AGE:
            return replace(result, error=f"no answer for {span(now - begun)}")
        return result

    def _run(self) -> None:
        while not self._stop.is_set():
            started = time.monotonic()
            self._begun = self._clock()
            try:
                value = self._read()
            except Exception as error:
                self._failed(error)
            else:
                self.result = _Result(value, self._clock())
                if self._failing:
                    log.info("source_answers_again", source=self._name)
                self._failing = False
            self._begun = None
            self._done()
            self._stop.wait(max(0.0, self._interval - (time.monotonic() - started)))

    def _failed(self, error: Exception) -> None:
        if isinstance(error, (StoreError, SourceSilent)):
            text = str(error)
            if not self._failing:
                log.warning("source_does_not_answer", source=self._name, error=text)
        else:
            # A fault of ours must not end the thread; the page says that figures are old.
            text = type(error).__name__
            if not self._failing:
                log.exception("sampling_failed", source=self._name)
        self._failing = True
        self.result = replace(self.result, error=text)


class SourceSilent(Exception):  # noqa: N818 - states a condition
    """A source that reported by itself that it cannot be read."""


class Sampler:
    """Keeps `latest` up to date and tells those who wait in `changes`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._interval = interval = services.sample_interval
        self._wanted: Counter[str] = Counter()
        self._waiters: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._history: dict[str, deque[int]] = {}
        self._broker_seen: datetime | None = None
        self._store_reader = _StoreReader(services, self._is_wanted)
        self._store = _Source(
            "database",
            self._store_reader.read,
            clock=services.clock,
            interval=interval,
            done=self._notify,
        )
        self._broker = _Source(
            "queue",
            self._read_broker,
            clock=services.clock,
            interval=interval,
            done=self._notify,
        )
        self.latest = Snapshot(taken=services.clock())
        self.stopping = False

    @property
    def viewers(self) -> int:
        """How many event streams are open."""
        return len(self._waiters)

    async def run(self) -> None:
        """Sample until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._store.start()
        self._broker.start()
        try:
            while True:
                await asyncio.sleep(self._interval)
                self._compose()  # also when a source hangs: its silence is news
        finally:
            self._store.stop()
            self._broker.stop()

    def stop(self) -> None:
        """End every event stream; new ones end at once."""
        self.stopping = True
        self._wake()

    @contextmanager
    def wanting(self, topic: str) -> Iterator[None]:
        """While inside, what only this topic shows is sampled too."""
        self._wanted[topic] += 1
        try:
            yield
        finally:
            self._wanted[topic] -= 1

    async def changes(self, heartbeat: float = 2.0) -> AsyncIterator[Snapshot]:
        """The snapshots from now on, at the latest every `heartbeat` seconds the one there is.

        Ends when the dashboard stops.
        """
        event = asyncio.Event()
        self._waiters.add(event)
        try:
            while not self.stopping:
                event.clear()
                yield self.latest
                try:
                    await asyncio.wait_for(event.wait(), heartbeat)
                except TimeoutError:
                    continue
        finally:
            self._waiters.discard(event)

    def _notify(self) -> None:
        """Called by the threads."""
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._compose)
            except RuntimeError:
                return  # the loop was closed in between: nobody looks any more

    def _compose(self) -> None:
        now = self._services.clock()
        store, broker = self._store.current(now), self._broker.current(now)
        if broker.value and broker.taken != self._broker_seen:
            self._broker_seen = broker.taken
            for name, reading in broker.value.queues.items():
                kept = self._history.setdefault(name, deque(maxlen=HISTORY))
                kept.append(reading.depth)
        sampled = store.value
        self.latest = Snapshot(
            taken=now,
            store=sampled.reading if sampled else None,
            store_taken=store.taken,
            store_error=store.error,
            broker=broker.value,
            broker_taken=broker.taken,
            broker_error=broker.error,
            totals=sampled.totals if sampled else Totals(),
            latencies=sampled.latencies if sampled else Latencies(),
            alerts=sampled.alerts if sampled else (),
            deliveries=(sampled and sampled.deliveries) or (),
            deliveries_sampled=bool(sampled and sampled.deliveries is not None),
            history={name: tuple(kept) for name, kept in self._history.items()},
        )
        self._wake()

    def _wake(self) -> None:
        for event in self._waiters:
            event.set()

    def _is_wanted(self, topic: str) -> bool:
        return self._wanted[topic] > 0

    def _read_broker(self) -> BrokerReading:
        reading = self._services.probe.read()
        if not reading.reachable:
            raise SourceSilent(reading.error or "no reason given")
        return reading


@dataclass(frozen=True, slots=True)
class _Sampled:
    reading: StoreReading
    totals: Totals
    latencies: Latencies
    alerts: tuple[Alert, ...]
    deliveries: tuple[DeliveryLine, ...] | None


class _StoreReader:
    """Reads what a snapshot needs; belongs to one thread."""

    def __init__(self, services: Services, wanted: Callable[[str], bool]) -> None:
        self._services = services
        self._wanted = wanted
        self._recent = Recent(services.store.reads)
        self._totals = Totals()
        self._latencies = Latencies()
        self._waits = Waits()
        self._counted_until = services.clock() - SETTLED
        self._slow_at = float("-inf")
        self._overview: tuple[FeedOverview, ...] = ()
        self._hour: tuple[datetime, Throughput] | None = None
        self._schema_current = False

    def read(self) -> _Sampled:
        store, now = self._services.store, self._services.clock()
        reads = store.reads
        if time.monotonic() - self._slow_at >= SLOW_EVERY:
            self._schema_current = store.schema_is_current()
            self._overview = tuple(reads.feed_overview(now))
            settled = now - SETTLED
            self._hour = (settled, reads.throughput(settled, WINDOWS[-1] - SETTLED))
            self._slow_at = time.monotonic()
        flow = [reads.throughput(now, window) for window in WINDOWS[:-1]]
        if self._hour is not None:
            flow.append(self._hour_until(now, *self._hour))
        parts = tuple(store.parts())
        reading = StoreReading(
            parts=parts,
            times=self._waits.update(now, parts),
            feeds=tuple(store.feeds()),
            overview=self._overview,
            outbox=tuple(reads.outbox_figures(now)),
            waiting=reads.items_waiting(now),
            flow=nested(flow),
            schema_current=self._schema_current,
        )
        self._count(now - SETTLED)
        listed = None
        if self._wanted("deliveries"):
            listed = reads.deliveries(DeliveryFilter(), None, LISTED).items
        return _Sampled(reading, self._totals, self._latencies, self._recent.refresh(now), listed)

    def _hour_until(self, now: datetime, counted: datetime, hour: Throughput) -> Throughput:
        """The hour as it was counted when all of it had settled, and what has come since."""
        more = self._services.store.reads.throughput(now, now - counted)
        grown = {
            name: getattr(hour, name) + getattr(more, name)
            for name in Throughput.__slots__
            if name != "window"
        }
        return Throughput(window=WINDOWS[-1], **grown)

    def _count(self, until: datetime) -> None:
        if until > self._counted_until:
            reads, window = self._services.store.reads, until - self._counted_until
            self._totals = self._totals.plus(reads.throughput(until, window))
            self._latencies = self._latencies.plus(reads.receipts(until, window))
            self._counted_until = until
