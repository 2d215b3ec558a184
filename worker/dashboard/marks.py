"""What pages say about an event beside its text: the colours of marks, the facts in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from worker.domain.event import Event

# Roles and figures by what they tell a reader; anything else is `other`.
TONES: Mapping[str, str] = {
    **dict.fromkeys(
        ("holder", "target", "counterparty", "investor", "unit", "owner", "parties"), "who"
    ),
    **dict.fromkeys(("from_pct", "to_pct", "pct", "amount", "direction"), "figure"),
    "attribution": "source",
    "expected_date": "date",
}
_TONE_NAMES = {
    "who": "who",
    "figure": "how much",
    "source": "who says so",
    "date": "when",
    "other": "other",
}
_FACTS = ("direction", "from_pct", "to_pct", "pct", "amount", "attribution", "expected_date")


def legend(events: Iterable[Event]) -> list[tuple[str, str]]:
    """What each colour of mark stands for, of those that occur."""
    present = {
        TONES.get(passage.role, "other")
        for event in events
        for passage in event.evidence
        if passage.role
    }
    return [(tone, name) for tone, name in _TONE_NAMES.items() if tone in present]


def facts(event: Event) -> list[tuple[str, object]]:
    """Roles and figures that are known, under the names that the labels know."""
    roles = [(name, value) for name, value in event.roles.items() if value]
    figures = [(name, getattr(event, name)) for name in _FACTS]
    alliance = [("alliance", event.alliance)] if event.alliance else []
    known = [(name, value) for name, value in figures if value is not None]
    if not any(name == "parties" for name, _ in roles):
        roles.insert(0, ("parties", event.parties))
    return [*roles, *known, *alliance]
