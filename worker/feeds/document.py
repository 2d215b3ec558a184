"""RSS, RDF and Atom, for the child process: plain feeds fast (`plainxml`), all others through
feedparser, which is thorough and slow.

NewsML-G2 is told apart here and read elsewhere (`formats.newsml`)."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser

from worker.domain.item import Entry
from worker.feeds import plainxml, text
from worker.feeds.encoding import refuse_entity_bombs, repair, to_utf8
from worker.feeds.fields import language_of, web_address
from worker.feeds.formats import newsml
from worker.feeds.hints import hints_of
from worker.feeds.parsed import MAX_ENTRIES, ParsedFeed, Unparsable

_HEAD = re.compile(rb"\s*(?:<\?[^>]*>|<!--.*?-->|\s)*", re.DOTALL)
_EXTENSION = re.compile(
    rb"</?(?!(?:content|dc|dcterms|atom|a10|rdf|rss|xhtml|feedburner):)[A-Za-z][\w.-]*:[^<>]*>"
    rb"|</?(?:textinput|image|cloud)\b[^<>]*>",
    re.IGNORECASE,
)
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def parse_xml(body: bytes, content_type: str | None, base_url: str) -> ParsedFeed:
    """Parse a feed in XML. Raises `Unparsable`."""
    converted, warning = to_utf8(body, content_type)
    head = converted[_HEAD.match(converted[:4096]).end() :][:64].lower()  # type: ignore[union-attr]
    if head.startswith((b"<!doctype html", b"<html")):
        raise Unparsable("an HTML page, not a feed")
    warnings = [warning] if warning else []
    if newsml.is_newsml(converted):
        return newsml.parse_newsml(repair(converted), base_url, warnings)
    refuse_entity_bombs(converted)
    whole = repair(converted)
    raw = plainxml.read(whole) or _thoroughly(whole, warnings)
    kind = str(raw.get("version") or "")
    found: Sequence[Mapping[str, Any]] = raw.get("entries", [])
    if not kind and not found:
        raise Unparsable("no feed (RSS, Atom, JSON Feed, NewsML-G2 or ninjs expected)")
    if raw.get("bozo"):
        warnings.append(f"not well-formed: {_reason(raw.get('bozo_exception'))}")
    if len(found) > MAX_ENTRIES:
        warnings.append(f"only the first {MAX_ENTRIES} of {len(found)} entries were read")
    channel: Mapping[str, Any] = raw.get("feed", {})
    language = language_of(channel.get("language"))
    entries = [_entry(entry, base_url, language) for entry in found[:MAX_ENTRIES]]
    usable = tuple(entry for entry in entries if entry is not None)
    dropped = len(found) - len(usable)
    empty = entries.count(None)
    if empty:
        warnings.append(f"entries with neither title nor text: {empty}")
    title = text.one_line(text.from_html(str(channel.get("title") or "")))
    hints = hints_of(channel, whole)
    return ParsedFeed(usable, kind, title or None, dropped, tuple(warnings), hints)


def _thoroughly(whole: bytes, warnings: list[str]) -> Mapping[str, Any]:
    """feedparser's result; adds to `warnings`. Raises `Unparsable`."""
    try:
        return _parse(whole)
    except Unparsable as reason:
        # feedparser stumbles over odd values in extensions (places, chapters, media), which
        # are of no interest here: a second try does without them.
        raw = _parse(_EXTENSION.sub(b"", whole))
        warnings.append(f"{reason}; read without extensions")
        return raw


def _parse(body: bytes) -> Mapping[str, Any]:
    """feedparser's result. Its own markup handling is off: what we keep is text."""
    try:
        result: Mapping[str, Any] = feedparser.parse(
            # Not the bytes themselves: feedparser would try them as the name of a file.
            io.BytesIO(body),
            # No base address: feedparser would make addresses of guids that are mere names.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except (MemoryError, RecursionError):
        raise
    except Exception as error:
        raise Unparsable(f"cannot be parsed ({type(error).__name__})") from error
    return result


def _entry(raw: Mapping[str, Any], base_url: str, language: str | None) -> Entry | None:
    title = text.one_line(_title(raw))
    body = _body(raw)
    if not title and not body:
        return None
    return Entry(
        title=title,
        text=body,
        guid=text.one_line(_own(raw, "id") or "", text.MAX_FIELD) or None,
        url=_link(raw, base_url),
        published=_when(raw, "published_parsed") or _when(raw, "created_parsed"),
        updated=_when(raw, "updated_parsed"),
        author=text.one_line(text.from_html(_own(raw, "author") or "")) or None,
        language=_entry_language(raw) or language,
    )


def _own(raw: Mapping[str, Any], key: str) -> str | None:
    """The value of a key that the entry itself has; feedparser invents some on look-up."""
    value = raw[key] if key in raw.keys() else None  # noqa: SIM118 - `in raw` looks further
    return value if isinstance(value, str) else None


def _title(raw: Mapping[str, Any]) -> str:
    value = (_own(raw, "title") or "")[: text.MAX_HTML]
    detail = raw.get("title_detail") or {}
    if detail.get("type") in _HTML_TYPES and text.looks_like_html(value):
        return text.from_html(value)
    return text.from_plain(value)


def _body(raw: Mapping[str, Any]) -> str:
    """The fullest text that the entry offers; a summary only when there is no more."""
    details = [detail for detail in raw.get("content") or () if isinstance(detail, Mapping)]
    if "summary" in raw.keys():  # noqa: SIM118
        details.append(raw.get("summary_detail") or {"value": raw["summary"]})
    best = ""
    for detail in details:
        value, kind = str(detail.get("value") or ""), str(detail.get("type") or "text/html")
        if kind in _HTML_TYPES or text.looks_like_html(value):
            value = text.from_html(value)
        elif kind.startswith("text/"):
            value = text.from_plain(value[: text.MAX_HTML])
        else:
            continue  # an image or a sound in line
        best = max(best, value, key=len)
    return best


def _link(raw: Mapping[str, Any], base_url: str) -> str | None:
    """The page of the entry: its link, the original behind a redirector, or a guid that is one."""
    links = [link for link in raw.get("links") or () if isinstance(link, Mapping)]
    pages = [link.get("href") for link in links if link.get("rel") == "alternate"]
    guid = _own(raw, "id") or ""
    named = guid.startswith(("http://", "https://"))
    # A guid without isPermaLink counts as a link, for feedparser; one that is a mere name is none.
    invented = web_address(guid, base_url) if raw.get("guidislink") and not named else None
    for candidate in (_own(raw, "feedburner_origlink"), _own(raw, "link"), *pages):
        address = web_address(candidate, base_url)
        if address and address != invented:
            return address
    return web_address(guid, base_url) if named else None


def _when(raw: Mapping[str, Any], key: str) -> datetime | None:
    value = raw[key] if key in raw.keys() else None  # noqa: SIM118
    if value is None:
        return None
    try:
        moment = datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return moment if moment.year > 1 else None


def _entry_language(raw: Mapping[str, Any]) -> str | None:
    for key in ("summary_detail", "title_detail"):
        found = language_of((raw.get(key) or {}).get("language"))
        if found:
            return found
    return language_of(_own(raw, "language"))


def _reason(error: object) -> str:
    return text.one_line(str(error) or type(error).__name__, 200)
