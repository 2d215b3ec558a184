"""Stories, the alerts that they raise, and who is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.event import Event, Status
from worker.domain.item import Item


class Severity(StrEnum):
    """How much an alert matters to a reader who sees only its first line."""

    INFO = "info"
    NOTABLE = "notable"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Change:
    """What is new in one field against the alert before; `before` is `None` if it said nothing."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Story:
    """One development between the same parties under one rule, over time.

    `state` is the newest known value of each field of the event that can move.
    `sequence` counts the alerts that the story has raised.
    """

    id: str
    rule: str
    companies: tuple[str, ...]
    alliance: str | None
    started: datetime
    sequence: int = 0
    status: Status | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """One piece of news for people: an event that its story did not know yet."""

    id: str
    story_id: str
    sequence: int
    event_id: str
    event: Event
    item: Item
    headline: str
    severity: Severity
    created: datetime
    language: str
    previous_status: Status | None = None
    changes: tuple[Change, ...] = ()
    feed_url: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, by the clocks of `timezone`, in which alerts are held and not lost.

    They last from `start` until `end`, over midnight when `end` is the earlier of the two.
    Alerts of a severity in `passing` are not held.
    """

    start: time
    end: time
    timezone: str
    passing: tuple[Severity, ...] = ()

    def hold(self, severity: Severity, moment: datetime) -> datetime:
        """When an alert raised at `moment` may go out: at once, or when the quiet hours end.

        On the days when the clocks change, an end that does not exist counts as the moment at
        which the clocks jump over it, and of one that comes twice the first counts.
        """
        if severity in self.passing:
            return moment
        zone = ZoneInfo(self.timezone)
        local = moment.astimezone(zone)
        now = local.time()
        if self.start < self.end:
            quiet, days = self.start <= now < self.end, 0
        else:
            quiet, days = now >= self.start or now < self.end, int(now >= self.start)
        if not quiet:
            return moment
        end = datetime.combine(local.date() + timedelta(days=days), self.end, zone)
        return max(moment, end.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants which alerts, over which channel. An empty filter lets everything pass."""

    id: str
    channel: str
    rules: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    alliances: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_status: Status = Status.RUMOURED
    min_confidence: float = 0.5
    quiet: QuietHours | None = None

    def due(self, alert: Alert) -> datetime:
        """When the alert may be sent to this subscription for the first time."""
        if self.quiet is None:
            return alert.created
        return self.quiet.hold(alert.severity, alert.created)

    def wants(self, alert: Alert) -> bool:
        """Whether the alert passes every filter. A denial passes every `min_status`."""
        event = alert.event
        return (
            (not self.rules or event.rule in self.rules)
            and (not self.companies or not set(self.companies).isdisjoint(event.companies))
            and (not self.alliances or event.alliance in self.alliances)
            and (not self.languages or alert.language in self.languages)
            and event.status.rank >= self.min_status.rank
            and event.confidence >= self.min_confidence
        )
