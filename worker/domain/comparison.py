"""What another set of rules makes of an item: events gained, lost and changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from worker.domain.event import Classification, Event


class Kind(StrEnum):
    """How an event differs."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One event that is not the same. `before` is `None` when gained, `after` when lost.

    `fields` of a changed event: the name of each with both values.
    """

    kind: Kind
    rule: str
    before: Event | None
    after: Event | None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def compare(
    before: Classification, after: Classification, min_confidence: float = 0.0
) -> Iterator[Difference]:
    """The differences between two readings of one item, by rule and in their order.

    Events that are less certain than `min_confidence` count as not found. Confidence itself and
    the passages are no difference: what nobody would be alerted to otherwise is none.
    """
    old, new = _by_rule(before.events, min_confidence), _by_rule(after.events, min_confidence)
    for rule in [*old, *(rule for rule in new if rule not in old)]:
        mine, theirs = list(old.get(rule, ())), list(new.get(rule, ()))
        for event in list(mine):  # those that are just the same first
            same = next((other for other in theirs if not _fields(event, other)), None)
            if same is not None:
                mine.remove(event)
                theirs.remove(same)
        for one, other in zip(mine, theirs, strict=False):
            yield Difference(Kind.CHANGED, rule, one, other, _fields(one, other))
        for event in mine[len(theirs) :]:
            yield Difference(Kind.LOST, rule, event, None)
        for event in theirs[len(mine) :]:
            yield Difference(Kind.GAINED, rule, None, event)


def _by_rule(events: Sequence[Event], least: float) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        if event.confidence >= least:
            found.setdefault(event.rule, []).append(event)
    return found


_COMPARED = (
    "status",
    "parties",
    "roles",
    "direction",
    "from_pct",
    "to_pct",
    "pct",
    "amount",
    "attribution",
    "expected_date",
)


def _fields(one: Event, other: Event) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before, after)
        for name in _COMPARED
        if (before := getattr(one, name)) != (after := getattr(other, name))
    }
