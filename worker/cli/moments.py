"""Moments as people give them on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from worker.cli.failures import wrong_usage


def parse_moment(text: str, now: datetime, option: str) -> datetime:
    """An ISO 8601 time (UTC without a zone), or how long before `now`. Raises Failure."""
    from worker.config import parse_duration

    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_usage(
            f'{option} takes a time such as "2026-03-02T08:00Z" or how long ago, such as "6h"'
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
