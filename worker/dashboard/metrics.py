"""What Prometheus scrapes: the newest snapshot under conventional names, and this process."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from worker.dashboard.board import feed_counts
from worker.dashboard.sampler import Sampler
from worker.dashboard.snapshot import Snapshot, StoreReading, alive, queue_lines
from worker.dashboard.waits import What, summed
from worker.domain.feed import FeedStatus

PREFIX = "alliance_watch"


def registry(sampler: Sampler, version: str) -> CollectorRegistry:
    """A registry of its own for each app, so that tests do not meet in a global one."""
    made = CollectorRegistry()
    made.register(_SnapshotCollector(sampler, version))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    GCCollector(registry=made)
    return made


@dataclass(eq=False)
class _SnapshotCollector(Collector):
    sampler: Sampler
    version: str

    def describe(self) -> Iterable[Metric]:
        """Nothing: asked at registration, before there is a snapshot."""
        return ()

    def collect(self) -> Iterator[Metric]:
        snapshot = self.sampler.latest
        yield _gauge("build_info", "The running version", [({"version": self.version}, 1)])
        yield _gauge("dashboard_viewers", "Open event streams", [({}, self.sampler.viewers)])
        yield from _sources(snapshot)
        yield from _queues(snapshot)
        yield from _totals(snapshot)
        yield _latencies(snapshot)
        if snapshot.store is not None:
            yield from _owed(snapshot.store)
            yield from _feeds(snapshot, snapshot.store)
            yield from _pollers(snapshot, snapshot.store)
            yield from _parts(snapshot, snapshot.store)
            yield from _task_times(snapshot, snapshot.store)


Samples = Sequence[tuple[dict[str, str], float | None]]


def _gauge(name: str, text: str, samples: Samples) -> GaugeMetricFamily:
    labels = list(samples[0][0]) if samples else []
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=labels)
    for values, number in samples:
        if number is not None:
            family.add_metric([values[label] for label in labels], number)
    return family


def _counter(name: str, text: str, samples: Samples) -> CounterMetricFamily:
    labels = list(samples[0][0]) if samples else []
    family = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=labels)
    for values, number in samples:
        family.add_metric([values[label] for label in labels], number or 0)
    return family


def _sources(snapshot: Snapshot) -> Iterator[Metric]:
    up = [
        ({"source": "database"}, float(snapshot.store is not None and not snapshot.store_error)),
        ({"source": "queue"}, float(snapshot.broker is not None and not snapshot.broker_error)),
    ]
    yield _gauge("source_up", "Whether the dashboard can read the database and the queue", up)
    ages: Samples = [
        ({"source": name}, (snapshot.taken - taken).total_seconds() if taken else None)
        for name, taken in (("database", snapshot.store_taken), ("queue", snapshot.broker_taken))
    ]
    yield _gauge("source_age_seconds", "Age of the last good reading", ages)


def _queues(snapshot: Snapshot) -> Iterator[Metric]:
    lines = queue_lines(snapshot)
    figures: list[tuple[str, str, list[float | None]]] = [
        ("queue_depth", "Messages that wait", [line.depth for line in lines]),
        (
            "queue_oldest_age_seconds",
            "Age of the oldest message that waits, 0 when none does",
            [0.0 if line.depth == 0 else line.oldest_age for line in lines],
        ),
        (
            "queue_in_flight",
            "Messages taken and not acknowledged",
            [line.in_flight for line in lines],
        ),
        ("queue_consumers", "Workers on the queue", [line.consumers for line in lines]),
    ]
    for name, text, numbers in figures:
        labelled: Samples = [
            ({"queue": line.name}, number) for line, number in zip(lines, numbers, strict=True)
        ]
        yield _gauge(name, text, labelled)


def _totals(snapshot: Snapshot) -> Iterator[Metric]:
    totals = snapshot.totals
    counted = "since this dashboard started, ten seconds late"
    yield _counter("items_seen", f"New items {counted}", [({}, totals.items_seen)])
    yield _counter(
        "items_classified", f"Classified items {counted}", [({}, totals.items_classified)]
    )
    yield _counter("alerts", f"Alerts raised {counted}", [({}, totals.alerts)])
    yield _counter(
        "deliveries",
        f"Settled deliveries {counted}",
        [
            ({"outcome": "delivered"}, totals.delivered),
            ({"outcome": "exhausted"}, totals.exhausted),
        ],
    )
    yield _counter(
        "delivery_attempts_failed",
        f"Attempts that failed {counted}",
        [({}, totals.attempts_failed)],
    )


def _latencies(snapshot: Snapshot) -> Metric:
    family = HistogramMetricFamily(
        f"{PREFIX}_latency_seconds",
        "From the sight of an item to its alert, and on to its receipt, since this dashboard "
        "started",
        labels=["stage"],
    )
    for stage, histogram in snapshot.latencies.stages.items():
        family.add_metric([stage], histogram.cumulative(), histogram.total)
    return family


def _owed(store: StoreReading) -> Iterator[Metric]:
    waiting = store.waiting
    yield _gauge("items_waiting", "Items not classified yet", [({}, waiting.count)])
    yield _gauge(
        "items_waiting_oldest_age_seconds",
        "Age of the oldest item not classified yet, 0 when there is none",
        [({}, waiting.oldest.total_seconds() if waiting.oldest else 0)],
    )
    yield _gauge("items_failed", "Items that could not be classified", [({}, waiting.failed)])
    for name, text in (
        ("pending", "Deliveries that wait for an attempt"),
        ("sending", "Deliveries being sent"),
        ("exhausted", "Deliveries given up"),
        ("due", "Deliveries whose attempt is due"),
    ):
        samples: Samples = [
            ({"channel": channel.channel}, getattr(channel, name)) for channel in store.outbox
        ]
        yield _gauge(f"outbox_{name}", text, samples)
    oldest: Samples = [
        (
            {"channel": channel.channel},
            channel.oldest_due.total_seconds() if channel.oldest_due else 0,
        )
        for channel in store.outbox
    ]
    yield _gauge(
        "outbox_oldest_due_age_seconds", "For how long the oldest due delivery has been", oldest
    )


def _feeds(snapshot: Snapshot, store: StoreReading) -> Iterator[Metric]:
    states: Samples = [({"state": state}, n) for state, n in feed_counts(snapshot).items()]
    yield _gauge("feeds", "Feeds by state", states)
    known = [
        ({"feed": feed.id, "name": feed.name}, state)
        for feed, state in store.feeds
        if state.status is not FeedStatus.REMOVED
    ]
    failures: Samples = [(labels, state.failures) for labels, state in known]
    yield _gauge("feed_failures", "Polls in a row that have failed", failures)
    ages: Samples = [
        (labels, (snapshot.taken - state.last_success_at).total_seconds())
        for labels, state in known
        if state.last_success_at
    ]
    yield _gauge("feed_last_success_age_seconds", "Time since the last good poll", ages)


POLLER_EVENTS = (
    "polls", "polls_failed", "polls_crashed",
    "entries_dropped", "entries_embargoed", "entries_withdrawn",
)  # fmt: skip


def _pollers(snapshot: Snapshot, store: StoreReading) -> Iterator[Metric]:
    """Pollers count for themselves; the sum falls when one ends, which counts as a reset."""
    living = [part for part in store.parts if part.kind == "poller" and alive(part, snapshot.taken)]
    samples: Samples = [
        ({"event": event}, sum(float(part.figures.get(event, 0)) for part in living))
        for event in POLLER_EVENTS
    ]
    yield _counter("poller_events", "What the pollers that run have counted", samples)


def _parts(snapshot: Snapshot, store: StoreReading) -> Iterator[Metric]:
    up: Tally[str] = Tally()
    memory: Tally[str] = Tally()
    for part in store.parts:
        living = alive(part, snapshot.taken)
        up[part.kind] += living
        if living:
            memory[part.kind] += int(part.figures.get("memory_bytes", 0))
    yield _gauge(
        "parts_up", "Processes seen lately", [({"kind": kind}, n) for kind, n in up.items()]
    )
    yield _gauge(
        "parts_memory_bytes",
        "Resident memory of the processes seen lately",
        [({"kind": kind}, n) for kind, n in memory.items()],
    )


def _task_times(snapshot: Snapshot, store: StoreReading) -> Iterator[Metric]:
    """Workers count for themselves; the sum falls when one ends, which counts as a reset."""
    told: tuple[tuple[What, str], ...] = (
        ("waited", "Time of messages in the queue"),
        ("ran", "Time of their work"),
    )
    for name, text in told:
        family = HistogramMetricFamily(f"{PREFIX}_task_{name}_seconds", text, labels=["queue"])
        for queue, histogram in summed(store.parts, name, snapshot.taken).items():
            family.add_metric([queue], histogram.cumulative(), histogram.total)
        yield family
