"""Single values of an entry that every format has: links, languages and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from worker.feeds.text import MAX_FIELD

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?=$|[-_])")


def web_address(value: object, base_url: str) -> str | None:
    """An absolute http(s) address, or `None`: nothing else may become a link."""
    if not isinstance(value, str) or not value.strip():
        return None
    value = "".join(value.split())
    if len(value) > MAX_FIELD or not value.isprintable():
        return None
    try:
        address = urljoin(base_url, value)
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return address if usable else None


def language_of(value: object) -> str | None:
    """The primary subtag of a language tag (BCP 47)."""
    found = _LANGUAGE.match(value.strip()) if isinstance(value, str) else None
    return found.group().lower() if found else None


def moment_of(value: object) -> datetime | None:
    """A time in the forms of ISO 8601 and RFC 3339, in UTC; one without zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
