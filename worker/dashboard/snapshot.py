"""What the dashboard knows at one moment, gathered by one sampler for everybody who looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.broker import CLASSIFY, DELIVER, QUEUES, BrokerReading
from worker.dashboard.latency import Latencies
from worker.dashboard.waits import PART_SILENCE, QueueTimes
from worker.domain.alert import Alert
from worker.domain.feed import Feed, FeedState
from worker.domain.part import Part
from worker.store import ChannelFigures, DeliveryLine, FeedOverview, Throughput, Waiting

WINDOWS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=60))

QUEUE_NAMES: Mapping[str, str] = {CLASSIFY: "classify", DELIVER: "deliver"}


@dataclass(frozen=True, slots=True)
class StoreReading:
    """What one look into the database gave. `overview` and the longest window are refreshed
    less often than the rest, since they count much."""

    parts: tuple[Part, ...] = ()
    feeds: tuple[tuple[Feed, FeedState], ...] = ()
    overview: tuple[FeedOverview, ...] = ()
    outbox: tuple[ChannelFigures, ...] = ()
    waiting: Waiting = field(default_factory=lambda: Waiting(0, None, 0))
    flow: tuple[Throughput, ...] = ()
    times: Mapping[str, QueueTimes] = field(default_factory=dict)
    schema_current: bool = True


@dataclass(frozen=True, slots=True)
class Totals:
    """What has happened since this dashboard started: counters that only rise."""

    items_seen: int = 0
    items_classified: int = 0
    alerts: int = 0
    delivered: int = 0
    exhausted: int = 0
    attempts_failed: int = 0

    def plus(self, more: Throughput) -> Totals:
        """These counts and those of one more stretch of time."""
        return Totals(
            self.items_seen + more.items_seen,
            self.items_classified + more.items_classified,
            self.alerts + more.alerts,
            self.delivered + more.delivered,
            self.exhausted + more.exhausted,
            self.attempts_failed + more.attempts_failed,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that pages, API and metrics show of the running service.

    `store` and `broker` are the last good readings, `None` before the first one, taken at
    `store_taken` and `broker_taken`; `store_error` and `broker_error` say why there is no newer
    one (empty when there is). `alerts` are the newest, newest first; `history` holds the depth
    of each queue over the last minutes, oldest first. `deliveries` is read only while somebody
    looks at it.
    """

    taken: datetime
    store: StoreReading | None = None
    store_taken: datetime | None = None
    store_error: str = ""
    broker: BrokerReading | None = None
    broker_taken: datetime | None = None
    broker_error: str = ""
    totals: Totals = Totals()
    latencies: Latencies = field(default_factory=Latencies)
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[DeliveryLine, ...] = ()
    deliveries_sampled: bool = False
    history: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def nested(flow: Iterable[Throughput]) -> tuple[Throughput, ...]:
    """Windows from short to long, none with less than a shorter one: it lies within.

    They are counted one after another while transactions end, some with older times.
    """
    found: list[Throughput] = []
    for window in flow:
        before = found[-1] if found else window
        counts = {
            name: max(getattr(before, name), getattr(window, name))
            for name in Throughput.__slots__
            if name != "window"
        }
        found.append(Throughput(window=window.window, **counts))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue as shown. `consumers` comes from the broker, or from the workers' heartbeats
    where the broker does not tell."""

    key: str
    name: str
    depth: int | None
    oldest_age: float | None
    in_flight: int | None
    consumers: int | None
    history: tuple[int, ...] = ()
    times: QueueTimes = field(default_factory=QueueTimes)


def queue_lines(snapshot: Snapshot) -> tuple[QueueLine, ...]:
    """Every queue of the service, also when the broker tells nothing."""
    broker, store = snapshot.broker, snapshot.store
    lines = []
    for key in QUEUES:
        name = QUEUE_NAMES.get(key, key)
        reading = broker.queues.get(key) if broker else None
        consumers = reading.consumers if reading else None
        if consumers is None and store is not None:
            consumers = sum(
                1
                for part in store.parts
                if part.figures.get("queue") == name and alive(part, snapshot.taken)
            )
        lines.append(
            QueueLine(
                key=key,
                name=name,
                depth=reading.depth if reading else None,
                oldest_age=_age_now(reading.oldest_age if reading else None, snapshot),
                in_flight=reading.in_flight if reading else None,
                consumers=consumers,
                history=snapshot.history.get(key, ()),
                times=store.times.get(name, QueueTimes()) if store else QueueTimes(),
            )
        )
    return tuple(lines)


def _age_now(age: float | None, snapshot: Snapshot) -> float | None:
    """An age has grown since it was read."""
    if age is None or snapshot.broker_taken is None:
        return age
    return age + max(0.0, (snapshot.taken - snapshot.broker_taken).total_seconds())


def alive(part: Part, now: datetime) -> bool:
    """Whether a part has been seen lately enough."""
    return now - part.seen < PART_SILENCE


def part_state(part: Part, parts: tuple[Part, ...], now: datetime) -> str:
    """`up`, `lost`, or `replaced`: silent, but with a living successor of its kind there."""
    if alive(part, now):
        return "up"
    replaced = any(
        other.kind == part.kind
        and other.host == part.host
        and other.started >= part.seen - PART_SILENCE
        and alive(other, now)
        for other in parts
        if other.id != part.id
    )
    return "replaced" if replaced else "lost"
