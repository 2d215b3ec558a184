"""What two events of one item that tell of the same deal know from each other.

A stake in an electric-vehicle unit is two events, a change of ownership and an investment. What
one sentence says of the first (the sum, the size of the stake, whose unit it is) holds for the
second. Events about different companies share nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worker.domain.event import Event, RoleValue, Status

TARGETS = ("target", "unit")
ACTORS = ("holder", "investor")
OTHERS = ("counterparty", "owner")


def reconcile(events: Sequence[Event]) -> list[Event]:
    """The events, each with the fields that its sister states and itself does not."""
    out = list(events)
    for at, event in enumerate(out):
        for other in events:
            if other is not event and _same_deal(event, other):
                out[at] = _filled(out[at], other)
    return out


def _same_deal(one: Event, other: Event) -> bool:
    goal, its = _first(one, TARGETS), _first(other, TARGETS)
    if goal is None or goal != its:
        return False
    actor, another = _first(one, ACTORS), _first(other, ACTORS)
    return actor == another


def _filled(event: Event, other: Event) -> Event:
    changed: dict[str, object] = {}
    if event.status is Status.PLANNED and other.status in (Status.AGREED, Status.COMPLETED):
        changed["status"] = other.status
    if event.amount is None and other.amount is not None:
        changed["amount"] = other.amount
    better = "unit" in event.roles and "target" in other.roles
    known = (other.from_pct, other.to_pct, other.pct) != (None, None, None)
    if known and (better or (event.from_pct, event.to_pct, event.pct) == (None, None, None)):
        new = other.from_pct is None and other.to_pct == other.pct and "unit" in event.roles
        to_pct = None if new else other.to_pct
        changed.update(from_pct=other.from_pct, to_pct=to_pct, pct=other.pct)
    roles = dict(event.roles)
    for name in OTHERS:
        if name in roles and not roles[name]:
            third = _first(other, OTHERS)
            if third is not None and third not in _names(roles):
                roles[name] = third
                changed["roles"] = roles
                if third in other.parties and third not in event.parties:
                    changed["parties"] = (*event.parties, third)
                    key = other.companies[other.parties.index(third)]
                    changed["companies"] = (*event.companies, key)
    return replace(event, **changed) if changed else event  # type: ignore[arg-type]


def _names(roles: dict[str, RoleValue]) -> set[str]:
    return {
        name
        for value in roles.values()
        if value
        for name in ((value,) if isinstance(value, str) else value)
    }


def _first(event: Event, names: Sequence[str]) -> str | None:
    for name in names:
        value = event.roles.get(name)
        if value:
            return value if isinstance(value, str) else value[0]
    return None
