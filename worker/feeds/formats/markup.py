"""The text of a story in XHTML or NITF (News Industry Text Format), the bodies of NewsML-G2."""

from __future__ import annotations

import html
import re

from worker.feeds import text
from worker.feeds.formats.xmltree import Node

_SAME = frozenset(
    {
        "p", "div", "br", "ul", "ol", "li", "table", "tr", "td", "th", "dl", "dt", "dd", "pre",
        "blockquote", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    }
)  # fmt: skip
_NITF = {"hl1": "h1", "hl2": "h2", "bq": "blockquote", "block": "div", "body.content": "div"}
# What is about the story, beside it, or not for people.
_LEFT_OUT = frozenset(
    {
        "head", "body.head", "body.end", "media", "figure", "figcaption", "script", "style",
        "template", "noscript", "svg", "iframe", "object", "textarea",
    }
)  # fmt: skip
_BODIES = tuple(
    re.compile(rf"<{name}(?:\s[^>]{{0,500}})?>", re.IGNORECASE)
    for name in (r"body\.content", "body")
)


def story(root: Node) -> str:
    """The plain text of the story in `root`: paragraphs apart, heads and media left out."""
    body = next(root.below("body.content"), None) or next(root.below("body"), None) or root
    pieces: list[str] = []
    _write(body, pieces)
    return text.from_html("".join(pieces))


def headline(root: Node) -> str:
    """The headline that the document itself has: NITF's `hl1`, XHTML's `h1` or `title`."""
    for name in ("hl1", "h1", "title"):
        for node in root.below(name):
            if found := text.one_line(node.text()):
                return found
    return ""


def story_of(source: str) -> str:
    """As `story`, for mark-up as a string, well-formed or not."""
    source = source[: text.MAX_HTML]
    for start in filter(None, (body.search(source) for body in _BODIES)):
        source = source[start.end() :]
        name = start.group()[1:].split(">")[0].split()[0]
        end = source.lower().rfind(f"</{name.lower()}")
        return text.from_html(source[:end] if end >= 0 else source)
    return text.from_html(source)


def _write(node: Node, pieces: list[str]) -> None:
    for part in node.content:
        if isinstance(part, str):
            pieces.append(html.escape(part, quote=False))
        elif (name := part.name.lower()) not in _LEFT_OUT:
            tag = _NITF.get(name) or (name if name in _SAME else None)
            if tag:
                pieces.append(f"<{tag}>")
            _write(part, pieces)
            if tag and tag not in ("br", "hr"):
                pieces.append(f"</{tag}>")
