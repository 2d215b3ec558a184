"""Server-sent events (HTML Living Standard, section 9.2): frames, positions, streams of alerts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi.responses import StreamingResponse

from worker.dashboard.recent import KEPT, LATE
from worker.dashboard.sampler import Sampler
from worker.domain.alert import Alert
from worker.store import StoreUnavailable
from worker.store.paging import decode_cursor, encode_cursor
from worker.store.reads import Reads

HEARTBEAT = 10.0

_BATCH = 500
_MOST_TAGS = 128
_TAG = 8


def frame(data: Any, *, event: str = "", id: str = "") -> str:
    """One event; `data` as JSON on one line."""
    lines = [f"event: {event}"] if event else []
    if id:
        lines.append(f"id: {id}")
    lines.append(f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}")
    return "\n".join(lines) + "\n\n"


def comment(text: str) -> str:
    """A line that keeps the connection open and means nothing."""
    return f": {text}\n\n"


def respond(frames: AsyncIterator[str]) -> StreamingResponse:
    """A stream that no proxy keeps back."""
    return StreamingResponse(
        frames,
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader of the stream has got: the event id.

    Alerts can appear a little after others that are newer, so that a time alone would skip
    them. `tags` are the ends of the ids sent from the last seconds before `until`.
    """

    until: datetime
    tags: frozenset[str]

    def __str__(self) -> str:
        return encode_cursor(self.until, ".".join(sorted(self.tags)))

    @classmethod
    def parse(cls, text: str) -> Position:
        """The position that an event id stands for. Raises `ValueError` for any other text."""
        until, tags = decode_cursor(text)
        return cls(until, frozenset(filter(None, tags.split("."))))


class Follower:
    """What one reader of the stream has been sent. Order of sending is order of appearance."""

    def __init__(self, position: Position) -> None:
        self._until = position.until
        self._sent: dict[str, datetime] = dict.fromkeys(position.tags, position.until)

    @property
    def since(self) -> datetime:
        """From when on there may be alerts that were not sent."""
        return self._until - LATE

    @property
    def position(self) -> Position:
        """Where a reader who has got everything so far goes on."""
        newest = sorted(self._sent, key=lambda tag: self._sent[tag])[-_MOST_TAGS:]
        return Position(self._until, frozenset(newest))

    def fresh(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Those that were not sent, the oldest first. Take note of each with `note`."""
        return [
            alert
            for alert in sorted(alerts, key=lambda alert: (alert.created, alert.id))
            if alert.id[-_TAG:] not in self._sent and alert.created >= self.since
        ]

    def note(self, alert: Alert) -> None:
        """This alert has been sent."""
        self._until = max(self._until, alert.created)
        self._sent[alert.id[-_TAG:]] = alert.created
        if len(self._sent) > 2 * _MOST_TAGS or alert.created == self._until:
            horizon = self._until - LATE
            self._sent = {tag: at for tag, at in self._sent.items() if at >= horizon}


async def alert_events(
    sampler: Sampler,
    reads: Reads,
    last: Position | None,
    now: datetime,
    show: Callable[[Alert], dict[str, Any]],
) -> AsyncIterator[str]:
    """Every alert that appears, once; with `last` also those missed since then.

    Ends when the dashboard stops or the database cannot be asked for what was missed: the
    reader comes back with its last event id.
    """
    follower = Follower(last or Position(now, frozenset()))
    if last is None:
        for known in reversed(sampler.latest.alerts):
            if known.created >= follower.since:
                follower.note(known)

    def told(alert: Alert) -> str:
        follower.note(alert)
        kind = "alert.created" if alert.sequence == 1 else "alert.updated"
        return frame(show(alert), event=kind, id=str(follower.position))

    yield "retry: 2000\n\n"
    catching_up = last is not None
    seen: tuple[Alert, ...] = ()
    async for snapshot in sampler.changes(heartbeat=HEARTBEAT):
        if snapshot.alerts is seen and not catching_up:
            yield comment("nothing new")
            continue
        seen = snapshot.alerts
        # More may have come than the snapshot holds.
        catching_up |= len(follower.fresh(seen)) == KEPT
        if catching_up:
            try:
                async for alert in _since(reads, follower.since):
                    for fresh in follower.fresh([alert]):
                        yield told(fresh)
            except StoreUnavailable as error:
                yield comment(f"the database does not answer: {type(error).__name__}")
                return
            catching_up = False
        for alert in follower.fresh(seen):
            yield told(alert)


async def _since(reads: Reads, since: datetime) -> AsyncIterator[Alert]:
    while True:
        found = await asyncio.to_thread(reads.alerts_since, since, _BATCH)
        for alert in found:
            yield alert
        if len(found) < _BATCH or found[-1].created == since:
            return
        since = found[-1].created
