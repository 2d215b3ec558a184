"""JSON Feed 1.0 and 1.1 (jsonfeed.org), and the way to ninjs, which is JSON as well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from worker.domain.item import Entry
from worker.feeds import text
from worker.feeds.fields import language_of, moment_of, web_address
from worker.feeds.formats import ninjs
from worker.feeds.parsed import MAX_ENTRIES, ParsedFeed, Unparsable

_VERSIONS = {
    "https://jsonfeed.org/version/1": "json10",
    "https://jsonfeed.org/version/1.1": "json11",
}


def parse_json(body: bytes, base_url: str) -> ParsedFeed:
    """Parse a JSON Feed or ninjs, which are UTF-8 by definition. Raises `Unparsable`."""
    try:
        raw = json.loads(body.decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise Unparsable(f"neither XML nor JSON: {text.one_line(str(error), 200)}") from None
    except RecursionError:
        raise Unparsable("nested too deeply") from None
    if ninjs.holds_news(raw):
        return ninjs.parse_ninjs(raw, base_url)
    if not isinstance(raw, dict) or not isinstance(raw.get("items"), list):
        raise Unparsable("JSON, but no JSON Feed and no ninjs")
    version = str(raw.get("version", "")).replace("http://", "https://", 1)
    found: list[Any] = raw["items"]
    warnings = []
    if len(found) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES} of {len(found)} entries were read")
    language = language_of(raw.get("language"))
    entries = [_entry(item, base_url, language) for item in found[:MAX_ENTRIES]]
    usable = tuple(entry for entry in entries if entry is not None)
    empty = entries.count(None)
    if empty:
        warnings.append(f"entries with neither title nor text: {empty}")
    return ParsedFeed(
        entries=usable,
        kind=_VERSIONS.get(version.rstrip("/"), "json"),
        title=text.one_line(_string(raw, "title")) or None,
        dropped=len(found) - len(usable),
        warnings=tuple(warnings),
    )


def _entry(raw: object, base_url: str, language: str | None) -> Entry | None:
    if not isinstance(raw, dict):
        return None
    title = text.one_line(text.from_plain(_string(raw, "title")))
    bodies = [
        text.from_html(_string(raw, "content_html")),
        text.plain(_string(raw, "content_text"), text.MAX_TEXT),
        text.plain(_string(raw, "summary"), text.MAX_TEXT),
    ]
    body = max(bodies, key=len)
    if not title and not body:
        return None
    return Entry(
        title=title,
        text=body,
        guid=text.one_line(_string(raw, "id"), text.MAX_FIELD) or None,
        url=web_address(raw.get("url"), base_url) or web_address(raw.get("external_url"), base_url),
        published=moment_of(raw.get("date_published")),
        updated=moment_of(raw.get("date_modified")),
        author=_author(raw),
        language=language_of(raw.get("language")) or language,
    )


def _string(raw: Mapping[str, Any], key: str) -> str:
    """A text, or a number where publishers write one (ids)."""
    value = raw.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _author(raw: Mapping[str, Any]) -> str | None:
    authors = raw.get("authors") if isinstance(raw.get("authors"), list) else [raw.get("author")]
    names = [_string(author, "name") for author in authors or () if isinstance(author, dict)]
    return text.one_line(", ".join(filter(None, names))) or None
