"""ninjs, the IPTC's standard in JSON, versions 1 to 3: an item, a list, or a package around them.

Version 1 puts a text into a property of its kind (`body_html`), 2 into lists (`bodies`), and 3
writes names with capitals inside (`versionCreated`). All are read alike: names in small letters,
both forms of a text. https://iptc.org/standards/ninjs/
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from worker.domain.item import Entry
from worker.feeds import text
from worker.feeds.datelines import agency_name
from worker.feeds.fields import language_of, moment_of, web_address
from worker.feeds.formats import markup, status
from worker.feeds.parsed import MAX_ENTRIES, ParsedFeed

KIND = "ninjs"
_MAX_DEPTH = 8
# Where providers and search engines keep the items of a package or of an answer.
_CONTAINERS = (
    "items", "_items", "item", "hits", "_source", "docs", "data", "results", "response",
    "newsitems", "articles",
)  # fmt: skip
_SIGNS = frozenset(
    {
        "headline", "headlines", "bodies", "descriptions", "pubstatus", "versioncreated",
        "firstcreated", "body_text", "body_html", "body_xhtml", "body_nitf", "representationtype",
    }
)  # fmt: skip
# Pictures and sounds come with captions that repeat the story; plans and events are no news.
_TYPES = frozenset({"text", "composite", ""})
Item = Mapping[str, Any]


def holds_news(raw: object) -> bool:
    """Whether `raw`, a value read from JSON, is ninjs or a package of it."""
    if isinstance(raw, dict) and "jsonfeed.org" in str(raw.get("version", "")):
        return False
    return next(_items(raw), None) is not None


def parse_ninjs(raw: object, base_url: str) -> ParsedFeed:
    """The items in `raw`, a value read from JSON."""
    found = list(itertools.islice(_items(raw), MAX_ENTRIES + 1))
    warnings = []
    if len(found) > MAX_ENTRIES:
        found = found[:MAX_ENTRIES]
        warnings.append(f"only the first {MAX_ENTRIES} items were read")
    news = [item for item in found if _string(item, "type").casefold() in _TYPES]
    entries = [_entry(item, base_url) for item in news]
    usable = tuple(entry for entry in entries if entry is not None)
    if passed_over := len(found) - len(news):
        warnings.append(f"items that are no text: {passed_over}")
    if empty := entries.count(None):
        warnings.append(f"items with neither headline nor text: {empty}")
    warnings += status.remarks(usable)
    return ParsedFeed(usable, KIND, None, empty, tuple(warnings))


def _items(raw: object, depth: int = 0) -> Iterator[Item]:
    """The items in a value, with their names in small letters, in order."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(raw, list):
        for one in raw:
            yield from _items(one, depth + 1)
    elif isinstance(raw, dict):
        item = {key.casefold(): value for key, value in raw.items()}
        if _is_item(item):
            yield item
            if _string(item, "type").casefold() == "composite":
                yield from _inside(item, depth)
        else:
            for name in _CONTAINERS:
                if isinstance(item.get(name), list | dict):
                    yield from _items(item[name], depth + 1)


def _is_item(item: Item) -> bool:
    return bool(_guid(item)) and not _SIGNS.isdisjoint(item)


def _inside(item: Item, depth: int) -> Iterator[Item]:
    """What a package carries whole; mere references have no text."""
    parts = item.get("associations")
    parts = list(parts.values()) if isinstance(parts, dict) else parts
    for part in _items(parts, depth + 1):
        if _body(part):
            yield part


def _entry(item: Item, base_url: str) -> Entry | None:
    body = _body(item) or _fullest(_texts(item, "description", "descriptions"))
    titles = [value for _, value in _texts(item, "headline", "headlines")]
    title = next(filter(None, map(_line, [*titles, _string(item, "title")])), "")
    embargo = item.get("embargoed")
    held = status.of(
        _string(item, "pubstatus"),
        embargo if isinstance(embargo, str) else None if embargo is None else "",
        list(_names(item, "signal", "signals")),
    )
    # A cancellation may come empty, and still has to undo what came before it.
    title = title or ("" if body else held.withdrawn or "")
    if not title and not body:
        return None
    guid = _guid(item)
    pages = (item.get("url"), item.get("canonicalurl"), guid if "://" in guid else None)
    created, version = item.get("firstcreated"), item.get("versioncreated")
    return Entry(
        title=title,
        text=body,
        guid=guid,
        url=next(filter(None, (web_address(page, base_url) for page in pages)), None),
        published=moment_of(created) or moment_of(version),
        updated=moment_of(version),
        author=_line(_string(item, "byline") or _string(item, "by")) or None,
        language=language_of(item.get("language")),
        version=text.one_line(_string(item, "version"), 40) or None,
        provider=_provider(item),
        embargoed_until=held.embargoed_until,
        withdrawn=held.withdrawn,
        signal=held.signal,
        note=text.one_line(_string(item, "ednote")) or None,
    )


def _body(item: Item) -> str:
    return _fullest(_texts(item, "body", "bodies"))


def _texts(item: Item, single: str, plural: str) -> Iterator[tuple[str, str]]:
    """The texts of one sort as kind and value: `body_html`, `bodies[].value`; the main one first.

    Version 1 lets a provider end the names as it likes (`body_main`, `headline_extended`).
    """
    listed = item.get(plural)
    entries = [
        {key.casefold(): value for key, value in one.items()}
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
    ]
    entries.sort(key=lambda one: _string(one, "role").casefold() != "main")
    for one in entries:
        yield _string(one, "contenttype") or _string(one, "role"), _string(one, "value")
    names = [name for name in item if name.startswith(f"{single}_")]
    for name in (single, *sorted(names)):
        if value := _string(item, name):
            yield name.removeprefix(single), value


def _fullest(texts: Iterator[tuple[str, str]]) -> str:
    best = ""
    for kind, value in texts:
        marked_up = any(word in kind.casefold() for word in ("html", "nitf", "xml"))
        if marked_up or text.looks_like_html(value):
            value = markup.story_of(value)
        else:
            value = text.plain(value[: text.MAX_HTML], text.MAX_TEXT)
        best = max(best, value, key=len)
    return best


def _provider(item: Item) -> str | None:
    for name in _names(item, "provider", "copyrightholder", "infosource", "infosources"):
        if shown := text.one_line(name, 120):
            return agency_name(shown) or shown
    return None


def _names(item: Item, *keys: str) -> Iterator[str]:
    """The names under these keys, given as texts, as objects, or as lists of either."""
    for key in keys:
        value = item.get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                one = one.get("name") or one.get("literal") or one.get("uri") or one.get("code")
            if isinstance(one, str) and one.strip():
                yield one.strip().rsplit(":", 1)[-1] if key.startswith("signal") else one


def _guid(item: Item) -> str:
    for found in (item.get("uri"), item.get("guid")):
        if isinstance(found, str) and (guid := text.one_line(found, text.MAX_FIELD)):
            return guid
    return ""


def _line(value: str) -> str:
    if text.looks_like_html(value):
        return text.one_line(text.from_html(value))
    return text.one_line(text.from_plain(value[: text.MAX_HTML]))


def _string(item: Item, key: str) -> str:
    """A text, or a number where providers write one (versions)."""
    value = item.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
