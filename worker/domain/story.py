"""Stories: one development between the same parties, what is known of it and who said so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from worker.domain.event import Status


class Reason(StrEnum):
    """Why an alert was raised.

    `DENIAL`: what had been reported is denied or called off. `CONTRADICTION`: what had been denied
    is reported all the same. `CORRECTION` and `WITHDRAWAL`: a publisher takes something back.
    """

    NEW = "new"
    UPDATE = "update"
    DENIAL = "denial"
    CONTRADICTION = "contradiction"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Known:
    """What a story knows of one field, and the item that proves it.

    `at` is when that item was published. `former` holds the values before this one, the oldest
    first, each with the moment at which it was overtaken.
    """

    value: Any
    item_id: str
    at: datetime
    former: tuple[tuple[Any, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What one event of one item claims about a story.

    `claims` holds the values of the fields that the event states; `at` is when its item was
    published. A `correction` says that an earlier item was wrong. `doubtful` is what the
    classifier is not sure of: it counts only as long as nobody says anything surer.
    """

    event_id: str
    item_id: str
    at: datetime
    claims: Mapping[str, Any]
    correction: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """One development between the same companies under one rule, over time.

    `core` are the companies that make it this story, as keys of the watchlist (units stand as
    their owners), `matter` what it is about: the target or unit; `companies` all that ever took
    part. `ledger` is the current state by field. It follows from `base` and `reports`: the latest
    reports are kept, so that one which comes late still gets its place by its time of publication;
    older ones are folded into `base`.
    `sequence` counts the alerts raised, `alert_id` is the latest of them. `reported` is when the
    newest report was published.
    """

    id: str
    rule: str
    companies: tuple[str, ...]
    alliance: str | None
    started: datetime
    sequence: int = 0
    status: Status | None = None
    core: tuple[str, ...] = ()
    matter: str | None = None
    ledger: Mapping[str, Known] = field(default_factory=dict)
    base: Mapping[str, Known] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    alert_id: str | None = None
    reported: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """Another report of what an alert tells."""

    item_id: str
    title: str
    source: str
    url: str | None
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Mute:
    """Nothing of a story until then: for one subscription, or for all without a name."""

    story_id: str
    until: datetime
    subscription_id: str | None = None
    by: str = ""
