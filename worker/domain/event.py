"""What happened between whom, how far it has got, who says so: the result of classification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Language = Literal["fr", "en"]
Direction = Literal["increase", "decrease"]
FieldName = Literal["title", "text"]
RoleValue = str | tuple[str, ...] | None


class Status(StrEnum):
    """How far an event has got, from hearsay to done.

    `DENIED` stands apart: a denial or an abandonment wins over every other stage.
    """

    RUMOURED = "rumoured"
    NEGOTIATING = "negotiating"
    PLANNED = "planned"
    AGREED = "agreed"
    COMPLETED = "completed"
    DENIED = "denied"

    @property
    def rank(self) -> int:
        """Position in the order of declaration; a higher rank wins when an item asserts both."""
        return tuple(Status).index(self)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage of the item that proves an event.

    `start` and `end` count Unicode code points in the field as it was given, so that
    `getattr(item, field)[start:end] == text` always holds. `role` says what the passage
    shows: `""` for the whole proving passage, otherwise the name of a role or figure
    (`holder`, `from_pct`, …).
    """

    field: FieldName
    start: int
    end: int
    text: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One relation between companies that one rule found in one item.

    Percentages are in percent (43.0 is 43%). `amount`, `attribution` and the companies in
    `parties` and `roles` are as written in the item. `expected_date` is an ISO date or month.
    `companies` holds the watchlist keys of the parties (or their normalised names when they are
    on no list), in the order of `parties`; `alliance` the key of the alliance that they share.
    `confidence` lies in 0..1.
    """

    rule: str
    status: Status
    confidence: float
    parties: tuple[str, ...]
    roles: Mapping[str, RoleValue]
    evidence: tuple[Evidence, ...]
    direction: Direction | None = None
    from_pct: float | None = None
    to_pct: float | None = None
    pct: float | None = None
    amount: str | None = None
    attribution: str | None = None
    expected_date: str | None = None
    companies: tuple[str, ...] = ()
    alliance: str | None = None
    rule_version: int = 1


@dataclass(frozen=True, slots=True)
class Classification:
    """The result for one item: its language (`None`: neither French nor English) and events."""

    language: Language | None
    events: tuple[Event, ...] = field(default=())
