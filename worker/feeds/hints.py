"""What RSS and RDF channels say of their own pace: ttl, sy:*, skipHours and skipDays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from worker.domain.feed import Hints
from worker.feeds.fields import moment_of

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = {
    name: number
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}
_LONGEST = timedelta(days=366)
_LIST = 4_000
_VALUE = re.compile(rb">\s*([A-Za-z0-9]{1,12})\s*<")


def hints_of(channel: Mapping[str, Any], document: bytes) -> Hints:
    """The hints in feedparser's `channel`, and those in `document` that it does not keep.

    Values that make no sense count as not given; so do lists that would skip every hour or day.
    """
    hours = {int(word) % 24 for word in _listed(document, b"skipHours") if _is_hour(word)}
    days = {_DAYS[word] for word in _listed(document, b"skipDays") if word in _DAYS}
    return Hints(
        ttl=_minutes(channel.get("ttl")),
        update_every=_period(channel),
        update_base=moment_of(channel.get("sy_updatebase")),
        skip_hours=frozenset(hours) if len(hours) < 24 else frozenset(),
        skip_days=frozenset(days) if len(days) < 7 else frozenset(),
    )


def _listed(document: bytes, name: bytes) -> list[str]:
    """The values inside of the first element called `name`, in small letters."""
    start = document.find(b"<" + name)
    end = document.find(b"</" + name, start, start + _LIST) if start >= 0 else -1
    if end < 0:
        return []
    return [value.decode("ascii").lower() for value in _VALUE.findall(document, start, end)]


def _is_hour(word: str) -> bool:
    # RSS 0.91 counts from 1 to 24, RSS 2.0 from 0 to 23.
    return word.isdigit() and int(word) <= 24


def _minutes(value: object) -> timedelta | None:
    word = str(value or "").strip()
    if not (word.isascii() and word.isdigit()):
        return None
    minutes = timedelta(minutes=int(word[:7]))
    return min(minutes, _LONGEST) or None


def _period(channel: Mapping[str, Any]) -> timedelta | None:
    """RDF Site Summary's Syndication module: a period, and how often something comes in it."""
    period = _PERIODS.get(str(channel.get("sy_updateperiod") or "").strip().lower())
    word = str(channel.get("sy_updatefrequency") or "1").strip()
    if period is None or not (word.isascii() and word.isdigit() and int(word[:7]) > 0):
        return None
    return period / int(word[:7])
