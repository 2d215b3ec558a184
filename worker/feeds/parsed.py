"""What parsing a document gives, and its form on the way between processes.

JSON, not pickle: the child that reads hostile documents must not be able to run anything here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from worker.domain.feed import Hints
from worker.domain.item import Entry

MAX_ENTRIES = 5_000
_FIELDS = tuple(one.name for one in fields(Entry))
_TIMES = frozenset({"published", "updated", "embargoed_until"})


class Unparsable(Exception):  # noqa: N818 - it says what the document is
    """The document is no feed, or none that can be read safely. One line, fit for a log."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """The usable entries of one document in its order.

    `kind` names the format (`rss20`, `atom10`, `json11`, …). `dropped` counts entries without
    any use, `warnings` has one line for each thing that was wrong. `hints` is what the channel
    says of its pace.
    """

    entries: tuple[Entry, ...]
    kind: str = ""
    title: str | None = None
    dropped: int = 0
    warnings: tuple[str, ...] = ()
    hints: Hints = field(default_factory=Hints)


def dump(feed: ParsedFeed) -> bytes:
    """`feed` as JSON in ASCII."""
    return json.dumps(
        {
            "kind": feed.kind,
            "title": feed.title,
            "dropped": feed.dropped,
            "warnings": feed.warnings,
            "hints": _hints_out(feed.hints),
            "entries": [_entry_out(entry) for entry in feed.entries],
        }
    ).encode("ascii")


def load(data: bytes) -> ParsedFeed:
    """The feed that `dump` made `data` from. Raises `ValueError` for anything else."""
    try:
        raw = json.loads(data)
        return ParsedFeed(
            entries=tuple(_entry_in(entry) for entry in raw["entries"]),
            kind=_text(raw["kind"]),
            title=None if raw["title"] is None else _text(raw["title"]),
            dropped=int(raw["dropped"]),
            warnings=tuple(_text(line) for line in raw["warnings"]),
            hints=_hints_in(raw["hints"]),
        )
    except (KeyError, TypeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a parsed feed: {type(error).__name__}") from None


def _entry_out(entry: Entry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _FIELDS}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def _entry_in(raw: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {}
    for name in _FIELDS:
        if name in raw:
            value = _text(raw[name])
            values[name] = datetime.fromisoformat(value) if name in _TIMES else value
    return Entry(**values)


def _hints_out(hints: Hints) -> dict[str, Any]:
    base = hints.update_base
    return {
        "ttl": hints.ttl and hints.ttl.total_seconds(),
        "update_every": hints.update_every and hints.update_every.total_seconds(),
        "update_base": base and base.isoformat(),
        "skip_hours": sorted(hints.skip_hours),
        "skip_days": sorted(hints.skip_days),
    }


def _hints_in(raw: dict[str, Any]) -> Hints:
    ttl, every, base = raw["ttl"], raw["update_every"], raw["update_base"]
    return Hints(
        ttl=None if ttl is None else timedelta(seconds=ttl),
        update_every=None if every is None else timedelta(seconds=every),
        update_base=None if base is None else datetime.fromisoformat(_text(base)),
        skip_hours=frozenset(int(hour) for hour in raw["skip_hours"]),
        skip_days=frozenset(int(day) for day in raw["skip_days"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
