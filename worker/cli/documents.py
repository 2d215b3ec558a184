"""From files of many kinds to news items that can be classified."""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_LARGEST = 64 * 1024 * 1024
_LONGEST_TITLE = 300
_FEED = re.compile(
    rb"<(?:rss|feed|rdf:RDF|(?:[\w.-]+:)?(?:newsItem|newsMessage|packageItem))[\s>/]", re.IGNORECASE
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|p|div|h1)[\s>/]", re.IGNORECASE)
_TITLES = tuple(
    re.compile(rf"<{tag}\b[^>]*>(.*?)</{tag}\s*>", re.IGNORECASE | re.DOTALL)
    for tag in ("h1", "title")
)
_BODIES = tuple(
    re.compile(rf"<{tag}\b[^>]*>(.*)</{tag}\s*>", re.IGNORECASE | re.DOTALL)
    for tag in ("article", "main", "body")
)


@dataclass(frozen=True, slots=True)
class Document:
    """One item to classify. `id` is the file's name, with the entry's number in a feed."""

    id: str
    title: str
    text: str
    language: str | None = None
    published: datetime | None = None
    url: str | None = None

    @property
    def heading(self) -> str:
        """The title, or the beginning of the text, on one line."""
        words = " ".join((self.title.strip() or self.text[:200]).split())
        return words if self.title.strip() or len(words) <= 80 else f"{words[:79].rstrip()}…"


class Unreadable(Exception):  # noqa: N818 - it says what is wrong with the file
    """Not a document that can be classified. One line."""


def read_documents(name: str, body: bytes) -> list[Document]:
    """The items in a file: one of a text, page or JSON item, each entry of a feed.

    What the file is shows in its content, not in its name. Raises Unreadable.
    """
    if len(body) > _LARGEST:
        raise Unreadable(f"larger than {_LARGEST // 1024 // 1024} MB")
    start = body[:4096].removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise Unreadable("empty")
    if start.startswith((b"{", b"[")) and (documents := _json(name, body, start[:1])) is not None:
        return documents
    if _FEED.search(start) and not start.lower().startswith((b"<!doctype html", b"<html")):
        return _feed(name, body)
    text = _decode(body)
    if start.startswith(b"<") and _HTML.search(start):
        return [_page(name, text)]
    return [_text(name, text)]


def _decode(body: bytes) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in body[:4096]:
        raise Unreadable("not a text")
    else:
        encoding = "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        # What is not UTF-8 and not marked is in practice Windows' Western encoding.
        return body.decode("cp1252", "replace")


def _text(name: str, text: str) -> Document:
    """The first line is the title when it is short and a blank line sets it apart."""
    text = text.replace("\r\n", "\n").strip()
    first, blank, rest = text.partition("\n\n")
    if blank and "\n" not in first and len(first) <= _LONGEST_TITLE and rest.strip():
        return Document(name, first.strip(), rest.strip())
    return Document(name, "", text)


def _page(name: str, source: str) -> Document:
    from worker.feeds.text import from_html, one_line

    titles = (match for pattern in _TITLES if (match := pattern.search(source)))
    title = next((found for match in titles if (found := one_line(from_html(match[1])))), "")
    bodies = (match for pattern in _BODIES if (match := pattern.search(source)))
    content = next((match[1] for match in bodies), source)
    for pattern in _TITLES:
        content = pattern.sub(" ", content, count=1)
    return Document(name, title, from_html(content))


def _json(name: str, body: bytes, bracket: bytes) -> list[Document] | None:
    """`None` for what begins with `[` like some headlines do, and is a text after all."""
    from worker.cli.jsonl import BadItem, parse_item
    from worker.feeds.formats.ninjs import holds_news

    try:
        data: Any = json.loads(_decode(body))
    except (ValueError, RecursionError):
        if bracket == b"[":
            return None
        raise Unreadable(
            "it begins like JSON but is none; for one item a line use --jsonl"
        ) from None
    if holds_news(data):
        return _feed(name, body)
    if isinstance(data, list):
        return None
    if "jsonfeed.org" in str(data.get("version", "")):
        return _feed(name, body)
    try:
        item = parse_item(data)
    except BadItem as error:
        raise Unreadable(f"JSON, but neither a feed nor an item: {error}") from None
    return [Document(item.id, item.title, item.text, item.lang, item.published, item.url)]


def _feed(name: str, body: bytes) -> list[Document]:
    """Parsed where the service parses feeds: in a child that can be killed."""
    from worker.feeds.parsed import Unparsable

    try:
        parsed = asyncio.run(_parse(body))
    except Unparsable as error:
        raise Unreadable(f"not a usable feed: {error}") from None
    return [
        Document(
            f"{name}#{number}", entry.title, entry.text, _language(entry.language),
            entry.published, entry.url,
        )
        for number, entry in enumerate(parsed.entries, start=1)
    ]  # fmt: skip


async def _parse(body: bytes) -> Any:
    from worker.feeds.parse import ParserPool

    async with ParserPool(workers=1, timeout=30.0) as pool:
        return await pool.parse(body, None, "")


def _language(tag: str | None) -> str | None:
    """French or English by a tag such as `fr-FR`; anything else is left to be found out."""
    primary = (tag or "").lower().replace("_", "-").split("-")[0]
    return primary if primary in {"fr", "en"} else None
