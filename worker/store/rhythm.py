"""A feed's rhythm as JSON, and back exactly as it was: moments by ISO 8601, microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from worker.domain.feed import Hints, Rhythm

_MICROSECOND = timedelta(microseconds=1)


def rhythm_json(rhythm: Rhythm | None) -> dict[str, Any] | None:
    """What is stored of a rhythm."""
    if rhythm is None:
        return None
    hints = rhythm.hints
    return {
        "gap": _length_out(rhythm.gap),
        "last_new": _moment_out(rhythm.last_new),
        "ttl": _length_out(hints.ttl),
        "update_every": _length_out(hints.update_every),
        "update_base": _moment_out(hints.update_base),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }


def read_rhythm(value: Mapping[str, Any] | None) -> Rhythm | None:
    """What `rhythm_json` was given."""
    if value is None:
        return None
    hints = Hints(
        ttl=_length_in(value["ttl"]),
        update_every=_length_in(value["update_every"]),
        update_base=_moment_in(value["update_base"]),
        skip_hours=frozenset(value["skip_hours"]),
        skip_days=frozenset(value["skip_days"]),
    )
    return Rhythm(_length_in(value["gap"]), _moment_in(value["last_new"]), hints)


def _length_out(length: timedelta | None) -> int | None:
    return None if length is None else length // _MICROSECOND


def _length_in(microseconds: int | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)


def _moment_out(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment_in(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
