"""Addresses in a form that may be shown: enough to know them by, nothing that opens a door."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "***"
_SHOWN_SEGMENTS = 4
_FILE = re.compile(r"\.(?:xml|rss|atom|rdf|json|html?|php|aspx?)$", re.IGNORECASE)
_WORDS = re.compile(r"[-_.]")

# "NEWSROOM", "PressReleases", "Q3Results", "blog2024": capitals and a few digits, but words.
_WORDS_IN_CAPITALS = re.compile(
    r"(?:[A-Z][0-9])?(?:[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z]))(?:[A-Z][a-z]{2,}){0,3}[0-9]{0,4}"
)
_UNSPEAKABLE = re.compile(r"[b-df-hj-np-tv-xz]{5}", re.IGNORECASE)


def redact_url(url: str) -> str:
    """`scheme://host/start-of-path`, without user, password, query and fragment.

    Path segments that look like a token (the path of a Slack webhook, a capability link) are
    masked. Never raises.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "(unreadable address)"
    if not parts.scheme or not host:
        return "(address without host)"
    if ":" in host:
        host = f"[{host}]"
    segments = parts.path.split("/")[1:]
    shown = [MASK if _looks_secret(segment) else segment for segment in segments[:_SHOWN_SEGMENTS]]
    more = "/…" if len(segments) > _SHOWN_SEGMENTS else ""
    path = "/" + "/".join(shown) if segments else ""
    where = f"{host}:{port}" if port else host
    return _one_line(f"{parts.scheme}://{where}{path}{more}")


def _looks_secret(segment: str) -> bool:
    """Long, or a mix that people do not write as words; file names of feeds are let through."""
    if len(segment) > 40:
        return True
    if len(segment) < 8 or (_FILE.search(segment) and len(segment) < 32):
        return False
    longest = max(_WORDS.split(segment), key=len)
    if len(longest) < 8:
        return False
    if _WORDS_IN_CAPITALS.fullmatch(longest) and not _UNSPEAKABLE.search(longest):
        return len(longest) >= 20
    has_digit = any(c.isdigit() for c in longest)
    has_letter = any(c.isalpha() for c in longest)
    mixed_case = longest.upper() != longest and longest[1:].lower() != longest[1:]
    return (has_digit and has_letter) or mixed_case or longest.isupper() or len(longest) >= 20


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
