"""NewsML-G2, the IPTC's standard in XML: a news item, a package, or a message of several.

Read by the standard's own names: https://iptc.org/standards/newsml-g2/. What matters here is the
same in every version from 2.0 on, and at both conformance levels.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from worker.domain.item import Entry
from worker.feeds import text
from worker.feeds.datelines import agency_name
from worker.feeds.fields import language_of, moment_of, web_address
from worker.feeds.formats import markup, status
from worker.feeds.formats.xmltree import Node, Reader
from worker.feeds.parsed import MAX_ENTRIES, ParsedFeed, Unparsable

KIND = "newsml-g2"
_ROOT = re.compile(
    rb"\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).){0,2000}-->\s*|<!DOCTYPE[^>\[]{0,500}(?:\[|>)\s*)*"
    rb"<(?:[\w.-]{1,60}:)?(?:newsItem|packageItem|newsMessage)[\s/>]",
    re.DOTALL,
)
_HEAD = 8_192
# Pictures and sounds come with captions that repeat the story; concepts and plans are no news.
_CLASSES = frozenset({"text", "composite", ""})


def is_newsml(document: bytes) -> bool:
    """Whether the root element of `document` (UTF-8) is one of NewsML-G2's."""
    return _ROOT.match(document[:_HEAD]) is not None


def parse_newsml(document: bytes, base_url: str, warnings: list[str]) -> ParsedFeed:
    """Parse NewsML-G2 in UTF-8; `warnings` are those that there are already.

    A document that breaks off gives the items that came whole before. Raises `Unparsable`.
    """
    reader = Reader({"newsItem", "itemRef"})
    reader.read(document)
    items = [node for node in reader.found if node.name == "newsItem"]
    if reader.error is not None:
        if not items:
            raise Unparsable(f"NewsML-G2, but not well-formed: {reader.error}")
        warnings = [*warnings, f"not well-formed: {reader.error}"]
    if len(items) > MAX_ENTRIES:
        warnings = [*warnings, f"only the first {MAX_ENTRIES} of {len(items)} items were read"]
    passed_over = Counter(filter(None, map(_other_class, items[:MAX_ENTRIES])))
    news = [node for node in items[:MAX_ENTRIES] if _other_class(node) is None]
    entries = [_entry(node, base_url) for node in news]
    usable = tuple(entry for entry in entries if entry is not None)
    dropped = len(entries) - len(usable) + len(items[MAX_ENTRIES:])
    here = {node.attributes.get("guid") for node in items}
    elsewhere = sum(
        node.attributes.get("residref") not in here
        for node in reader.found
        if node.name == "itemRef"
    )
    warnings = [
        *warnings,
        *status.remarks(usable),
        *(f"items that are no text but {name}: {n}" for name, n in sorted(passed_over.items())),
        *([f"items that are referred to and not in here: {elsewhere}"] if elsewhere else []),
        *([f"items with neither headline nor text: {n}"] if (n := entries.count(None)) else []),
    ]
    return ParsedFeed(usable, KIND, None, dropped, tuple(warnings))


def _entry(item: Node, base_url: str) -> Entry | None:
    meta = item.child("itemMeta") or Node("itemMeta", {})
    about = item.child("contentMeta") or Node("contentMeta", {})
    contents = item.child("contentSet") or Node("contentSet", {})
    body, body_node = _body(contents)
    if not body:
        body = max((_plain(node) for node in about.children("description")), key=len, default="")
    title = _title(meta, about, body_node)
    embargo = meta.child("embargoed")
    held = status.of(
        _name(meta.child("pubStatus")),
        embargo.text() if embargo is not None else None,
        [_name(signal) for signal in meta.children("signal")],
    )
    # A cancellation may come empty, and still has to undo what came before it.
    title = title or ("" if body else held.withdrawn or "")
    if not title and not body:
        return None
    return Entry(
        title=title,
        text=body,
        guid=text.one_line(item.attributes.get("guid", ""), text.MAX_FIELD) or None,
        url=_url(item, meta, contents, base_url),
        published=_moment(meta, "firstCreated") or _moment(meta, "versionCreated"),
        updated=_moment(meta, "versionCreated"),
        author=_first(_plain(node) for node in about.children("by")),
        language=_language(item, about, body_node),
        version=text.one_line(item.attributes.get("version", ""), 40) or None,
        provider=_provider(item, meta),
        embargoed_until=held.embargoed_until,
        withdrawn=held.withdrawn,
        signal=held.signal,
        note=_first(text.one_line(node.text()) for node in meta.children("edNote")),
    )


def _other_class(item: Node) -> str | None:
    """What kind of news an item is that is no text: `picture`, `video`, …"""
    meta = item.child("itemMeta")
    name = _name(meta.child("itemClass") if meta else None)
    return None if name in _CLASSES else name


def _body(contents: Node) -> tuple[str, Node | None]:
    """The fullest text among the renditions, and its document when that is mark-up."""
    best: tuple[str, Node | None] = ("", None)
    for node in contents.children("inlineXML", "inlineData"):
        marked_up = node.name == "inlineXML"
        found = (markup.story(node) if marked_up else _data(node), node if marked_up else None)
        best = max(best, found, key=lambda one: len(one[0]))
    return best


def _data(node: Node) -> str:
    kind = node.attributes.get("contenttype", "text/plain").lower()
    if not kind.startswith("text/") and "xml" not in kind:
        return ""
    source = node.text()
    if node.attributes.get("encoding", "").lower().endswith("base64"):
        try:
            source = base64.b64decode("".join(source.split())).decode("utf-8", "replace")
        except ValueError:
            return ""
    if "html" in kind or "xml" in kind or text.looks_like_html(source):
        return markup.story_of(source)
    return text.plain(source[: text.MAX_HTML], text.MAX_TEXT)


def _title(meta: Node, about: Node, body: Node | None) -> str:
    """The headline; without one the body's own, then what the item is called in the wire."""
    headlines = (_plain(node) for node in about.children("headline"))
    names = (_plain(node) for node in meta.children("title"))
    title = _first(headlines) or (markup.headline(body) if body else None) or _first(names)
    return text.one_line(title or "")


def _language(item: Node, about: Node, body: Node | None) -> str | None:
    tags = [node.attributes.get("tag") for node in about.children("language")]
    tags += [node.attributes.get("xml:lang") for node in (body, item) if node]
    return next(filter(None, map(language_of, tags)), None)


def _provider(item: Node, meta: Node) -> str | None:
    """Who sends it; without that, who holds the rights."""
    rights = item.child("rightsInfo")
    for party in (meta.child("provider"), rights.child("copyrightHolder") if rights else None):
        if party is None:
            continue
        names = [node.text() for node in party.children("name")]
        for name in (*names, party.attributes.get("literal", ""), _code(party)):
            if shown := text.one_line(name, 120):
                return agency_name(shown) or shown
    return None


def _url(item: Node, meta: Node, contents: Node, base_url: str) -> str | None:
    pages = [
        node.attributes.get("href")
        for node in (*contents.children("remoteContent"), *meta.children("altRep"))
        if "html" in node.attributes.get("contenttype", "")
    ]
    guid = item.attributes.get("guid", "")
    pages += [guid] if guid.startswith(("http://", "https://")) else []
    return next(filter(None, (web_address(page, base_url) for page in pages)), None)


def _moment(meta: Node, name: str) -> datetime | None:
    node = meta.child(name)
    return moment_of(node.text()) if node else None


def _code(node: Node) -> str:
    """The last part of a controlled name: `usable` of `stat:usable` or of an address."""
    value = node.attributes.get("qcode") or node.attributes.get("uri") or ""
    return re.split(r"[:/#]", value.strip().rstrip("/"))[-1]


def _name(node: Node | None) -> str:
    return _code(node).lower() if node is not None else ""


def _plain(node: Node) -> str:
    return text.from_plain(node.text()[: text.MAX_HTML])


def _first(values: Iterator[str]) -> str | None:
    return next(filter(None, values), None)
