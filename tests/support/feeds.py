"""Small feeds for tests, built from what a test wants to say."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from worker.domain.item import Entry
from worker.feeds.parse import ParsedFeed, parse_document

BASE = "https://wire.example/feeds/all.xml"


def rss(*items: str, channel: str = "<title>Wire</title>") -> bytes:
    """An RSS 2.0 document around `items`, which are XML."""
    body = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}{body}</channel></rss>'.encode()
    )


def item(title: str = "", link: str = "", guid: str = "", text: str = "", date: str = "") -> str:
    """The inside of an RSS item; empty values leave their element out."""
    values: Iterable[tuple[str, str]] = (
        ("title", title),
        ("link", link),
        ("guid", guid),
        ("description", text),
        ("pubDate", date),
    )
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values if value)


def parse(body: bytes | str, content_type: str | None = None) -> ParsedFeed:
    """What is read from a document that came from `BASE`."""
    return parse_document(body.encode() if isinstance(body, str) else body, content_type, BASE)


def only(body: bytes | str, content_type: str | None = None) -> Entry:
    """The one entry of a document."""
    (entry,) = parse(body, content_type).entries
    return entry
