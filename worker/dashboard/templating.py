"""Templates and the filters that they use. Everything is escaped unless it is a template's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from worker.channels.labels import labels_for
from worker.dashboard import words
from worker.net import redact_url

STATIC = Path(__file__).parent / "static"
_LABELS = labels_for("en")


def environment() -> Environment:
    """The templates with everything that they call."""
    env = Environment(
        loader=PackageLoader("worker.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    env.filters.update(
        ago=words.ago,
        span=words.span,
        grouped=words.grouped,
        size=words.size,
        percent=words.percent,
        seconds=lambda value: "–" if value is None else words.span(timedelta(seconds=value)),
        brief=words.brief,
        figure=words.figure,
        rule=_LABELS.rule,
        field=_LABELS.field,
        status=lambda value: _LABELS.statuses.get(str(value), str(value)),
        value=_value,
        day=_LABELS.day,
        link=safe_link,
        redacted=redact_url,
        polyline=polyline,
    )
    env.globals.update(static=static_url, query=query, time=time_tag, since=since_tag)
    return env


def _value(value: object, field: str) -> str:
    return "–" if value in (None, "", (), []) else _LABELS.value(field, value)


def safe_link(url: str | None) -> str:
    """An address from a feed that is good for a link, or `""`: only the Web, no credentials."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    except ValueError:
        return ""
    return url if usable else ""


def time_tag(when: datetime | None) -> Markup:
    """A moment, to the second, in the reader's own language where there are scripts."""
    if when is None:
        return Markup("–")
    text = words.moment(when)
    return Markup('<time datetime="{}" data-moment>{}</time>').format(_iso(when), text)


def since_tag(when: datetime | None, now: datetime) -> Markup:
    """How long ago; kept current by the page itself where there are scripts."""
    if when is None:
        return Markup("never")
    text = words.ago(now - when)
    if text == "just now":
        return Markup("<span>just now</span>")  # the same every second: nothing to send anew
    return Markup('<time datetime="{}" data-ago title="{}">{}</time>').format(
        _iso(when), words.moment(when), text
    )


def _iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def query(current: Mapping[str, Any], **changes: Any) -> str:
    """The query string of a list with some of its filters changed; empty ones are left out."""
    merged = {**current, **changes}
    return "?" + urlencode({name: str(value) for name, value in merged.items() if value})


def polyline(points: Sequence[int], width: int = 120, height: int = 28, most: int = 60) -> str:
    """`points` as the coordinates of an SVG line; the peaks of long series are kept."""
    if len(points) < 2:
        return ""
    step = max(1, -(-len(points) // most))
    # Cut from the end, so that the newest reading always closes the line.
    chunks = [points[max(0, end - step) : end] for end in range(len(points), 0, -step)][::-1]
    peaks = [max(chunk) for chunk in chunks]
    if len(peaks) < 2:
        return ""
    top = max(*peaks, 1)
    return " ".join(
        f"{index * width / (len(peaks) - 1):.1f},{height - 1 - peak * (height - 2) / top:.1f}"
        for index, peak in enumerate(peaks)
    )


@cache
def static_url(name: str) -> str:
    """The address of a static file, which changes with its content: it may be kept for ever."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
