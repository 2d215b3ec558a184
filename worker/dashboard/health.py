"""What is wrong, in words. Pure: a snapshot in, findings out, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from worker.dashboard.snapshot import Snapshot, StoreReading, alive, part_state, queue_lines
from worker.dashboard.words import ago, counted, span
from worker.domain.feed import Feed, FeedState, FeedStatus

# Readings come every second; older than this, people must not take them for the present.
READING_AGE = timedelta(seconds=5)
FAILURES_IN_A_ROW = 3
SLOW = timedelta(minutes=1)
STUCK = timedelta(minutes=5)


class Level(StrEnum):
    """`WARN` wants a look today, `BAD` now."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. `subject` is what it is about (`queue:classify`, `feed:…`)."""

    level: Level
    subject: str
    text: str


def troubles(snapshot: Snapshot) -> tuple[Trouble, ...]:
    """Everything that is wrong, the worst first."""
    found = [*_sources(snapshot), *_queues(snapshot)]
    if snapshot.store is not None:
        found += [
            *_parts(snapshot.store, snapshot.taken),
            *_feeds(snapshot.store, snapshot.taken),
            *_owed(snapshot.store),
        ]
    return tuple(sorted(found, key=lambda trouble: trouble.level is not Level.BAD))


def level(found: tuple[Trouble, ...], subject: str | None = None) -> Level:
    """The worst level of all findings, or of those about one subject."""
    levels = {trouble.level for trouble in found if subject in (None, trouble.subject)}
    return next((worst for worst in (Level.BAD, Level.WARN) if worst in levels), Level.OK)


def feed_trouble(feed: Feed, state: FeedState, now: datetime) -> tuple[Level, str]:
    """What is wrong with one feed; `""` when nothing is."""
    since = f"last success {ago(now - state.last_success_at)}" if state.last_success_at else ""
    if state.status is FeedStatus.GONE:
        return Level.BAD, "the origin says that it is gone for good (410)"
    if state.status is not FeedStatus.ACTIVE:
        return Level.OK, ""
    if state.failures >= FAILURES_IN_A_ROW:
        why = f": {state.last_error}" if state.last_error else ""
        tail = since or "never read so far"
        return Level.BAD, f"{state.failures} polls in a row have failed{why}; {tail}"
    due = state.next_poll_at
    if due is not None and now - due > max(timedelta(seconds=30), feed.interval):
        tail = f"; {since}" if since else ""
        return Level.BAD, f"not polled although it has been due for {span(now - due)}{tail}"
    if state.failures:
        why = f": {state.last_error}" if state.last_error else ""
        return Level.WARN, f"the last poll failed{why}"
    return Level.OK, ""


def _sources(snapshot: Snapshot) -> Iterator[Trouble]:
    if snapshot.store_error:
        held = (
            f" Figures from the database are {span(snapshot.taken - snapshot.store_taken)} old."
            if snapshot.store_taken
            else ""
        )
        yield Trouble(
            Level.BAD, "database", f"The database does not answer ({snapshot.store_error}).{held}"
        )
    elif snapshot.store is not None and not snapshot.store.schema_current:
        yield Trouble(
            Level.BAD, "database", "The database’s schema is not current: run the migrations."
        )
    if snapshot.broker_error:
        yield Trouble(
            Level.BAD,
            "broker",
            f"The message queue does not answer ({snapshot.broker_error}). What is owed stands in "
            "the database and goes on when the queue is back.",
        )


def _queues(snapshot: Snapshot) -> Iterator[Trouble]:
    for line in queue_lines(snapshot):
        subject = f"queue:{line.name}"
        if line.consumers == 0:
            waiting = f" while {counted(line.depth, 'message')} wait" if line.depth else ""
            if line.depth == 1:
                waiting = " while 1 message waits"
            yield Trouble(Level.BAD, subject, f"Nobody works on queue {line.name}{waiting}.")
        if line.oldest_age is not None and line.oldest_age >= SLOW.total_seconds():
            age = timedelta(seconds=line.oldest_age)
            yield Trouble(
                Level.BAD if age >= STUCK else Level.WARN,
                subject,
                f"The oldest message in queue {line.name} has waited {span(age)}.",
            )


def _parts(store: StoreReading, now: datetime) -> Iterator[Trouble]:
    for part in store.parts:
        if part_state(part, store.parts, now) == "lost":
            yield Trouble(
                Level.BAD,
                f"part:{part.id}",
                f"{part.kind} (process {part.pid} on {part.host}) has not reported for "
                f"{span(now - part.seen)}.",
            )
    active = any(state.status is FeedStatus.ACTIVE for _, state in store.feeds)
    if active and not any(part.kind == "poller" and alive(part, now) for part in store.parts):
        yield Trouble(Level.BAD, "poller", "No poller is running: no feed is read.")


def _feeds(store: StoreReading, now: datetime) -> Iterator[Trouble]:
    for feed, state in store.feeds:
        how_bad, text = feed_trouble(feed, state, now)
        if text:
            yield Trouble(how_bad, f"feed:{feed.id}", f"Feed {feed.name}: {text}.")


def _owed(store: StoreReading) -> Iterator[Trouble]:
    waiting = store.waiting
    if waiting.oldest is not None and waiting.oldest >= SLOW:
        yield Trouble(
            Level.BAD if waiting.oldest >= STUCK else Level.WARN,
            "items",
            f"{counted(waiting.count, 'item')} not classified yet, the oldest for "
            f"{span(waiting.oldest)}.",
        )
    if waiting.failed:
        yield Trouble(
            Level.WARN, "items", f"{counted(waiting.failed, 'item')} could not be classified."
        )
    for channel in store.outbox:
        subject = f"channel:{channel.channel}"
        if channel.oldest_due is not None and channel.oldest_due >= SLOW:
            yield Trouble(
                Level.BAD if channel.oldest_due >= STUCK else Level.WARN,
                subject,
                f"Channel {channel.channel} is behind: {counted(channel.due, 'message')} due, "
                f"the oldest for {span(channel.oldest_due)}.",
            )
        if channel.exhausted:
            yield Trouble(
                Level.WARN,
                subject,
                f"Channel {channel.channel}: {counted(channel.exhausted, 'message')} given up.",
            )
