"""Events to be told, one of each rule, and their headlines in English and in French."""

from __future__ import annotations

from typing import Any

from tests.support.factories import make_event
from worker.domain.event import Event
from worker.stories import headline

EQUITY = {
    "roles": {"holder": "Renault", "target": "Nissan", "counterparty": None},
    "parties": ("Renault", "Nissan"),
    "direction": "decrease",
    "from_pct": 43.0,
    "to_pct": 15.0,
}
MONEY = {
    "rule": "ev-unit-investment",
    "roles": {"investor": "Nissan", "unit": "Ampere", "owner": "Renault"},
    "parties": ("Nissan", "Renault"),
}
SHARING = {
    "rule": "ip-sharing",
    "roles": {"parties": ("Renault", "Nissan")},
    "parties": ("Renault", "Nissan"),
}


def event(**fields: Any) -> Event:
    blank: dict[str, Any] = {"direction": None, "from_pct": None, "to_pct": None}
    return make_event(**{**blank, **fields})


def en(**fields: Any) -> str:
    return headline(event(**fields), "en")


def fr(**fields: Any) -> str:
    return headline(event(**fields), "fr").replace("\u202f", " ").replace("\u00a0", " ")
