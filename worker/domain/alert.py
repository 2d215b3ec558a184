"""The alerts that stories raise, and who is to be told when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from worker.domain.event import Event, Status
from worker.domain.item import Item
from worker.domain.story import Mention, Reason


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
class Alert:
    """One piece of news for people: an event that its story did not know yet.

    `event` has the status that the story has with it. `also_reported_by` are further reports of
    the same news, the first one first. `told_by` is the event of one of them, when the alert is
    told in its words to who did not want the first.
    """

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
    reason: Reason = Reason.NEW
    also_reported_by: tuple[Mention, ...] = ()
    told_by: str | None = None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_digest(times: Sequence[time], timezone: str, moment: datetime) -> datetime:
    """The first of the times of day after `moment`, by the clocks of `timezone`.

    On the days when the clocks change, a time that does not exist is as long after midnight as it
    would have been, and of one that comes twice the first counts.
    """
    zone = ZoneInfo(timezone)
    today = moment.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(3))
    slots = (datetime.combine(day, at, zone).astimezone(UTC) for day in days for at in times)
    return min(slot for slot in slots if slot > moment)


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
class Limit:
    """At most so many `alerts` by themselves within each `window`; the rest in a digest."""

    alerts: int
    window: timedelta

    def start(self, moment: datetime) -> datetime:
        """When the window began in which `moment` lies; windows follow each other from 1970."""
        return moment - (moment - _EPOCH) % self.window


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants which alerts, over which channel. An empty filter lets everything pass.

    With `digest_at`, times of day by the clocks of `timezone`, alerts wait for the next of them
    and go out in one message. `limit` is the channel's.
    """

    id: str
    channel: str
    rules: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    alliances: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    min_status: Status = Status.RUMOURED
    min_confidence: float = 0.5
    quiet: QuietHours | None = None

    digest_at: tuple[time, ...] = ()
    timezone: str = "UTC"
    limit: Limit | None = None

    def due(self, severity: Severity, moment: datetime) -> datetime:
        """When an alert raised at `moment` may go out for the first time."""
        due = next_digest(self.digest_at, self.timezone, moment) if self.digest_at else moment
        # A digest holds alerts of every severity, and waits like the least of them.
        waits_as = Severity.INFO if self.digest_at else severity
        return self.quiet.hold(waits_as, due) if self.quiet else due

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
