"""For how long an answer stays fresh by the rules of HTTP caching (RFC 9111). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_DIRECTIVE = re.compile(r"([A-Za-z-]{1,40})(?:\s*=\s*\"?([^\",]{0,40})\"?)?\s*(?:,|$)")
_MOST = timedelta(days=7)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long from `now` on the answer with these headers need not be asked for again.

    `max-age` less `Age`, or else `Expires` less `Date` and `Age`; a week at most. `None` when
    nothing is said, when it is stale already, and for `no-cache` and `no-store`. `s-maxage` is
    for caches that many share.
    """
    directives = {
        name.lower(): value.strip()
        for name, value in _DIRECTIVE.findall(headers.get("Cache-Control", "")[:2_000])
    }
    if "no-cache" in directives or "no-store" in directives:
        return None
    lifetime = _seconds(directives.get("max-age"))
    if "max-age" not in directives:
        expires = _date(headers.get("Expires"))
        if expires is not None:
            lifetime = expires - (_date(headers.get("Date")) or now)
    if lifetime is None:
        return None
    left = min(lifetime, _MOST) - (_seconds(headers.get("Age")) or timedelta())
    return left if left > timedelta() else None


def _seconds(value: str | None) -> timedelta | None:
    """A number of seconds; `None` for what is none."""
    value = (value or "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    return min(timedelta(seconds=int(value[:9])), _MOST)


def _date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
