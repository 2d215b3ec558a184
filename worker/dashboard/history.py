"""Writes down how the service has fared, and reads it for charts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool

from worker.dashboard.latency import Latencies
from worker.dashboard.snapshot import Snapshot, alive, queue_lines
from worker.domain.histogram import Histogram
from worker.domain.history import STEPS, Gathering, Mark, Point, begin, step_for
from worker.domain.payload import timestamp
from worker.store import Store, StoreError

log = structlog.get_logger(__name__)

SPANS: Mapping[str, timedelta] = {
    "2h": timedelta(hours=2),
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its title, the unit of its axis, and its lines (figure, label)."""

    id: str
    title: str
    unit: str
    lines: Sequence[tuple[str, str]]


CHARTS = (
    Chart(
        "age",
        "How long the oldest has waited",
        "s",
        (
            ("queue_age.classify", "message to classify"),
            ("queue_age.deliver", "message to deliver"),
            ("items_age", "item not read"),
            ("due_age", "delivery due"),
        ),
    ),
    Chart(
        "depth",
        "How much waits",
        "",
        (
            ("queue_depth.classify", "messages to classify"),
            ("queue_depth.deliver", "messages to deliver"),
            ("items_waiting", "items not read"),
            ("due", "deliveries due"),
        ),
    ),
    Chart(
        "flow",
        "What happens in a minute",
        "",
        (
            ("seen", "items seen"),
            ("classified", "items read"),
            ("alerts", "alerts"),
            ("delivered", "deliveries"),
            ("failed", "failed attempts"),
        ),
    ),
    Chart(
        "latency",
        "From the sight of an item to the receipt of its alert",
        "s",
        (("latency_p50", "half within"), ("latency_p95", "95% within")),
    ),
    Chart(
        "memory",
        "Memory",
        "MB",
        (
            ("memory.poller", "pollers"),
            ("memory.worker-classify", "classifying workers"),
            ("memory.worker-deliver", "delivering workers"),
            ("memory.dashboard", "dashboards"),
        ),
    ),
)


def levels(snapshot: Snapshot) -> Iterator[tuple[str, float]]:
    """Figures whose peaks matter."""
    for line in queue_lines(snapshot):
        if line.depth is not None:
            yield f"queue_depth.{line.name}", line.depth
            yield f"queue_age.{line.name}", (line.oldest_age or 0.0) if line.depth else 0.0
    store = snapshot.store
    if store is None or snapshot.store_error:
        return
    yield "items_waiting", store.waiting.count
    yield "items_age", _seconds(store.waiting.oldest)
    yield "due", sum(channel.due for channel in store.outbox)
    yield "due_age", max((_seconds(c.oldest_due) for c in store.outbox), default=0.0)
    memory: dict[str, float] = {}
    for part in store.parts:
        if alive(part, snapshot.taken):
            used = float(part.figures.get("memory_bytes", 0)) / 1e6
            memory[part.kind] = memory.get(part.kind, 0.0) + used
    for kind, used in memory.items():
        yield f"memory.{kind}", used


def rates(snapshot: Snapshot) -> Iterator[tuple[str, float]]:
    """Figures whose means matter: what happens in a minute."""
    store = snapshot.store
    if store is None or snapshot.store_error:
        return
    for window in store.flow:
        if window.window == MINUTE:
            yield "seen", window.items_seen
            yield "classified", window.items_classified
            yield "alerts", window.alerts
            yield "delivered", window.delivered
            yield "failed", window.attempts_failed


def rules_in_force(snapshot: Snapshot) -> str | None:
    """The fingerprint of the rules that the youngest classifying worker has loaded."""
    parts = snapshot.store.parts if snapshot.store else ()
    found = [part for part in parts if part.figures.get("rules") and alive(part, snapshot.taken)]
    return str(max(found, key=lambda part: part.started).figures["rules"]) if found else None


class Historian:
    """Gathers snapshots into points. One belongs to each dashboard."""

    def __init__(self, store: Store, version: str) -> None:
        self._store = store
        self._version = version
        self._gatherings = [Gathering(step) for step in STEPS]
        self._before = {step: Latencies() for step in STEPS}
        self._noted: dict[str, str] = {}

    async def run(self, latest: Callable[[], Snapshot], pause: float) -> None:
        """Look at the newest snapshot again and again, until cancelled."""
        seen: Snapshot | None = None
        while True:
            await asyncio.sleep(pause)
            snapshot = latest()
            if snapshot is seen:
                continue
            seen = snapshot
            try:
                await run_in_threadpool(self.note, snapshot)
            except StoreError as error:
                log.warning("history_not_written", error=str(error))

    def note(self, snapshot: Snapshot) -> None:
        """Take one snapshot in and write what is complete. Raises `StoreError`."""
        at, high, mean = snapshot.taken, dict(levels(snapshot)), dict(rates(snapshot))
        done = [(g.step, point) for g in self._gatherings if (point := g.add(at, high, mean))]
        for step, point in done:
            self._store.add_point(step, self._with_latency(step, point, snapshot.latencies))
        self._mark(Mark(at, "version", self._version))
        rules = rules_in_force(snapshot)
        if rules:
            self._mark(Mark(at, "rules", rules))

    def _with_latency(self, step: timedelta, point: Point, now: Latencies) -> Point:
        received = now.stages["seen_to_receipt"]
        since = received.minus(self._before[step].stages["seen_to_receipt"])
        self._before[step] = now
        return Point(point.at, {**point.figures, **_quantiles(since)})

    def _mark(self, mark: Mark) -> None:
        if mark.value and self._noted.get(mark.kind) != mark.value:
            self._store.add_mark(mark)
            self._noted[mark.kind] = mark.value


def _quantiles(histogram: Histogram) -> dict[str, float]:
    found = {"latency_p50": histogram.quantile(0.5), "latency_p95": histogram.quantile(0.95)}
    return {name: value for name, value in found.items() if value is not None}


def recent(store: Store, span: str, now: datetime, most: int) -> dict[str, Any]:
    """The newest points of a span, the newest first, and what has changed within it.

    Raises `KeyError` for an unknown span, and `StoreError`.
    """
    length = SPANS[span]
    points = store.points(step_for(length), max(now - length, now - most * step_for(length)))
    return {"rows": points[: -most - 1 : -1], "marks": store.marks(now - length)}


def read(store: Store, span: str, now: datetime) -> dict[str, Any]:
    """What the charts of a span show: times, and a value or a gap for each.

    Raises `KeyError` for an unknown span, and `StoreError`.
    """
    length = SPANS[span]
    step = step_for(length)
    since = begin(now - length, step)
    points = {point.at: point.figures for point in store.points(step, since)}
    times = sorted(points)
    # A stretch without a point is a gap in the line, not a line across it.
    gaps = [at + step for at, after in pairwise(times) if after - at > step]
    times = sorted([*times, *gaps])
    names = sorted({name for figures in points.values() for name in figures})
    return {
        "span": span,
        "step_seconds": step.total_seconds(),
        "since": timestamp(since),
        "until": timestamp(now),
        "times": [at.timestamp() for at in times],
        "series": {
            name: [_rounded(points.get(at, {}).get(name)) for at in times] for name in names
        },
        "marks": [
            {"at": timestamp(mark.at), "kind": mark.kind, "value": mark.value}
            for mark in store.marks(since)
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 2)


def _seconds(length: timedelta | None) -> float:
    return length.total_seconds() if length is not None else 0.0
