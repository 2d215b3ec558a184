"""Lists of feeds in OPML 2.0, as feed readers exchange them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

LARGEST = 10 * 1024 * 1024


class Outline(NamedTuple):
    """One feed of a list; `name` may be empty."""

    url: str
    name: str


def read_opml(document: bytes) -> list[Outline]:
    """The feeds of a list in its order, nested ones too; each address once.

    Raises ValueError with one line for what is no OPML. A document type declaration is refused:
    OPML has none, and entities are only good for attacks here.
    """
    if len(document) > LARGEST:
        raise ValueError(f"larger than {LARGEST // 1024 // 1024} MB")
    found: dict[str, Outline] = {}
    elements: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        elements.append(element)
        url = attributes.get("xmlUrl", "").strip()
        if element == "outline" and url:
            name = attributes.get("title") or attributes.get("text") or ""
            found.setdefault(url, Outline(url, " ".join(name.split())))

    def refuse(*_: object) -> None:
        raise ValueError("it has a document type declaration")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise ValueError(f"not well-formed XML: {reason} (line {error.lineno})") from None
    if elements[0] != "opml":
        raise ValueError(f"not OPML: it begins with <{elements[0][:40]}>")
    return list(found.values())


def write_opml(feeds: Iterable[Outline]) -> str:
    """A list of these feeds."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Feeds of alliance-watch"
    body = ElementTree.SubElement(root, "body")
    for feed in feeds:
        name = feed.name or feed.url
        ElementTree.SubElement(
            body, "outline", {"type": "rss", "text": name, "title": name, "xmlUrl": feed.url}
        )
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'
